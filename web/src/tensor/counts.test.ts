import { expect, test } from "vitest";
import { countColumns, countLoops, countSpectra, smooth } from "./counts.ts";
import { convSpec } from "./geometry.ts";
import { tensor } from "./tensor.ts";
import { unfold } from "./unfold.ts";

test("columns take the products of the loops, and room for every window", () => {
  const spec = convSpec([2, 3, 7, 8], [4, 3, 3, 2], { padding: 1, stride: 2 });
  const { columns } = unfold(tensor([3, 7, 8]), [3, 2], { padding: 1, stride: 2 });
  expect(countColumns(spec)).toEqual({ ...countLoops(spec), workspace: columns.data.length });
  expect(countLoops(spec).multiplications).toBe(2 * 4 * 4 * 5 * 3 * 3 * 2);
});

test("the size of transforms has no primes but 2, 3 and 5", () => {
  expect([1, 7, 11, 13, 17, 97, 226].map(smooth)).toEqual([1, 8, 12, 15, 18, 100, 240]);
});

test("spectra do not care for the kernel's size, loops do", () => {
  const [small, large] = [3, 31].map((k) => convSpec([1, 64, 64], [1, 1, k, k], { padding: "same" }));
  expect(countLoops(large!).operations / countLoops(small!).operations).toBeCloseTo(961 / 9, 9);
  expect(countSpectra(large!).operations / countSpectra(small!).operations).toBeLessThan(3);
});
