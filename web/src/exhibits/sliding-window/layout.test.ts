import { expect, test } from "vitest";
import { extent } from "../../parts/grid.ts";
import { layoutOf } from "./layout.ts";

const same = (size: number, dims = 2) => {
  const all = (cells: number) => Array<number>(dims).fill(cells);
  return { input: all(size + 2), kernel: all(3), output: all(size) };
};

test("input, kernel and output stand in one row, and up to 16 cells within the first screen, whatever their size", () => {
  for (const width of [838, 872, 1084]) {
    for (let size = 1; size <= 64; size += 1) {
      const { abreast, cell, kernelCell } = layoutOf(width, same(size));
      expect(abreast).toBe(true);
      expect(extent(size + 2, cell) + extent(3, kernelCell) + extent(size, cell)).toBeLessThan(width);
      if (size <= 16) expect(extent(size + 2, cell)).toBeLessThan(550);
    }
  }
  expect([8, 12].map((size) => layoutOf(872, same(size)).cell >= 20)).toEqual([true, true]); // with numbers
  expect(layoutOf(872, { input: [64, 3], kernel: [3, 3], output: [62, 1] }).cell).toBe(26); // numbers rather than one screen
});

test("cells of a large screen are larger, still within its height", () => {
  expect([872, 1084, 1500, 2156].map((width) => layoutOf(width, same(3)).cell)).toEqual([48, 60, 85, 123]);
  for (const [width, high] of [[1500, 700], [2156, 1000]] as const) {
    for (let size = 1; size <= 16; size += 1) expect(extent(size + 2, layoutOf(width, same(size)).cell)).toBeLessThanOrEqual(high);
  }
});

test("on phones they stand below each other, with numbers up to 18 cells", () => {
  for (const size of [3, 8, 16]) expect(layoutOf(330, same(size)).cell).toBeGreaterThanOrEqual(24);
  expect(layoutOf(330, same(8)).abreast).toBe(false);
  expect(extent(66, layoutOf(330, same(64)).cell)).toBeLessThan(300);
});

test("signals keep their numbers, the slices of volumes a measure of height", () => {
  for (const size of [4, 24, 64]) expect(layoutOf(872, same(size, 1)).cell).toBeGreaterThanOrEqual(26);
  const volumes = [4, 8, 16].map((size) => layoutOf(872, same(size, 3)).cell);
  expect(volumes).toEqual([...volumes].sort((a, b) => b - a));
  expect(volumes.at(-1)).toBe(5);
});
