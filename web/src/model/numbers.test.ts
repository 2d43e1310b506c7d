import { expect, test } from "vitest";
import { growthOf, largestSide, roomFor, type Growth } from "./numbers.ts";

const growth = (shape: readonly number[], largest: Growth["largest"]): Growth => ({ shape, largest, to: () => {} });

test("an array is given room for what is pasted, never less than it has", () => {
  expect(roomFor(growth([3, 3], () => 9), [5, 2])).toEqual([[5, 3], true]);
  expect(roomFor(growth([3, 3], () => 9), [2, 3])).toBeNull();
  expect(roomFor(growth([4], () => 9), [1, 7])).toEqual([[7], true]);
  expect(roomFor(growth([2, 3, 3], () => 9), [4, 5])).toEqual([[2, 4, 5], true]); // every slice
});

test("where it may not become so large, it is given the most, and said to be", () => {
  expect(roomFor(growth([3, 3], () => 9), [5, 12])).toEqual([[5, 9], false]);
  expect(roomFor(growth([9, 9], () => 9), [12, 12])).toBeNull();
  expect(roomFor(growth([64, 3], largestSide), [70, 70])).toEqual([[64, 64], false]);
  expect(roomFor(growth([16, 8, 8], largestSide), [40, 40])).toEqual([[16, 32, 8], false]); // 4096 cells
  expect(roomFor(growth([2, 9], (shape, axis) => (axis ? 24 : shape[0]!)), [3, 30])).toEqual([[2, 24], false]);
});

test("numbers stay where they are when their array grows", () => {
  const changed: unknown[] = [];
  growthOf({ shape: [2, 2], data: [1, 2, 3, 4] }, largestSide, (grown) => changed.push(grown)).to([2, 3]);
  expect(changed).toEqual([{ shape: [2, 3], data: [1, 2, 0, 3, 4, 0] }]);
});
