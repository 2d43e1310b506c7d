/** What the exhibit shows: the convolution, its matrix, its columns of windows, and every product that joins them. */

import { toTensor } from "../../model/numbers.ts";
import { convolved, laidOn } from "../../tensor/convolve.ts";
import { convSpec, spans, type ConvSpec } from "../../tensor/geometry.ts";
import { resolvePadding } from "../../tensor/padding.ts";
import { flatIndex, product, tensor, unflatten, type Tensor } from "../../tensor/tensor.ts";
import { dense, toeplitz } from "../../tensor/toeplitz.ts";
import { unfold, type Unfolded } from "../../tensor/unfold.ts";
import { kernelsOf, type MatrixViewState, type Side } from "./state.ts";

const SETUP = ["input", "weight", "operation", "stride", "dilation", "padding", "border"] as const;

/** What of the state decides the numbers. */
export type Setup = Pick<MatrixViewState, (typeof SETUP)[number]>;

export const MOST_DRAWN = 4096; // cells of a matrix

/** One product of the convolution: a weight and the input cell under it, in a cell of the output. */
export interface Term {
  kernel: number;
  /** The row of im2col's columns: channel, then the kernel's cells as they lie on the window. */
  tap: number;
  /** The column: which window, whatever the kernel. */
  window: number;
  /** The flat input cell, or −1 in a border of zeros. */
  source: number;
  /** The flat place of the weight in the kernels as given. */
  weight: number;
  /** The flat cell of the output. */
  output: number;
}

/** A layer that can be had. */
export interface Made {
  spec: ConvSpec;
  output: Tensor;
  /** The kernels as they lie on windows, a row each. */
  laid: Tensor;
  unfolded: Unfolded;
  /** A of y = A x, null where it is too large to be drawn. */
  matrix: Tensor | null;
  /** Aᵀ y, in the input's shape. */
  back: Tensor;
  terms: Term[];
}

export interface Work {
  setup: Setup;
  input: Tensor;
  /** (kernels, channels, size…). */
  weight: Tensor;
  dims: 1 | 2;
  channels: number;
  kernels: number;
  /** Cells that a kernel spans with its dilation, and what it has room in along the first axis that is too short. */
  window: number[];
  /** Null where the kernel is larger than the input. */
  made: Made | null;
}

/** What decides the numbers: the same object as `before` as long as nothing of it has changed. */
export function setupOf(state: MatrixViewState, before: Setup | null): Setup {
  if (before && SETUP.every((name) => before[name] === state[name])) return before;
  return Object.fromEntries(SETUP.map((name) => [name, state[name]])) as unknown as Setup;
}

export function workOut(setup: Setup): Work {
  const input = toTensor(setup.input);
  const [channels, ...size] = input.shape as [number, ...number[]];
  const dims = size.length as 1 | 2;
  const kernels = kernelsOf(setup);
  const weight = tensor([kernels, channels, ...setup.weight.shape.slice(1)], toTensor(setup.weight).data);
  const steps = { stride: size.map(() => setup.stride), dilation: size.map(() => setup.dilation) };
  const window = spans(weight.shape.slice(2), steps.dilation);
  const work = { setup, input, weight, dims, channels, kernels, window, made: null };
  const pads = resolvePadding(setup.padding, size, window, steps.stride);
  if (window.some((span, axis) => span > size[axis]! + pads[axis]![0] + pads[axis]![1])) return work;
  const options = { ...steps, padding: pads, border: setup.border };
  const spec = convSpec(input.shape, weight.shape, { ...options, flip: setup.operation === "convolution" });
  const output = convolved(spec, input, weight);
  const unfolded = unfold(input, weight.shape.slice(2), options);
  const terms = termsOf(spec, unfolded);
  const laid = tensor([kernels, spec.weights / kernels], laidOn(spec, weight).data);
  const drawn = output.data.length * input.data.length <= MOST_DRAWN;
  const back = tensor(input.shape);
  for (const { source, output: cell, weight: place } of terms) {
    if (source >= 0) back.data[source]! += weight.data[place]! * output.data[cell]!;
  }
  return { ...work, made: { spec, output, laid, unfolded, matrix: drawn ? dense(toeplitz(spec, weight)) : null, back, terms } };
}

function termsOf(spec: ConvSpec, { sources }: Unfolded): Term[] {
  const taps = product(spec.kernelSize);
  const [rows, windows] = [spec.inChannels * taps, product(spec.outputSize)];
  const terms: Term[] = [];
  for (let kernel = 0; kernel < spec.outChannels; kernel += 1) {
    for (let window = 0; window < windows; window += 1) {
      for (let tap = 0; tap < rows; tap += 1) {
        const within = spec.flip ? tap - (tap % taps) + taps - 1 - (tap % taps) : tap;
        const source = sources[tap * windows + window]!;
        terms.push({ kernel, tap, window, source, weight: kernel * rows + within, output: kernel * windows + window });
      }
    }
  }
  return terms;
}

/** The cell that is looked at, in the array that it belongs to. */
export interface Selection {
  side: Side;
  cell: readonly number[];
}

export function shapeOf(work: Work, side: Side): readonly number[] {
  const { input, weight, made } = work;
  if (side === "input") return input.shape;
  if (side === "kernel") return weight.shape;
  if (side === "output") return made!.output.shape;
  return side === "matrix" ? [made!.output.data.length, input.data.length] : made!.unfolded.columns.shape;
}

/** The cell that is asked for, or the nearest that there is; the first of what is computed where none is said. */
export function chosen(work: Work, side: Side, cell: readonly number[] | null, transposed: boolean): Selection | null {
  if (!work.made) return null;
  const asked = cell ? side : transposed ? "input" : "output";
  const shape = shapeOf(work, asked);
  const fits = cell?.length === shape.length ? cell : shape.map(() => 0);
  return { side: asked, cell: shape.map((size, axis) => Math.min(fits[axis]!, size - 1)) };
}

/** All that a cell takes part in: products, and the cells that they join. */
export interface Links {
  terms: Term[];
  outputs: Set<number>;
  inputs: Set<number>;
  weights: Set<number>;
}

export function linksOf(work: Work, { side, cell }: Selection): Links {
  const flat = flatIndex(shapeOf(work, side), cell);
  const [row, column] = cell as [number, number];
  const joins: Record<Side, (term: Term) => boolean> = {
    output: (term) => term.output === flat,
    input: (term) => term.source === flat,
    kernel: (term) => term.weight === flat,
    matrix: (term) => term.output === row && term.source === column,
    columns: (term) => term.tap === row && term.window === column,
  };
  const terms = work.made!.terms.filter(joins[side]);
  const links = {
    terms,
    outputs: new Set(terms.map(({ output }) => output)),
    inputs: new Set(terms.map(({ source }) => source).filter((source) => source >= 0)),
    weights: new Set(terms.map(({ weight }) => weight)),
  };
  if (side === "matrix") {
    links.outputs.add(row);
    links.inputs.add(column);
  }
  return links;
}

/** The output cell whose tile and spectra are shown: the chosen one, or the first that the chosen cell goes into. */
export function outputOf(work: Work, { side, cell }: Selection, { outputs }: Links): readonly number[] {
  return side === "output" ? cell : unflatten(work.made!.output.shape, [...outputs][0] ?? 0);
}
