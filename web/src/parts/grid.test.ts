import { expect, test } from "vitest";
import { cellIn, extent, goalOf } from "./grid.ts";

test("as many cells as are asked for fit a width, as large as they can be", () => {
  for (const [width, columns] of [[500, 9], [301, 14], [77, 20]] as const) {
    const cell = cellIn(width, columns, 0, 100);
    expect(extent(columns, cell)).toBeLessThanOrEqual(width);
    expect(extent(columns, cell + 4)).toBeGreaterThan(width);
  }
  expect([cellIn(500, 2, 10, 58), cellIn(500, 100, 13, 58)]).toEqual([58, 13]);
});

test("keys lead along rows and columns, to their ends, and with Control to those of the grid", () => {
  const extent = { top: -1, left: -2, rows: 6, columns: 8 };
  const goal = (key: string, control = false) => goalOf(key, [1, 1], extent, control);
  expect([goal("ArrowUp"), goal("ArrowRight"), goal("PageDown")]).toEqual([[0, 1], [1, 2], [6, 1]]);
  expect([goal("Home"), goal("End"), goal("Home", true), goal("End", true)]).toEqual([[1, -2], [1, 5], [-1, -2], [4, 5]]);
  expect(goal("Enter")).toBeNull();
});
