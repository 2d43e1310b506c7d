import { expect, test } from "vitest";
import { drawingOf, HEIGHT, WIDTH } from "./thumbnail.ts";

test("an exhibit is drawn with the numbers that it begins with, inside the picture", () => {
  const { cells, frame } = drawingOf("sliding-window", false)!;
  expect(cells.map(({ text }) => text).slice(0, 5)).toEqual(["10", "20", "30", "40", "50"]);
  expect(cells.slice(-9).map(({ text }) => text)).toEqual(["−1", "0", "1", "−2", "0", "2", "−1", "0", "1"]);
  for (const { x, y, width, height } of [...cells, frame!]) {
    expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
    expect([x + width <= WIDTH, y + height <= HEIGHT]).toEqual([true, true]);
  }
});

test("channels stand behind each other, a photograph beside its kernel, and what has no numbers is left to others", () => {
  expect(drawingOf("channels", true)!.cells.filter(({ text }) => text)).toHaveLength(25 + 9);
  expect(drawingOf("gallery", false)!.photograph).not.toBeNull();
  expect(drawingOf("nothing", false)).toBeNull();
});

test("the matrix view begins with its matrix, and the sizes with the maps of their stack and what a cell sees", () => {
  const matrix = drawingOf("matrix-view", false)!;
  expect(matrix.cells).toHaveLength(4 * 16);
  expect(matrix.cells.slice(0, 16).map(({ text }) => text)).toEqual(
    ["1", "2", "3", "", "4", "5", "6", "", "7", "8", "9", "", "", "", "", ""],
  );
  const { cells, frame } = drawingOf("sizes", false)!;
  expect(cells.filter(({ colour }) => colour.fill === "var(--accent)")).toHaveLength(4); // up to the last pooling
  expect(frame!.width / cells[0]!.width).toBeCloseTo(16 / 32);
  for (const { x, y, width, height } of [...matrix.cells, ...cells, frame!]) {
    expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
    expect([x + width <= WIDTH, y + height <= HEIGHT]).toEqual([true, true]);
  }
});
