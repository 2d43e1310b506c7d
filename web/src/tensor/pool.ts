/** Pooling: the largest cell, the mean or the p-norm of each window, of the whole image, or of a grid of regions. */

import { eachWindow, outsideValue, positionAt } from "./cells.ts";
import { type PerDimension, perDimension } from "./padding.ts";
import { type PoolOptions, type PoolSpec, poolSpec } from "./pool-geometry.ts";
import { refuse } from "./refusals.ts";
import { type Shape, type Tensor, flatIndex, product, tensor, unflatten } from "./tensor.ts";
import { borderName } from "./borders.ts";

export interface AverageOptions extends PoolOptions {
  /** Without a border, whether pads count as zeros (the default) or not at all. */
  readonly countPads?: boolean;
}

/** Maxima, and where each lies: its flat cell in the plane, −1 for a constant border. */
export interface Maxima {
  readonly values: Tensor;
  readonly indices: Int32Array;
}

/** Takes the largest cell of each window; of equal ones the first. */
export function maxPool(x: Tensor, window: PerDimension, options: PoolOptions = {}): Maxima {
  const spec = poolSpec(x.shape, window, options);
  const indices = new Int32Array(product(spec.outputShape));
  const outside = spec.border && outsideValue(spec);
  const values = pooled(spec, x, (plane, cells, at) => {
    const best = largest(plane, cells, outside);
    indices[at] = best;
    return best < 0 ? outside! : plane[best]!;
  });
  return { values, indices };
}

/** Takes the mean of each window's cells, or of those that count. */
export function averagePool(x: Tensor, window: PerDimension, options: AverageOptions = {}): Tensor {
  const { countPads = true, ...rest } = options;
  const spec = poolSpec(x.shape, window, rest);
  if (spec.border && !countPads) refuse("uncounted", borderName(spec.border));
  return pooled(spec, x, (plane, cells, _, output) => {
    const sum = cells.reduce((all, cell) => all + (cell < 0 ? outsideValue(spec) : plane[cell]!), 0);
    return sum / countedCells(spec, output, cells, countPads);
  });
}

/** Takes the p-norm of each window; p is at least 1, or infinity. */
export function lpPool(x: Tensor, window: PerDimension, p = 2, options: PoolOptions = {}): Tensor {
  checkPower(p);
  const spec = poolSpec(x.shape, window, options);
  return pooled(spec, x, (plane, cells) =>
    norm(Float64Array.from(cells, (cell) => (cell < 0 ? outsideValue(spec) : plane[cell]!)), p),
  );
}

export type GlobalKind = "max" | "average" | "lp";

/** Takes one number for each channel of the whole image; the spatial axes stay, each of length 1. */
export function globalPool(x: Tensor, kind: GlobalKind, dims: number, p = 2): Tensor {
  const window = x.shape.slice(-dims);
  if (kind === "max") return maxPool(x, window).values;
  return kind === "lp" ? lpPool(x, window, p) : averagePool(x, window);
}

/** A region of adaptive pooling along one axis: its cells from `start` up to, but without, `stop`. */
export interface Region {
  readonly start: number;
  readonly stop: number;
}

/** Divides an axis into regions that may differ by a cell and share cells: ⌊i n / m⌋ ≤ cell < ⌈(i + 1) n / m⌉. */
export function regions(cells: number, count: number): Region[] {
  return Array.from({ length: count }, (_, i) => ({
    start: Math.floor((i * cells) / count),
    stop: Math.ceil(((i + 1) * cells) / count),
  }));
}

/** Divides the image into a grid of regions, and takes the mean or the largest cell of each. */
export function adaptivePool(x: Tensor, outputSize: PerDimension, kind: "max" | "average", dims: number): Maxima {
  const size = x.shape.slice(-dims);
  const counts = perDimension(outputSize, dims, "output size");
  const grid = size.map((cells, axis) => regions(cells, counts[axis]!));
  const planes = product(x.shape.slice(0, -dims));
  const values = tensor([...x.shape.slice(0, -dims), ...counts]);
  const indices = new Int32Array(values.data.length);
  for (let at = 0; at < values.data.length; at++) {
    const outputs = values.data.length / planes;
    const region = unflatten(counts, at % outputs).map((i, axis) => grid[axis]![i]!);
    const start = Math.floor(at / outputs) * product(size);
    const plane = x.data.subarray(start, start + product(size));
    const cells = cellsOf(region, size);
    const best = largest(plane, cells, null);
    indices[at] = best;
    values.data[at] = kind === "max" ? plane[best]! : cells.reduce((all, cell) => all + plane[cell]!, 0) / cells.length;
  }
  return { values, indices };
}

/** How many cells of a window the mean is taken of. */
export function countedCells(spec: PoolSpec, output: number, cells: Int32Array, countPads: boolean): number {
  if (spec.border) return cells.length;
  if (!countPads) return cells.reduce((all, cell) => all + (cell < 0 ? 0 : 1), 0);
  // Cells that only ceilMode reaches, behind the pads, never count.
  const counts = unflatten(spec.outputSize, output).map((o, axis) => {
    const end = spec.inputSize[axis]! + spec.pads[axis]![1];
    const positions = Array.from({ length: spec.kernelSize[axis]! }, (_, t) => positionAt(spec, axis, o, t));
    return positions.filter((position) => position < end).length;
  });
  return product(counts);
}

type Joined = (plane: Float64Array, cells: Int32Array, at: number, output: number) => number;

function pooled(spec: PoolSpec, x: Tensor, joined: Joined): Tensor {
  const result = tensor(spec.outputShape);
  const [inCells, outCells] = [product(spec.inputSize), product(spec.outputSize)];
  const planes = Array.from({ length: spec.batch * spec.inChannels }, (_, i) => x.data.subarray(i * inCells, (i + 1) * inCells));
  eachWindow(spec, (output, cells) => {
    for (let i = 0; i < planes.length; i++) {
      const at = i * outCells + output;
      result.data[at] = joined(planes[i]!, cells, at, output);
    }
  });
  return result;
}

/** The first of the largest cells, NaN above all; `outside` is what stands for −1, null for nothing. */
function largest(plane: Float64Array, cells: Int32Array, outside: number | null): number {
  let best = -1;
  let most = 0;
  let found = false;
  for (const cell of cells) {
    if (cell < 0 && outside === null) continue;
    const value = cell < 0 ? outside! : plane[cell]!;
    if (Number.isNaN(value)) return cell;
    if (found && value <= most) continue;
    best = cell;
    most = value;
    found = true;
  }
  return best;
}

/** The p-norm; scaled by the largest magnitude, so that powers neither overflow nor vanish. */
function norm(values: Float64Array, p: number): number {
  const most = values.reduce((all, value) => Math.max(all, Math.abs(value)), 0);
  if (p === Number.POSITIVE_INFINITY || most === 0 || !Number.isFinite(most)) return most;
  return most * values.reduce((all, value) => all + Math.abs(value / most) ** p, 0) ** (1 / p);
}

function checkPower(p: number): void {
  if (typeof p !== "number" || !(p >= 1)) refuse("power", p);
}

function cellsOf(region: readonly Region[], size: Shape): Int32Array {
  const lengths = region.map(({ start, stop }) => stop - start);
  return Int32Array.from({ length: product(lengths) }, (_, i) =>
    flatIndex(size, unflatten(lengths, i).map((offset, axis) => region[axis]!.start + offset)),
  );
}
