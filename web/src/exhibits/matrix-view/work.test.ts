import { describe, expect, test } from "vitest";
import { multiply, product, tensor, transpose, unflatten } from "../../tensor/tensor.ts";
import { costsOf, countedSpec, LAYERS } from "./costs.ts";
import { inDimensions, withInput, withKernels, withKernelSize } from "./edits.ts";
import { figureOf } from "./figure.ts";
import { latexOf } from "./latex.ts";
import { program, STYLES } from "./programs.ts";
import { sentence, sumOf } from "./says.ts";
import { columnPanels, scalesOf, toeplitzPanels } from "./scene.ts";
import { complexText, spectraOf } from "./spectra.ts";
import { complete, defaults, kernelsOf, preset, presets, VIEWS } from "./state.ts";
import { stepsOf, tileOf, tileRefusal } from "./tile.ts";
import { chosen, linksOf, workOut } from "./work.ts";

const DIGITS = (count: number) => Array.from({ length: count }, (_, i) => ((i * 7 + 3) % 11) - 5);
const HARD = complete({
  ...defaults, input: { shape: [2, 5, 6], data: DIGITS(60) }, weight: { shape: [4, 3, 2], data: DIGITS(24) },
  padding: "same", border: "reflect", stride: 2, dilation: 2, operation: "convolution",
});
const states = [...Object.keys(presets).map((name) => complete(preset(name))), HARD];
const close = (found: Float64Array, expected: Float64Array) => [...expected].forEach((value, i) => expect(found[i]).toBeCloseTo(value, 9));

describe("every way gives the same output", () => {
  for (const [i, state] of states.entries()) {
    const work = workOut(state);
    const { output, matrix, unfolded, laid, back } = work.made!;
    test(`matrices, ${i}`, () => {
      const x = tensor([work.input.data.length, 1], work.input.data);
      close(multiply(matrix!, x).data, output.data);
      close(multiply(laid, unfolded.columns).data, output.data);
      close(multiply(transpose(matrix!), tensor([output.data.length, 1], output.data)).data, back.data);
    });
    test(`tiles and spectra, ${i}`, () => {
      const windows = output.data.length / work.kernels;
      const { result, kept } = spectraOf(work, work.kernels - 1);
      kept.forEach((window, at) => {
        if (window >= 0) expect(result.real[at]).toBeCloseTo(output.data[(work.kernels - 1) * windows + window]!, 9);
      });
      expect(kept.filter((window) => window >= 0)).toHaveLength(windows);
      if (tileRefusal(work)) return;
      for (let flat = 0; flat < output.data.length; flat += 1) {
        const at = unflatten(output.shape, flat);
        const { output: tile, first, products } = tileOf(work, at);
        const place = at.slice(1).reduce((sum, n, axis) => sum * 2 + n - first[axis]!, 0);
        expect(tile.data[place]).toBeCloseTo(output.data[flat]!, 9);
        expect(products).toEqual(work.dims === 1 ? [4, 6] : [16, 36]);
      }
    });
  }
});

test("a tile's steps say what they compute", () => {
  for (const name of ["tile", "tile-1d"]) {
    const state = complete(preset(name));
    const two = complete({ ...state, ...withInput(state, [2, ...state.input.shape.slice(1)]) });
    const steps = stepsOf(tileOf(workOut(two), [0, ...two.input.shape.slice(1).map(() => 0)]));
    expect(steps.map(({ key }) => key).join()).toBe("data,data,kernel,kernel,products,products,sum,output");
    for (const { key, pieces } of steps) {
      const given = pieces.filter((piece) => typeof piece !== "string").map(({ tensor }) => tensor);
      const result = given.pop()!;
      const join = { products: (a: number, b: number) => a * b, sum: (a: number, b: number) => a + b }[key as string];
      const made = given.reduce((a, b) => (join ? { ...a, data: a.data.map((value, i) => join(value, b.data[i]!)) } : multiply(a, b)));
      expect(made.shape).toEqual(result.shape);
      close(made.data, result.data);
    }
  }
});

