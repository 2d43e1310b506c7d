import { expect, test } from "vitest";
import cases from "../golden/tiles.json";
import { type Case, type Held, array, expectAlike, refusalOf } from "../golden/read.ts";
import { countLoops, countTiles } from "./counts.ts";
import { convSpec } from "./geometry.ts";
import { reshape, tensor } from "./tensor.ts";
import { F23, winogradTiles } from "./winograd.ts";

interface Expected {
  matrices: [Held, Held, Held];
  transformedData: Held;
  transformedWeights: Held;
  products: Held;
  output: Held;
}

for (const { given, expected } of cases as unknown as Case<{ data: Held; weights: Held }, Expected>[]) {
  test("every matrix on the way through a tile is Python's", () => {
    expectAlike(F23.output, expected.matrices[0]);
    expectAlike(F23.kernel, expected.matrices[1]);
    expectAlike(F23.data, expected.matrices[2]);
    const spec = convSpec([1, 4, 4], [1, 1, 3, 3]);
    const [x, weight] = [reshape(array(given.data), [1, 4, 4]), reshape(array(given.weights), [1, 1, 3, 3])];
    const tiles = winogradTiles(spec, x, weight);
    expect(tiles).toHaveLength(1);
    const [tile] = tiles as [(typeof tiles)[number]];
    const [part] = tile.channels as [(typeof tile.channels)[number]];
    expectAlike(part.transformedData, expected.transformedData);
    expectAlike(part.transformedWeights, expected.transformedWeights);
    expectAlike(part.products, expected.products);
    expectAlike(tile.output, expected.output);
  });
}

test("other kernels and strides are refused", () => {
  const spec = convSpec([1, 6, 6], [1, 1, 3, 3], { stride: 2 });
  const [x, weight] = [tensor([1, 6, 6]), tensor([1, 1, 3, 3])];
  expect(refusalOf(() => winogradTiles(spec, x, weight))).toContain("F(2, 3) takes kernels of 3 cells a side");
  expect(countTiles(spec)).toBeNull();
});

test("tiles take 16 products for the 36 of the loops", () => {
  const spec = convSpec([8, 16, 16], [8, 8, 3, 3], { padding: 1 });
  expect(countTiles(spec)!.multiplications / countLoops(spec).multiplications).toBeCloseTo(16 / 36, 12);
});
