/** What the windows show: sizes, the output, and for each cell of it those that it is made of. */

import { toTensor } from "../../model/numbers.ts";
import { asNumber } from "../../model/state.ts";
import type { Box } from "../../parts/grid.ts";
import { spans } from "../../tensor/geometry.ts";
import { resolvePadding } from "../../tensor/padding.ts";
import { poolSpec, type PoolOptions, type PoolSpec } from "../../tensor/pool-geometry.ts";
import { poolWindow } from "../../tensor/pool-window.ts";
import { adaptivePool, averagePool, globalPool, lpPool, maxPool, regions, type Region } from "../../tensor/pool.ts";
import { flatIndex, product, reshape, unflatten, type Tensor } from "../../tensor/tensor.ts";
import { windowsOver } from "../../tensor/window.ts";
import type { PoolingState } from "./state.ts";

const SETUP = [
  "dims", "input", "kind", "p", "windows", "window", "stride", "dilation", "padding", "ceil_mode", "border",
  "border_value", "count_include_pad", "output_size",
] as const;

/** What of the state decides the output. */
export type Setup = Pick<PoolingState, (typeof SETUP)[number]>;

export const MOST_DRAWN = 160; // cells a side of what is drawn, padding included
export const MOST_CELLS_DRAWN = 10_000; // of one array: with more the browser stands still

/** Why no output can be had, along which axis. */
export type Problem =
  | { kind: "tooLarge"; axis: number; window: number; room: number }
  | { kind: "outside"; axis: number }
  | { kind: "tooMany"; cells: number };

/** A cell of a window. */
export interface Member {
  /** Coordinates along the input, outside it in the padding. */
  position: readonly number[];
  outside: boolean;
  /** Its number; null where nothing takes part. */
  value: number | null;
}

export interface Work {
  setup: Setup;
  input: Tensor;
  /** The windows that slide, or the one of the whole image; null where regions are adapted. */
  spec: PoolSpec | null;
  /** Of adaptive pooling, along each axis. */
  grid: Region[][] | null;
  outputShape: readonly number[];
  /** The input with all that windows reach. */
  box: Box;
  /** Null where there is a problem. */
  output: Tensor | null;
  problem: Problem | null;
}

/** What decides the output: the same object as `before` as long as nothing of it has changed. */
export function setupOf(state: PoolingState, before: Setup | null): Setup {
  if (before && SETUP.every((name) => before[name] === state[name])) return before;
  return Object.fromEntries(SETUP.map((name) => [name, state[name]])) as unknown as Setup;
}

export function workOut(setup: Setup): Work {
  const input = toTensor(setup.input);
  const box = { shape: [...input.shape], first: input.shape.map(() => 0) };
  const nothing = { setup, input, spec: null, grid: null, outputShape: input.shape.map(() => 0), box, output: null, problem: null };
  const x = planeOf(input);
  if (setup.windows === "adaptive") {
    const output = adaptivePool(x, setup.output_size, setup.kind === "average" ? "average" : "max", setup.dims).values;
    const grid = input.shape.map((cells, axis) => regions(cells, setup.output_size[axis]!));
    return { ...nothing, grid, outputShape: setup.output_size, output: reshape(output, setup.output_size) };
  }
  let spec: PoolSpec;
  try {
    spec = poolSpec(x.shape, ...windowsOf(setup));
  } catch {
    return { ...nothing, problem: problemOf(setup) };
  }
  const drawn = boxOf(spec);
  const cells = Math.max(product(drawn.shape), product(spec.outputSize));
  if (cells > MOST_CELLS_DRAWN || [...drawn.shape, ...spec.outputSize].some((side) => side > MOST_DRAWN)) {
    return { ...nothing, problem: { kind: "tooMany", cells } };
  }
  return { ...nothing, spec, outputShape: spec.outputSize, box: drawn, output: reshape(pooled(setup, x), spec.outputSize) };
}

const planeOf = (input: Tensor): Tensor => reshape(input, [1, ...input.shape]);

export const power = ({ p }: Pick<Setup, "p">): number => asNumber(p, 2);

/** The window and its options; that of global pooling is the whole input. */
function windowsOf(setup: Setup): readonly [number[], PoolOptions] {
  if (setup.windows === "global") return [setup.input.shape, {}];
  const { window, stride, padding, dilation, ceil_mode, border } = setup;
  const outside = border === "none" ? null : border === "constant" ? asNumber(setup.border_value, 0) : border;
  return [window, { stride, padding, dilation, ceilMode: ceil_mode, border: outside }];
}

