/** What the exhibit shows: sizes, the output, and for each cell the products that meet in it or leave from it. */

import { sourceIndex } from "../../tensor/borders.ts";
import { conv } from "../../tensor/convolve.ts";
import { spans } from "../../tensor/geometry.ts";
import { resolvePadding, type Pair } from "../../tensor/padding.ts";
import { flatIndex, product, reshape, unflatten, type Tensor } from "../../tensor/tensor.ts";
import { convTransposed } from "../../tensor/transposed.ts";
import { toTensor } from "../../model/numbers.ts";
import { asNumber } from "../../model/state.ts";
import type { Side, SlidingWindowState } from "./state.ts";

const SETUP = [
  "dims", "input", "kernel", "operation", "stride", "dilation", "output_padding", "padding", "border", "border_value",
] as const;

/** What of the state decides the output. */
export type Setup = Pick<SlidingWindowState, (typeof SETUP)[number]>;

export const MOST_DRAWN = 320; // cells a side of what is drawn, border included
export const MOST_CELLS_DRAWN = MOST_DRAWN ** 2; // of one array: with more the browser stands still

/** Why no output can be had, along which axis. */
export type Problem =
  | { kind: "impossible"; axis: number; window: number; room: number }
  | { kind: "nothingLeft"; axis: number }
  | { kind: "tooLarge"; axis: number; size: number }
  | { kind: "tooMany"; cells: number };

/** One product: an input cell, perhaps of the border, times a weight, in an output cell. */
export interface Term {
  /** Coordinates along the input, outside it in the border. */
  input: number[];
  /** The cell that the border shows there; null where its number is no cell's. */
  source: number[] | null;
  /** The weight's place in the kernel as given. */
  tap: number[];
  /** The weight's place in the kernel as it lies on the window. */
  laid: number[];
  output: number[];
  value: number;
  weight: number;
  product: number;
}

export interface Work {
  input: Tensor;
  kernel: Tensor;
  transposed: boolean;
  flip: boolean;
  pads: Pair[];
  window: number[];
  outputPadding: number[];
  outputShape: number[];
  /** Null where there is a problem. */
  output: Tensor | null;
  problem: Problem | null;
  /** The output of a transposed convolution before padding cuts it; where nothing is cut, the output. */
  uncut: Tensor | null;
  setup: Setup;
}

/** What decides the output: the same object as `before` as long as nothing of it has changed. */
export function setupOf(state: SlidingWindowState, before: Setup | null): Setup {
  if (before && SETUP.every((name) => before[name] === state[name])) return before;
  return Object.fromEntries(SETUP.map((name) => [name, state[name]])) as unknown as Setup;
}

export function workOut(setup: Setup): Work {
  const [input, kernel] = [toTensor(setup.input), toTensor(setup.kernel)];
  const transposed = setup.operation === "transposed";
  const window = spans(kernel.shape, setup.dilation);
  const { pads, outputPadding } = sides(setup, input.shape, window, transposed);
  const outputShape = input.shape.map((size, i) => {
    const around = pads[i]![0] + pads[i]![1];
    if (transposed) return (size - 1) * setup.stride[i]! - around + window[i]! + outputPadding[i]!;
    return Math.floor((size + around - window[i]!) / setup.stride[i]!) + 1;
  });
  const flip = setup.operation === "convolution";
  const work = { input, kernel, transposed, flip, pads, window, outputPadding, outputShape, output: null, uncut: null, setup };
  const problem = problemOf({ ...work, problem: null });
  if (problem) return { ...work, problem };
  const options = { stride: setup.stride, dilation: setup.dilation, padding: pads };
  const [x, weight] = [reshape(input, [1, ...input.shape]), reshape(kernel, [1, 1, ...kernel.shape])];
  const border = { mode: setup.border, value: borderValue(setup) };
  if (!transposed) {
    const output = reshape(conv(x, weight, null, { ...options, flip, border }), outputShape);
    return { ...work, output, uncut: output, problem: null };
  }
  const output = reshape(convTransposed(x, weight, null, { ...options, outputPadding }), outputShape);
  const whole = convTransposed(x, weight, null, { ...options, padding: 0, outputPadding });
  return { ...work, output, uncut: reshape(whole, whole.shape.slice(1)), problem: null };
}

export const borderValue = ({ border, border_value }: Setup): number => (border === "constant" ? asNumber(border_value, 0) : 0);

function sides(setup: Setup, size: readonly number[], window: number[], transposed: boolean) {
  const { stride, padding, output_padding } = setup;
  if (!transposed) return { pads: resolvePadding(padding, size, window, stride), outputPadding: output_padding };
  if (padding !== "same" && padding !== "same-lower") {
    return { pads: resolvePadding(padding, size, window, stride), outputPadding: output_padding };
  }
  const output = size.map((n, i) => n * stride[i]!);
  const outputPadding = stride.map((step, i) => Math.max(step - window[i]!, 0));
  return { pads: resolvePadding(padding, output, window, stride), outputPadding };
}

