/** What the exhibit shows: the picture with each border, what the kernel makes of it, and which cell stands where. */

import { borderNames, type BorderName } from "../../generated/states.ts";
import { asNumber } from "../../model/state.ts";
import { sourceIndex } from "../../tensor/borders.ts";
import { conv } from "../../tensor/convolve.ts";
import { flatIndex, inside, product, reshape, unflatten, type Tensor } from "../../tensor/tensor.ts";
import type { Box } from "../../parts/grid.ts";
import { toTensor } from "../../model/numbers.ts";
import type { BordersState, Side } from "./state.ts";

/** The borders, and the picture without one. */
export const MODES = [...borderNames, "none"] as const;
export type Mode = BorderName | "none";

export interface Panel {
  mode: Mode;
  padded: Box;
  /** Its cells are counted by the picture's cell that their window has its middle on. */
  output: Box;
  /** What the kernel makes of it; null where it does not fit. */
  result: Tensor | null;
}

export interface Work {
  input: Tensor;
  kernel: Tensor;
  pad: readonly number[];
  value: number;
  /** Cells of the window before its middle. */
  before: number[];
  panels: Panel[];
}

export function workOut({ input: picture, kernel: weights, pad, border_value }: BordersState): Work {
  const [input, kernel] = [toTensor(picture), toTensor(weights)];
  const value = asNumber(border_value, 0);
  const before = kernel.shape.map((taps) => Math.floor((taps - 1) / 2));
  const panels = MODES.map((mode): Panel => {
    const pads = mode === "none" ? pad.map(() => 0) : pad;
    const first = pads.map((cells) => (cells ? -cells : 0));
    const padded = { shape: input.shape.map((size, axis) => size + 2 * pads[axis]!), first };
    const shape = padded.shape.map((size, axis) => size - kernel.shape[axis]! + 1);
    const output = { shape, first: first.map((place, axis) => place + before[axis]!) };
    if (shape.some((size) => size < 1)) return { mode, padded, output, result: null };
    const border = mode === "none" ? "constant" : mode;
    const result = conv(reshape(input, [1, ...input.shape]), reshape(kernel, [1, 1, ...kernel.shape]), null, {
      padding: pads.map((cells): [number, number] => [cells, cells]),
      border: { mode: border, value: border === "constant" ? value : 0 },
    });
    return { mode, padded, output, result: reshape(result, shape) };
  });
  return { input, kernel, pad, value, before, panels };
}

/** Whether a box has such a cell. */
export const within = (at: readonly number[], { shape, first }: Box): boolean =>
  inside(at.map((place, axis) => place - first[axis]!), shape);

/** The picture's cell that stands at a place, or null where none does: the number outside, or nothing at all. */
export function sourceOf(work: Work, mode: Mode, at: readonly number[]): number[] | null {
  const source = at.map((place, axis) => sourceIndex(place, work.input.shape[axis]!, mode === "none" ? "constant" : mode));
  return source.includes(-1) ? null : source;
}

/** The number that stands at a place. */
export function numberAt(work: Work, mode: Mode, at: readonly number[]): number {
  const source = sourceOf(work, mode, at);
  return source ? work.input.data[flatIndex(work.input.shape, source)]! : work.value;
}

/** The number in the output whose window has its middle at a place; null where there is none. */
export function outputAt({ output, result }: Panel, at: readonly number[]): number | null {
  if (!result || !within(at, output)) return null;
  return result.data[flatIndex(output.shape, at.map((place, axis) => place - output.first[axis]!))]!;
}

/** The window with its middle at a place; both ends belong to it. */
export function windowOf(work: Work, at: readonly number[]): { from: number[]; to: number[] } {
  const from = at.map((place, axis) => place - work.before[axis]!);
  return { from, to: from.map((place, axis) => place + work.kernel.shape[axis]! - 1) };
}

/** Whether the window with its middle there has cells outside the picture. */
export function reachesOut(work: Work, at: readonly number[]): boolean {
  const { from, to } = windowOf(work, at);
  return !inside(from, work.input.shape) || !inside(to, work.input.shape);
}

/** Places to go through, one after the other: of the output all, of the padded picture those outside it. */
export function placesOf({ input, panels }: Work, side: Side): number[][] {
  const { shape, first } = panels[0]![side];
  if (shape.some((size) => size < 1)) return [];
  const all = Array.from({ length: product(shape) }, (_, flat) => unflatten(shape, flat).map((n, axis) => n + first[axis]!));
  return side === "output" ? all : all.filter((at) => !inside(at, input.shape));
}

/** The products that add up to a cell of the output. */
export function productsAt(work: Work, mode: Mode, at: readonly number[]): number[] {
  const { from } = windowOf(work, at);
  return Array.from(work.kernel.data, (weight, tap) => {
    const offset = unflatten(work.kernel.shape, tap);
    return weight * numberAt(work, mode, from.map((place, axis) => place + offset[axis]!));
  });
}

/** After how many cells of an axis a border repeats itself; null where it never changes. */
export function periodOf(mode: Mode, size: number): number | null {
  if (mode === "wrap") return size;
  if (mode === "symmetric") return 2 * size;
  return mode === "reflect" ? Math.max(2 * size - 2, 1) : null;
}