function pooled(setup: Setup, x: Tensor): Tensor {
  if (setup.windows === "global") return globalPool(x, setup.kind, setup.dims, power(setup));
  const [window, options] = windowsOf(setup);
  if (setup.kind === "max") return maxPool(x, window, options).values;
  if (setup.kind === "lp") return lpPool(x, window, power(setup), options);
  return averagePool(x, window, { ...options, countPads: setup.count_include_pad || setup.border !== "none" });
}

/** Along which axis windows do not fit: they are too large, or one lies wholly outside. */
function problemOf({ input, window, dilation, stride, padding, ceil_mode }: Setup): Problem {
  const size = input.shape;
  const span = spans(window, dilation);
  const pads = resolvePadding(padding, size, span, stride ?? window);
  const room = size.map((cells, i) => cells + pads[i]![0] + pads[i]![1]);
  const large = size.findIndex((_, i) => span[i]! > room[i]!);
  if (large >= 0) return { kind: "tooLarge", axis: large, window: span[large]!, room: room[large]! };
  const fits = (i: number): boolean => {
    const options = { stride: [(stride ?? window)[i]!], padding: [pads[i]!], dilation: [dilation[i]!], ceilMode: ceil_mode };
    try {
      return poolSpec([1, size[i]!], [window[i]!], options).dims === 1;
    } catch {
      return false;
    }
  };
  return { kind: "outside", axis: Math.max(0, size.findIndex((_, i) => !fits(i))) };
}

/** The input, its pads, and what a last window reaches behind them. */
function boxOf(spec: PoolSpec): Box {
  const shape = spec.paddedSize.map((padded, axis) => {
    const reach = (spec.outputSize[axis]! - 1) * spec.stride[axis]! + spec.windowSize[axis]!;
    return Math.max(padded, reach);
  });
  return { shape, first: spec.pads.map(([before]) => (before ? -before : 0)) };
}

/** Whether pads that take no part otherwise are zeros in the mean, and this is one. */
export function countsAsZero({ setup, spec }: Work, at: readonly number[]): boolean {
  if (!spec || spec.border || setup.kind !== "average" || !setup.count_include_pad) return false;
  return at.every((place, axis) => place < spec.inputSize[axis]! + spec.pads[axis]![1]);
}

/** The cells of a window, row by row. */
export function membersOf(work: Work, cell: readonly number[]): Member[] {
  const { input, spec, grid } = work;
  if (spec) {
    return poolWindow(spec, planeOf(input), cell).members.map(({ position, border, value }) => ({
      position, outside: border, value: value === null && countsAsZero(work, position) ? 0 : value,
    }));
  }
  const own = grid!.map((along, axis) => along[cell[axis]!]!);
  const lengths = own.map(({ start, stop }) => stop - start);
  return Array.from({ length: product(lengths) }, (_, flat) => {
    const position = unflatten(lengths, flat).map((offset, axis) => own[axis]!.start + offset);
    return { position, outside: false, value: input.data[flatIndex(input.shape, position)]! };
  });
}

/** Which of the members wins: the first of the largest, or of the largest in magnitude; −1 where none does. */
export function winnerOf({ setup }: Work, members: readonly Member[]): number {
  if (setup.kind === "average" || (setup.kind === "lp" && power(setup) !== Infinity)) return -1;
  const sized = ({ value }: Member) => (setup.kind === "lp" ? Math.abs(value!) : value!);
  return members.reduce((best, member, i) => {
    if (member.value === null) return best;
    const beaten = best < 0 || sized(member) > sized(members[best]!);
    return beaten || (Number.isNaN(member.value) && !Number.isNaN(members[best]!.value!)) ? i : best;
  }, -1);
}

/** The output cells whose windows a cell of the input is in. */
export function windowsWith({ spec, grid }: Work, at: readonly number[]): number[][] {
  if (spec) return windowsOver(spec, at).map(({ cell }) => [...cell]);
  const along = at.map((place, axis) =>
    grid![axis]!.flatMap(({ start, stop }, i) => (place >= start && place < stop ? [i] : [])),
  );
  return along.reduce<number[][]>((all, places) => all.flatMap((cell) => places.map((place) => [...cell, place])), [[]]);
}

export const stepCount = (work: Work): number => (work.problem ? 0 : product(work.outputShape));

export const cellAt = (work: Work, step: number): number[] => unflatten(work.outputShape, step);

/** The cell that is asked for, or the nearest that there is; the first where none is said. */
export const chosenCell = (work: Work, cell: readonly number[] | null): number[] | null =>
  work.problem ? null : work.outputShape.map((size, axis) => Math.min(cell?.[axis] ?? 0, size - 1));

export const outputAt = (work: Work, cell: readonly number[]): number => work.output!.data[flatIndex(work.outputShape, cell)]!;
