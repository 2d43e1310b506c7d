import { describe, expect, test } from "vitest";
import { asNumber } from "../../model/state.ts";
import { scaleOf } from "../../parts/colours.ts";
import { inDimensions, inNumbers, withPad } from "./edits.ts";
import { STYLES } from "../../export/python.ts";
import { figureOf } from "./figure.ts";
import { latexOf, shiftLatexOf } from "./latex.ts";
import { problemText } from "./problem.ts";
import { program } from "./programs.ts";
import { inputView, lightOf, outputView, reachedFrom } from "./scene.ts";
import { shiftFigureOf } from "./shift-figure.ts";
import { shiftProgram } from "./shift-programs.ts";
import { changedCells, curvesOf, mapsOf, SHIFTS, sourcesOf } from "./shift-work.ts";
import { complete, defaults, KINDS, METHODS, OUTSIDES, paddingNames, preset, presets, WINDOWS, type PoolingState } from "./state.ts";
import { cellAt, chosenCell, membersOf, outputAt, power, setupOf, stepCount, winnerOf, workOut, type Work } from "./work.ts";
import { writtenOf } from "./written.ts";

/** Numbers that come again in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

function drawn(seed: number): PoolingState {
  const random = generator(seed);
  const dims = 1 + random(2);
  const sides = (most: number, least = 1) => Array.from({ length: dims }, () => least + random(most - least + 1));
  const shape = sides(7);
  return complete({
    dims, input: { shape, data: Array.from({ length: shape.reduce((a, b) => a * b) }, () => random(19) - 9) },
    kind: KINDS[random(3)], p: [1, 2, 2.5, "inf"][random(4)], windows: WINDOWS[[0, 0, 0, 1, 2][random(5)]!], window: sides(3),
    stride: random(3) ? sides(3) : null, dilation: sides(2), ceil_mode: random(2) === 1, count_include_pad: random(2) === 1,
    padding: random(3) ? paddingNames[random(4)] : sides(2, 0).map((before) => [before, random(3)]),
    border: OUTSIDES[random(3) ? 0 : random(6)], border_value: random(5) - 2, output_size: sides(4),
  });
}

const states = [...Array.from({ length: 300 }, (_, seed) => drawn(seed + 1)), ...Object.keys(presets).map((name) => complete(preset(name)))];
const works = states.map((state) => workOut(setupOf(state, null)));
const pooled = works.filter((work) => !work.problem);

/** What the cells that are shown give. */
function joined(work: Work, cell: readonly number[]): number {
  const members = membersOf(work, cell);
  const values = members.flatMap(({ value }) => (value === null ? [] : [value]));
  if (work.setup.kind === "average") return values.reduce((sum, value) => sum + value, 0) / values.length;
  const winner = members[winnerOf(work, members)];
  if (work.setup.kind === "max") return winner!.value!;
  const p = power(work.setup);
  return p === Infinity ? Math.abs(winner!.value!) : values.reduce((sum, value) => sum + Math.abs(value) ** p, 0) ** (1 / p);
}

