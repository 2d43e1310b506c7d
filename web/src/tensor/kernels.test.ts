import { expect, test } from "vitest";
import entries from "../golden/catalogue.json";
import cases from "../golden/designs.json";
import { type Case, type Held, expectAlike, refusalOf } from "../golden/read.ts";
import { type Entry, type Parameters, asProduct, findKernel, isSigned, kernelLabel, sumOf, weightsOf } from "./kernels.ts";

const catalogue = (entries as unknown as Case<{ name: string }, { parameters: Parameters; weights: Held }>[]).map(
  ({ given, expected }): Entry => ({ name: given.name, ...expected }),
);

for (const { given, expected } of cases as unknown as Case<
  { text: string }, { refusal?: string; weights: Held; sum: number; signed: boolean; rank: number }
>[]) {
  if (expected.refusal !== undefined) {
    test(`${given.text} is refused`, () => {
      const found = refusalOf(() => findKernel(catalogue, given.text));
      expect(found?.slice(0, 14)).toBe(expected.refusal!.slice(0, 14));
    });
    continue;
  }
  test(`${given.text} has Python's weights`, () => {
    const { weights } = findKernel(catalogue, given.text);
    expectAlike(weights, expected.weights);
    expect(sumOf(weights)).toBeCloseTo(expected.sum, 12);
    expect(isSigned(weights)).toBe(expected.signed);
    expect(asProduct(weights) !== null).toBe(expected.rank === 1);
  });
}

for (const entry of catalogue.filter(({ parameters }) => Object.keys(parameters).length)) {
  test(`${entry.name} is made by its own defaults`, () => {
    expectAlike(weightsOf(entry, entry.parameters), { shape: [...entry.weights.shape], data: entry.weights.data.map(Number) });
  });
}

test("a kernel is labelled with what makes it again", () => {
  const { entry } = findKernel(catalogue, "Gaussian:sigma=2");
  expect(kernelLabel(entry, { sigma: 2, size: null })).toBe("gaussian:sigma=2");
  expect(kernelLabel(entry, {})).toBe("gaussian");
});