function problemOf(work: Work): Problem | null {
  let cells = 1;
  for (const [axis, size] of work.outputShape.entries()) {
    const [before, after] = work.pads[axis]!;
    const room = work.input.shape[axis]! + before + after;
    const drawn = work.transposed ? size + before + after : Math.max(size, room);
    if (size < 1) {
      return work.transposed
        ? { kind: "nothingLeft", axis }
        : { kind: "impossible", axis, window: work.window[axis]!, room };
    }
    if (drawn > MOST_DRAWN) return { kind: "tooLarge", axis, size: drawn };
    cells *= drawn;
  }
  return cells > MOST_CELLS_DRAWN ? { kind: "tooMany", cells } : null;
}

/** All products that meet in a cell of the output, or that a cell of the input goes into, kernel cell by kernel cell. */
export function termsOf(work: Work, side: Side, cell: readonly number[]): Term[] {
  const along = cell.map((place, axis) => meetings(work, side, place, axis));
  const terms: Term[] = [];
  const pick = (axis: number, met: Meeting[]): void => {
    if (axis < cell.length) along[axis]!.forEach((meeting) => pick(axis + 1, [...met, meeting]));
    else terms.push(termOf(work, met));
  };
  pick(0, []);
  return terms.sort((a, b) => flatIndex(work.kernel.shape, a.laid) - flatIndex(work.kernel.shape, b.laid));
}

/** Where input, kernel and output meet along one axis. */
interface Meeting {
  input: number;
  source: number;
  tap: number;
  output: number;
}

function meetings(work: Work, side: Side, place: number, axis: number): Meeting[] {
  const { stride, dilation, border } = work.setup;
  const [step, spacing, before] = [stride[axis]!, dilation[axis]!, work.pads[axis]![0]];
  const [size, last] = [work.input.shape[axis]!, work.outputShape[axis]!];
  const found: Meeting[] = [];
  for (let tap = 0; tap < work.kernel.shape[axis]!; tap += 1) {
    const reach = spacing * tap - before;
    if (work.transposed) {
      const inputs = side === "input" ? [place] : [(place - reach) / step];
      for (const input of inputs) {
        if (!Number.isInteger(input) || input < 0 || input >= size) continue;
        found.push({ input, source: input, tap, output: step * input + reach });
      }
    } else if (side === "output") {
      const input = step * place + reach;
      found.push({ input, source: sourceIndex(input, size, border), tap, output: place });
    } else {
      for (let output = 0; output < last; output += 1) {
        const input = step * output + reach;
        if (sourceIndex(input, size, border) === place) found.push({ input, source: place, tap, output });
      }
    }
  }
  return found;
}

function termOf(work: Work, met: readonly Meeting[]): Term {
  const shape = work.kernel.shape;
  const laid = met.map(({ tap }) => tap);
  const tap = work.flip ? laid.map((place, axis) => shape[axis]! - 1 - place) : laid;
  const sources = met.map(({ source }) => source);
  const source = sources.includes(-1) ? null : sources;
  const value = source ? work.input.data[flatIndex(work.input.shape, source)]! : borderValue(work.setup);
  const weight = work.kernel.data[flatIndex(shape, tap)]!;
  return {
    input: met.map(({ input }) => input),
    source,
    tap,
    laid,
    output: met.map(({ output }) => output),
    value,
    weight,
    product: value * weight,
  };
}

/** The shape that the player steps through. */
export const steppedShape = (work: Work, side: Side): readonly number[] =>
  side === "input" ? work.input.shape : work.outputShape;

export const stepOf = (work: Work, side: Side, cell: readonly number[]): number => flatIndex(steppedShape(work, side), cell);

export const cellAt = (work: Work, side: Side, step: number): number[] => unflatten(steppedShape(work, side), step);

export const stepCount = (work: Work, side: Side): number => (work.problem ? 0 : product(steppedShape(work, side)));

/** The cell that is asked for, or the nearest that there is; the first where none is said. */
export function chosenCell(work: Work, side: Side, cell: readonly number[] | null): number[] | null {
  if (work.problem) return null;
  return steppedShape(work, side).map((size, i) => Math.min(cell?.[i] ?? 0, size - 1));
}

/** The kernel as it lies on the window. */
export function laidKernel(work: Work): Tensor {
  return work.flip ? { shape: work.kernel.shape, data: work.kernel.data.slice().reverse() } : work.kernel;
}
