import { expect, test } from "vitest";
import { cellIn, cellText, extent, factorsIn, goalOf, mostIn, noteSize, typeSize } from "./grid.ts";

test("as many cells as are asked for fit a width, as large as they can be", () => {
  for (const [width, columns] of [[500, 9], [301, 14], [77, 20]] as const) {
    const cell = cellIn(width, columns, 0, 100);
    expect(extent(columns, cell)).toBeLessThanOrEqual(width);
    expect(extent(columns, cell + 4)).toBeGreaterThan(width);
  }
  expect([cellIn(500, 2, 10, 58), cellIn(500, 100, 13, 58)]).toEqual([58, 13]);
});

test("cells grow with a wide stage while their rows fit a screen of its shape, and never below their usual size", () => {
  expect([300, 879, 1516, 2156].map((width) => mostIn(width, 4, 40))).toEqual([40, 48, 86, 123]);
  for (let rows = 1; rows <= 64; rows += 1) {
    const cell = mostIn(1516, rows, 20);
    if (cell > 20) expect(extent(rows, cell)).toBeLessThanOrEqual(700);
  }
  expect(mostIn(1516, 64, 58)).toBe(58);
});

test("keys lead along rows and columns, to their ends, and with Control to those of the grid", () => {
  const extent = { top: -1, left: -2, rows: 6, columns: 8 };
  const goal = (key: string, control = false) => goalOf(key, [1, 1], extent, control);
  expect([goal("ArrowUp"), goal("ArrowRight"), goal("PageDown")]).toEqual([[0, 1], [1, 2], [6, 1]]);
  expect([goal("Home"), goal("End"), goal("Home", true), goal("End", true)]).toEqual([[1, -2], [1, 5], [-1, -2], [4, 5]]);
  expect(goal("Enter")).toBeNull();
});

test("a number is written whole or not at all: what would be cut is its sign alone", () => {
  for (let cell = 20; cell <= 60; cell += 1) {
    for (const value of [-2e10, 4.5e-7, -31234.567, 12345678, -0.000123456]) {
      const text = cellText(value, cell);
      expect(0.6 * typeSize(text, cell) * text.length, `${text} in ${cell}`).toBeLessThanOrEqual(cell);
    }
  }
  expect([cellText(-2e10, 24), cellText(2e10, 24), cellText(-2e10, 28), cellText(-2e10, 38)]).toEqual(["−", "2e10", "−2e10", "−2e10"]);
  expect([38, 58].map((cell) => [-14815, -59260, -1.49e10].map((value) => cellText(value, cell)))).toEqual([
    ["−14815", "−59260", "−1.5e10"], ["−14815", "−59260", "−1.5e10"],
  ]);
});

test("factors above a number grow with its cell, and fit it", () => {
  for (let cell = 40; cell <= 130; cell += 1) {
    for (const [own, other] of [[10, -1], [0.25, -0.125], [-1234, -5678], [-1.49e10, 1], [-1.49e10, -1.49e10]] as const) {
      expect((factorsIn(own, other, cell) ?? "").length * 0.57 * noteSize(cell), `${own}·${other} in ${cell}`).toBeLessThanOrEqual(cell);
    }
  }
  expect(factorsIn(-1.49e10, 1, 58)).toBe("−1.5e10·1");
  expect([noteSize(48), noteSize(84), noteSize(123)]).toEqual([9.5, 13.44, 19.68]);
});