describe("windows", () => {
  test("are of the cells that make the output", () => {
    expect(pooled.length).toBeGreaterThan(150);
    for (const work of pooled) {
      for (let step = 0; step < stepCount(work); step += 1) {
        const cell = cellAt(work, step);
        expect(joined(work, cell)).toBeCloseTo(outputAt(work, cell), 9);
      }
    }
  });

  test("are found from each of their cells", () => {
    for (const work of pooled.filter((_, i) => i % 5 === 0)) {
      const cell = chosenCell(work, [99, 99].slice(0, work.setup.dims))!;
      for (const { position, outside } of membersOf(work, cell)) {
        if (!outside) expect(reachedFrom(work, position).cells).toBeGreaterThan(0);
      }
    }
    const work = workOut(setupOf(complete(preset("overlapping")), null));
    expect(reachedFrom(work, [2, 2])).toMatchObject({ cells: 4, wins: 0 });
    expect(reachedFrom(work, [0, 4]).wins).toBe(0);
  });

  test("can all be drawn and written", () => {
    for (const work of pooled) {
      const cell = chosenCell(work, null)!;
      const scale = scaleOf(work.input.data, false);
      const { frame, lit } = lightOf(work, scale, 48, cell);
      expect(lit.length).toBeGreaterThan(0);
      for (const at of [frame!.from, frame!.to]) expect(inputView(work, scale, 48, at).name).not.toMatch(/undefined|NaN/);
      expect(outputView(work, scale, 48, cell, null).kind).toBe("cell");
      expect(figureOf(work, cell, { dark: true, covered: true })).not.toMatch(/undefined|NaN/);
      expect(latexOf(work, cell)).toMatch(/^\\\[\ny_\{[^]*\\\]\n$/);
      for (const style of STYLES) {
        const refused = work.grid !== null && (style === "im2col" || style === "scipy");
        expect(program(work.setup, style)).toMatch(refused ? /^# [^]*as under NumPy\.\n$/ : /^import numpy[^]*y = [^]*print\(y\)\n$/);
      }
    }
  });

  test("that do not fit are a problem of an axis", () => {
    const problem = (changes: object) => workOut(setupOf(complete({ ...defaults, ...changes }), null)).problem;
    expect(problem({ window: [2, 5] })).toEqual({ kind: "tooLarge", axis: 1, window: 5, room: 4 });
    expect(problem({ padding: [[0, 0], [3, 0]] })).toEqual({ kind: "outside", axis: 1 });
    expect(problem({ padding: [[0, 0], [3, 0]], border: "edge" })).toBeNull();
    const many = problem({ padding: [[64, 64], [64, 64]], border: "wrap" });
    expect(problemText(many!, 2)).toContain("17424 cells");
    for (const work of works) if (work.problem) expect(program(work.setup, "numpy")).toMatch(/^# /);
  });

  test("are written out with their numbers", () => {
    const put = (name: string, at: number[]) => {
      const work = workOut(setupOf(complete(preset(name)), null));
      return writtenOf(work, membersOf(work, at));
    };
    expect(put("maximum", [0, 0])).toEqual({ put: "max(1, 3, 5, 6)", between: null });
    expect(put("mean-pads", [0])).toEqual({ put: "(0 − 4 − 2) / 3", between: "−6 / 3" });
    expect(put("mean-inside", [0])).toEqual({ put: "(−4 − 2) / 2", between: "−6 / 2" });
    expect(put("ceil", [2])).toEqual({ put: "(3 + 0) / 2", between: "3 / 2" });
    expect(put("norm", [0, 0])).toEqual({ put: "√(3² + 0² + 0² + |−4|²)", between: "√25" });
  });
});

describe("shifts", () => {
  test("show maps that make the curves, and the cells they come from", () => {
    for (const [i, state] of states.filter(({ input }) => input.data.length < 60).slice(0, 24).entries()) {
      const method = METHODS[i % METHODS.length]!;
      const shown = { ...state, method, shift: state.shift.map((_, axis) => ((i * 3 + axis * 5) % 17) - 8), measure: "changed" as const };
      const [before, after] = [state.shift.map(() => 0), shown.shift].map((shift) => mapsOf(shown, method, shift));
      const curve = curvesOf(shown).find((found) => found.method === method)!;
      const now = curve.values[SHIFTS.indexOf(shown.shift[shown.along]!)]!;
      expect(now).toBeCloseTo(changedCells(before!.pooled, after!.pooled).length / after!.pooled.data.length, 12);
      expect(curve.values[SHIFTS.indexOf(0)]).toBe(shown.shift.every((n, axis) => !n || axis === shown.along) ? 0 : curve.values[8]);
      const cells = sourcesOf(shown, method, after!.features, after!.pooled.shape.map(() => 0));
      for (const cell of cells) cell.forEach((place, axis) => expect(place).toBeLessThan(after!.features.shape[axis]!));
      expect(shiftFigureOf(shown, true)).not.toMatch(/undefined|NaN/);
      expect(shiftLatexOf(shown)).toContain("bmatrix");
      for (const style of STYLES) expect(shiftProgram({ ...shown, measure: "moved" }, style)).toMatch(/^import itertools[^]*print\(apart\)\n$/);
    }
  });
});

test("states from strangers are made to fit", () => {
  expect(complete(null)).toEqual(defaults);
  const odd = complete({ dims: 1, kind: "lp", windows: "adaptive", p: "nan", shift: [99], feature: "sobel-y", along: 1, stride: [0], cell: [1, 2] });
  expect(odd).toMatchObject({ windows: "sliding", p: 2, shift: [1], feature: "sobel-x", along: 0, stride: [1], cell: null, window: [2] });
  expect(asNumber(complete({ p: "inf" }).p, 0)).toBe(Infinity);
  for (const state of states) expect(complete(JSON.parse(JSON.stringify(state)))).toEqual(state);
});

test("changes of dimensions and padding keep what fits", () => {
  const row = complete({ ...defaults, ...inDimensions(1, defaults) });
  expect(row).toMatchObject({ dims: 1, window: [2], padding: "valid", shift: [1], along: 0 });
  const same = complete({ ...defaults, padding: "same", stride: [1, 1] });
  expect(inNumbers(same)).toEqual([[0, 1], [0, 1]]);
  expect(withPad(same, 0, 0, 3)).toEqual({ padding: [[3, 1], [0, 1]] });
});
