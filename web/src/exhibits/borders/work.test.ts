import { describe, expect, test } from "vitest";
import { borderNames } from "../../generated/states.ts";
import { figureOf } from "./figure.ts";
import { latexOf } from "./latex.ts";
import { LIBRARIES, misleads, NAMES } from "./names.ts";
import { program, programsOf } from "./programs.ts";
import { lightOf, readingOf, scalesOf, spokenOf } from "./scene.ts";
import { complete, preset } from "./state.ts";
import { MODES, numberAt, outputAt, periodOf, productsAt, reachesOut, sourceOf, windowOf, workOut, type Work } from "./work.ts";
import { SYNONYMS } from "../../tensor/borders.ts";

/** All places of a panel's output. */
function placesOf({ shape, first }: { shape: number[]; first: number[] }): number[][] {
  const along = shape.map((size, axis) => Array.from({ length: Math.max(size, 0) }, (_, i) => i + first[axis]!));
  return along.reduce<number[][]>((all, places) => all.flatMap((at) => places.map((place) => [...at, place])), [[]]);
}

const CASES: Work[] = [
  {},
  { input: { shape: [2, 3], data: [3, -1, 4, 1, -5, 9] }, kernel: { shape: [2, 3], data: [1, 2, -3, 4, 0, 1] }, pad: [5, 7], border_value: -2 },
  { dims: 1, input: { shape: [3], data: [1, 2, 4] }, kernel: { shape: [4], data: [1, -1, 2, 3] }, pad: [9] },
  { dims: 1, input: { shape: [1], data: [7] }, kernel: { shape: [1], data: [2] }, pad: [3] },
].map((state) => workOut(complete(state)));

describe("borders", () => {
  test("outputs are the sums of the products that are shown, and alike where no window reaches out", () => {
    for (const work of CASES) {
      for (const panel of work.panels) {
        for (const at of placesOf(panel.output)) {
          const value = outputAt(panel, at)!;
          expect(productsAt(work, panel.mode, at).reduce((sum, n) => sum + n, 0)).toBeCloseTo(value, 9);
          if (!reachesOut(work, at)) for (const other of work.panels) expect(outputAt(other, at)).toBeCloseTo(value, 9);
          expect(panel.mode === "none" && reachesOut(work, at)).toBe(false);
        }
      }
    }
  });

  test("a place shows the cell it names, and the border repeats as is said", () => {
    const work = CASES[2]!;
    const row = (mode: (typeof MODES)[number]) => Array.from({ length: 9 }, (_, i) => numberAt(work, mode, [i - 3]));
    expect(row("constant")).toEqual([0, 0, 0, 1, 2, 4, 0, 0, 0]);
    expect(row("edge")).toEqual([1, 1, 1, 1, 2, 4, 4, 4, 4]);
    expect(row("reflect")).toEqual([2, 4, 2, 1, 2, 4, 2, 1, 2]);
    expect(row("symmetric")).toEqual([4, 2, 1, 1, 2, 4, 4, 2, 1]);
    expect(row("wrap")).toEqual([1, 2, 4, 1, 2, 4, 1, 2, 4]);
    for (const mode of MODES) {
      const period = periodOf(mode, 3);
      if (period) for (let at = -9; at < 9; at += 1) expect(sourceOf(work, mode, [at])).toEqual(sourceOf(work, mode, [at + period]));
    }
  });

  test("what is lit is the cell shown, or the window", () => {
    const work = CASES[0]!;
    const [, , reflect] = work.panels;
    expect(lightOf(work, reflect!, { side: "padded", cell: [-1, -2] }).padded.map(({ at }) => at)).toEqual([[1, 2]]);
    expect(lightOf(work, reflect!, { side: "output", cell: [0, 0] }).frame).toEqual({ from: [-1, -1], to: [1, 1] });
    expect(windowOf(CASES[2]!, [0])).toEqual({ from: [-1], to: [2] });
    expect(readingOf(work, work.panels[5]!, { side: "padded", cell: [-1, 0] })).toBe("no such cell");
    expect(spokenOf(work, { side: "padded", cell: [-1, 0] })).toContain("reflect: shows [1, 0] = 5; symmetric: shows [0, 0] = 1");
  });

  test("a kernel that does not fit leaves no output", () => {
    const work = workOut(complete({ ...preset("one-cell"), kernel: { shape: [9, 9], data: new Array(81).fill(1) } }));
    for (const { result } of work.panels) expect(result).toBeNull();
    expect(figureOf(work, null, false)).toContain("larger than the picture");
  });

  test("names are those that the engine takes, but for the traps", () => {
    for (const mode of borderNames) {
      expect(NAMES[mode]).toHaveLength(LIBRARIES.length);
      for (const name of NAMES[mode].flat()) {
        const taken = SYNONYMS.get(name.toLowerCase().replaceAll("_", "-"));
        if (name === "reflect" && mode === "symmetric") expect(misleads(mode, name)).toBe(true);
        else expect(taken).toBe(mode);
      }
    }
  });

  test("states from strangers are made to fit", () => {
    expect(complete({ input: { shape: [40, 40], data: new Array(1600).fill(1) }, pad: [99, "x"], cell: [1] })).toEqual(complete({}));
    expect(complete({ input: { shape: [5], data: [1, 2, 3, 4, 5] } }).pad).toEqual([3]);
    expect(complete(null).exhibit).toBe("borders");
  });

  test("files and programs are made of every case", () => {
    for (const work of CASES) {
      const svg = figureOf(work, { side: "padded", cell: work.pad.map(() => -1) }, true);
      expect(svg).not.toMatch(/NaN|undefined/);
      expect(latexOf(work).match(/bmatrix/g)).toHaveLength(12);
    }
    for (const { text } of programsOf(complete(preset("wide")))) expect(text).toContain("outputs");
    expect(program(complete(preset("wide")), "pytorch")).toContain("would be refused");
    expect(scalesOf(CASES[0]!, false).input.most).toBe(12);
  });
});