describe("links", () => {
  const work = workOut(HARD);
  const { output, unfolded } = work.made!;

  test("join each cell with all that it takes part in", () => {
    const of = (side: "output" | "input" | "kernel" | "matrix" | "columns", cell: number[]) => linksOf(work, { side, cell });
    const one = of("output", [1, 2, 2]);
    expect(one.terms).toHaveLength(12);
    expect([...one.outputs]).toEqual([output.data.length - 1]);
    expect(sumOf(work, { side: "output", cell: [1, 2, 2] }, one, false)!.result).toBe(output.data.at(-1));
    for (const input of one.inputs) expect(of("input", unflatten(work.input.shape, input)).outputs).toContain([...one.outputs][0]);
    const { weight } = one.terms[0]!;
    expect(of("kernel", unflatten(work.weight.shape, weight)).terms).toHaveLength(product(output.shape.slice(1)));
    const { tap, window } = one.terms[5]!;
    expect(of("columns", [tap, window]).outputs.size).toBe(work.kernels);
    const empty = of("matrix", [0, work.input.data.length - 1]);
    expect([empty.terms.length, [...empty.outputs], [...empty.inputs]]).toEqual([0, [0], [work.input.data.length - 1]]);
  });

  test("make sums that read as sums, negative weights too", () => {
    const work = workOut(complete(preset("stride")));
    const selection = { side: "output" as const, cell: [0, 0, 0] };
    const { factors, result } = sumOf(work, selection, linksOf(work, selection), false)!;
    expect(factors.slice(0, 4).join(" ")).toMatch(/^−1·\d \+ 0·\d \+ 1·\d \+ \(−2\)·\d$/);
    expect(figureOf(work, "im2col", selection, { dark: false, transposed: false })).toContain(`${factors.join(" ")} = ${result}`);
  });

  test("light rows, columns and their cells in both matrices", () => {
    const selection = { side: "output", cell: [0, 0, 1] } as const;
    const look = { selection, links: linksOf(work, selection), transposed: false };
    const scales = scalesOf(work, false);
    const { matrix, above } = toeplitzPanels(work, scales, 30, look);
    expect(matrix.frame).toEqual({ from: [1, 0], to: [1, 59] });
    expect(matrix.view(1, above.marks[0]!.column).name).toMatch(/^Row of output \[0, 0, 1\], column of input .*, weight \[0, /);
    expect(toeplitzPanels(work, scales, 30, { ...look, transposed: true }).matrix.frame).toEqual({ from: [0, 1], to: [59, 1] });
    const panels = columnPanels(work, scales, 30, look);
    expect(panels.columns.frame).toEqual({ from: [0, 1], to: [11, 1] });
    expect(panels.columns.marks).toHaveLength(12);
    expect(panels.result.select([1, 2])).toEqual({ side: "output", cell: unflatten(output.shape, product(output.shape.slice(1)) + 2) });
    expect(unfolded.columns.shape).toEqual([12, 9]);
  });

  test("of entries outside the window say so", () => {
    const small = workOut(defaults);
    const at = chosen(small, "matrix", [0, 3], false)!;
    expect(sentence(small, at, linksOf(small, at), "toeplitz", false)).toBe("A[0, 3] = 0: input [0, 3] is not under the window of output [0, 0]");
    // A border's cells belong to no column.
    const padded = workOut({ ...defaults, padding: "same" });
    const panel = toeplitzPanels(padded, scalesOf(padded, false), 30, { selection: null, links: null, transposed: false }).matrix;
    expect(Array.from({ length: 16 }, (_, column) => panel.view(0, column).text).join("")).toBe("5689");
  });
});

test("a layer is counted four ways", () => {
  const spec = countedSpec(workOut(defaults), LAYERS.resnet)!;
  const [loops, im2col, winograd, fft] = costsOf(spec).map(({ count }) => count!);
  expect([loops!.multiplications, winograd!.multiplications]).toEqual([64 * 64 * 9 * 56 * 56, 16 * 28 * 28 * 64 * 64]);
  expect(im2col!.workspace).toBe(576 * 56 * 56);
  expect(fft!.multiplications).toBeLessThan(winograd!.multiplications);
  expect(loops!.moved).toBe(2 * 64 * 56 * 56 + 64 * 64 * 9);
  expect(costsOf(countedSpec(workOut(defaults), LAYERS.stem)!)[2]!.count).toBeNull();
  const signal = workOut(complete(preset("tile-1d")));
  expect(costsOf(signal.made!.spec)[2]!.count).toMatchObject({ multiplications: 8, additions: 16, once: 4 });
});

describe("edits", () => {
  test("always give a layer that fits", () => {
    for (let channels = 1; channels <= 3; channels += 1) {
      const more = complete({ ...defaults, ...withInput(defaults, [channels, 5, 3]) });
      expect(more.input.shape).toEqual([channels, 5, 3]);
      expect(kernelsOf(more)).toBe(1);
      const kernels = complete({ ...more, ...withKernels(more, 3) });
      expect(workOut(kernels).weight.shape).toEqual([3, channels, 3, 3]);
      expect(workOut(complete({ ...kernels, ...withKernelSize(kernels, [1, 2]) })).made!.output.shape).toEqual([3, 5, 2]);
    }
    expect(complete({ ...defaults, ...inDimensions(1) }).input.shape).toEqual([1, 5]);
  });

  test("and a state from anywhere is one that fits", () => {
    expect(complete(null)).toEqual(defaults);
    expect(complete({ input: { shape: [1, 3], data: [1, 2, 3] } }).input).toEqual(defaults.input);
    expect(complete({ layer: { channels: 9000, size: 5 } }).layer).toEqual({ ...defaults.layer, size: 5 });
    const large = workOut({ ...defaults, weight: { shape: [1, 5, 5], data: DIGITS(25) } });
    expect([large.made, chosen(large, "output", [0, 0, 0], false)]).toEqual([null, null]);
  });
});

test("what is shared says the same", () => {
  for (const state of states) {
    const work = workOut(state);
    for (const view of VIEWS) {
      const selection = chosen(work, "output", null, state.transposed)!;
      const svg = figureOf(work, view, selection, { dark: true, transposed: state.transposed && view === "toeplitz" });
      expect(svg).toContain(sentence(work, selection, linksOf(work, selection), view, state.transposed && view === "toeplitz"));
      expect(latexOf(work, view, [0, ...work.made!.output.shape.slice(1).map(() => 0)], state.transposed)).toContain("\\begin{bmatrix}");
    }
    for (const style of STYLES) {
      const tiles = style !== "winograd" || !tileRefusal(work);
      expect(program(work, style, false)).toMatch(tiles ? /^import numpy[^]*print\(y\)\n$/ : /^# Tiles of F/);
      expect(program(work, style, true)).toMatch(["winograd", "fft"].includes(style) ? /^# / : /^import numpy[^]*print\(back\)\n$/);
    }
  }
  expect(complexText(spectraOf(workOut(complete(preset("spectra"))), 0), [0, 5])).toEqual({
    frequency: [1], text: "(−8.2426 − 8.2426i) · (2.4142 + 2.4142i) = (0 − 39.799i)",
  });
});
