import { describe, expect, test } from "vitest";
import { figureOf } from "./figure.ts";
import { latexOf } from "./latex.ts";
import { problemText, tooMuchText } from "./problem.ts";
import { STYLES } from "../../export/python.ts";
import { program } from "./programs.ts";
import { inputBox, inputView, lightOf, outputView, scalesOf } from "./scene.ts";
import { borderNames, complete, operations, type Dims } from "./state.ts";
import { resized } from "../../model/numbers.ts";
import { withPad } from "./edits.ts";
import { cellAt, chosenCell, setupOf, stepCount, termsOf, workOut, type Work } from "./work.ts";

/** Numbers that come again in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

function drawn(seed: number): Work {
  const random = generator(seed);
  const dims = (1 + random(3)) as Dims;
  const sides = (most: number, least = 1) => Array.from({ length: dims }, () => least + random(most - least + 1));
  const numbers = (shape: number[]) => ({ shape, data: Array.from({ length: shape.reduce((a, b) => a * b) }, () => random(19) - 9) });
  return workOut(complete({
    dims, input: numbers(sides(5, 2)), kernel: numbers(sides(3)), stride: sides(3), dilation: sides(2), output_padding: sides(2, 0),
    padding: random(2) ? ["valid", "same", "same-lower", "full"][random(4)] : sides(3, 0).map((before) => [before, random(3)]),
    border: borderNames[random(5)], border_value: random(5) - 2, operation: operations[random(3)],
  }));
}

const cases = Array.from({ length: 150 }, (_, seed) => drawn(seed + 1)).filter((work) => !work.problem);

describe("products", () => {
  test("that meet in a cell of the output add up to it", () => {
    expect(cases.length).toBeGreaterThan(80);
    for (const work of cases) {
      for (let step = 0; step < stepCount(work, "output"); step += 1) {
        const terms = termsOf(work, "output", cellAt(work, "output", step));
        expect(terms.reduce((sum, { product }) => sum + product, 0)).toBeCloseTo(work.output!.data[step]!, 9);
      }
    }
  });

  test("that leave a cell of the input are those that meet in the outputs", () => {
    for (const work of cases) {
      const key = ({ output, tap, value }: { output: number[]; tap: number[]; value: number }) => `${output} ${tap} ${value}`;
      const gathered = new Set<string>();
      for (let step = 0; step < stepCount(work, "output"); step += 1) {
        for (const term of termsOf(work, "output", cellAt(work, "output", step))) if (term.source) gathered.add(key(term));
      }
      const inside = (cell: number[]) => cell.every((n, axis) => n >= 0 && n < work.outputShape[axis]!);
      for (let step = 0; step < stepCount(work, "input"); step += 1) {
        for (const term of termsOf(work, "input", cellAt(work, "input", step))) {
          if (inside(term.output)) expect(gathered).toContain(key(term));
        }
      }
    }
  });
});

test("what is drawn is what was computed, and everything can be drawn and written", () => {
  for (const work of cases) {
    const scales = scalesOf(work, false);
    const cell = chosenCell(work, "output", null)!;
    expect(outputView(work, scales, 48, cell, null).name).toContain(String(work.output!.data[0]).replace("-", "−"));
    expect(inputView(work, scales, 48, work.input.shape.map(() => 0)).kind).toBe("cell");
    for (const side of ["output", "input"] as const) {
      const selection = { side, cell: chosenCell(work, side, null)! };
      expect(lightOf(work, scales, 48, selection).terms).toEqual(termsOf(work, side, selection.cell));
      expect(figureOf(work, selection, { dark: true, upTo: 0 })).toMatch(/^<svg[^]*<\/svg>\n$/);
      expect(latexOf(work, side, selection.cell)).toContain("\\begin{align*}");
    }
    for (const style of STYLES) expect(program(work.setup, style)).toMatch(/^import numpy[^]*print\(y\)\n$/);
  }
});

test("drawings number rows and columns, and write the factors of the products in the window", () => {
  const work = workOut(complete({}));
  const drawing = figureOf(work, { side: "output", cell: [0, 0] }, { dark: false, upTo: null });
  for (const factors of ["10·(−1)", "20·(−2)", "90·1"]) expect(drawing).toContain(`>${factors}<`);
  expect(drawing.match(/font-size="11"/g)!.length).toBe(2 * (5 + 3 + 3));
});

test("cells after the one that is stepped to are covered", () => {
  const work = workOut(complete({}));
  const kinds = [0, 1, 2].map((column) => outputView(work, scalesOf(work, false), 48, [1, column], 4).kind);
  expect(kinds).toEqual(["cell", "cell", "covered"]);
});

test("a kernel that does not fit is a problem of an axis, not an error", () => {
  const work = workOut(complete({ kernel: { shape: [3, 7], data: Array(21).fill(1) } }));
  expect(work.problem).toEqual({ kind: "impossible", axis: 1, window: 7, room: 5 });
  expect([stepCount(work, "output"), chosenCell(work, "output", [0, 0])]).toEqual([0, null]);
  expect(program(work.setup, "numpy")).toMatch(/^# Along columns/);
});

test("what would be too much to draw is told instead, however it is spread over the sides", () => {
  const volume = { shape: [16, 16, 16], data: Array(4096).fill(1) };
  const wide = { shape: [1, 64], data: Array(64).fill(1) };
  const pads = (cells: number) => Array(3).fill([cells, cells]);
  const work = (padding: unknown) => workOut(complete({ dims: 3, input: volume, kernel: { shape: [1, 1, 2], data: [1, 1] }, padding }));
  expect(work(pads(2)).problem).toBeNull();
  expect(work(pads(64)).problem).toEqual({ kind: "tooMany", cells: 144 ** 3 });
  expect(inputBox(work(pads(64))).shape).toEqual([16, 16, 16]);
  expect(problemText(work(pads(64)).problem!, 3)).toContain("2985984 cells");
  const every = (dilation: number) =>
    workOut(complete({ input: wide, kernel: wide, dilation: [dilation, dilation], padding: "full" })).problem;
  expect([every(1), every(2)]).toEqual([null, null]);
  expect(problemText(every(3)!, 2)).toContain("442 cells; up to 320 are drawn");
});

test("an array that would be too large is told with what was asked and what there can be", () => {
  expect(tooMuchText([4, 64, 16], 2, 20)).toMatch(/^4 × 64 × 20 would be 5120 cells; .* up to 4096 .* at most 16 /);
  expect(tooMuchText([3, 3, 3], "all", 40)).toMatch(/^40 × 40 × 40 would be 64000 cells; .* at most 16 /);
});

test("changes of size keep the numbers that stay, and of padding the other sides", () => {
  expect(resized({ shape: [2, 2], data: [1, 2, 3, 4] }, [3, 1])).toEqual({ shape: [3, 1], data: [1, 3, 0] });
  const state = complete({ padding: "same" });
  expect(withPad(state, 0, 1, 4)).toEqual({ padding: [[1, 4], [1, 1]] });
  expect(withPad(state, "all", "both", 2)).toEqual({ padding: [[2, 2], [2, 2]] });
});

test("the set-up is the same object as long as it says the same", () => {
  const state = complete({});
  const setup = setupOf(state, null);
  expect(setupOf({ ...state, cell: [1, 1] }, setup)).toBe(setup);
  expect(setupOf({ ...state, border: "wrap" }, setup)).not.toBe(setup);
});
