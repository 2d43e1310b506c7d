/** A kernel over a photograph: RGBA in, RGBA out, fast enough to follow the hand that edits the kernel. */

import type { BorderLike } from "./borders.ts";
import { asProduct, reachAround } from "./kernels.ts";
import { AS_IT_IS, MAGNITUDE } from "./lanes.ts";
import { type Channels, MOST_WEIGHTS, type Photograph, type Planes, layOut, serves } from "./photo-planes.ts";
import { refuse } from "./refusals.ts";
import { type Tensor, reshape, turned } from "./tensor.ts";

/**
 * How sums become pixels. "clip": the sum itself, held within 0 and 255. "signed": zero is the middle grey 128, and the
 * strongest response possible just reaches the end of the scale. "absolute": the sum without its sign.
 */
export type Response = "clip" | "signed" | "absolute";

export interface PhotoOptions {
  readonly channels?: Channels;
  readonly border?: BorderLike;
  readonly response?: Response;
  /** Of a signed response: how many times as far from grey it is shown; 1 by default. */
  readonly gain?: number;
  /** Turn the kernel by 180°, its centre with it. */
  readonly flip?: boolean;
  /** false asks for the loops in TypeScript. */
  readonly fast?: boolean;
}

/** Pixels as a canvas takes them; their buffer is their own and may be transferred. */
export type Pixels = Uint8ClampedArray<ArrayBuffer>;

/** A weight, and how many cells before (negative) or behind the pixel it lies. */
interface Tap {
  readonly row: number;
  readonly column: number;
  readonly weight: number;
}

/** Filters a photograph. For many kernels on one photograph keep what `planesFor` gives, and use `filterPlanes`. */
export function filterPhotograph(photograph: Photograph, kernel: Tensor, options: PhotoOptions = {}): Pixels {
  return filterPlanes(planesFor(null, photograph, kernel, options), kernel, options);
}

/** Lays a photograph out for a kernel, or gives the planes of before where they will do. */
export function planesFor(
  before: Planes | null, photograph: Photograph, kernel: Tensor, options: PhotoOptions = {},
): Planes {
  const wanted = { ...options, reach: Math.max(...reachAround(kernel)[1]!) };
  return before && serves(before, wanted) ? before : layOut(photograph, wanted);
}

/** Lays a kernel over every pixel: r[y, x] = Σ w[i, j] · p[y + i − ⌊rows / 2⌋, x + j − ⌊columns / 2⌋]. */
export function filterPlanes(planes: Planes, kernel: Tensor, options: PhotoOptions = {}): Pixels {
  const { response = "clip", gain, flip = false } = options;
  const { scale, offset } = shading(kernel, response, gain);
  const { sums, factor } = rowSums(planes, kernel, flip);
  return picture(planes, sums, factor * scale, offset, response === "absolute" ? MAGNITUDE : AS_IT_IS);
}

/** What a response of one adds to a level, and the level that stands for zero. */
export function shading(kernel: Tensor, response: Response, gain = 1): { scale: number; offset: number } {
  if (response !== "signed") return { scale: 1, offset: 0 };
  const positive = kernel.data.reduce((all, w) => all + Math.max(w, 0), 0);
  const negative = kernel.data.reduce((all, w) => all - Math.min(w, 0), 0);
  return { scale: (gain * 127) / (255 * (Math.max(positive, negative) || 1)), offset: 128 };
}

/** Writes the sums of one row of a plane to a place. */
export type RowSums = (plane: number, row: number, target: number) => void;

/**
 * Prepares a kernel for rows. The sums that it writes are to be multiplied by `factor`, a power of two that keeps
 * float32 from overflowing.
 */
export function rowSums(planes: Planes, kernel: Tensor, flip: boolean): { sums: RowSums; factor: number } {
  const [rows, columns] = kernel.shape as [number, number];
  if (kernel.data.some((w) => !Number.isFinite(w))) refuse("finiteWeights");
  if (rows * columns > MOST_WEIGHTS) refuse("manyWeights", rows, columns, MOST_WEIGHTS);
  const laid = flip ? reshape(turned(reshape(kernel, [1, 1, rows, columns])), kernel.shape) : kernel;
  const [[above], [before, behind]] = reachAround(kernel, flip) as [[number, number], [number, number]];
  const most = kernel.data.reduce((all, w) => Math.max(all, Math.abs(w)), 0);
  const factor = most ? 2 ** Math.floor(Math.log2(most)) : 1;
  const taps = tapsOf(laid.data, columns, above, before, factor);
  const { lanes, width } = planes;
  const count = rounded(width);
  const parts = asProduct(laid);
  const down = parts ? tapsOf(parts.column, 1, above, 0, factor) : [];
  const across = parts ? tapsOf(parts.row, columns, 0, before, 1) : [];
  if (!parts || down.length + across.length + 2 >= taps.length) {
    const sums: RowSums = (plane, row, target) =>
      lanes.sum(target, count, planes.table, writeTaps(planes, plane, row, taps));
    return { factor, sums };
  }
  const middle = planes.workingRow(0);
  const wide = rounded(width + before + behind);
  const left = down.map((tap) => ({ ...tap, column: -before }));
  const sums: RowSums = (plane, row, target) => {
    lanes.sum(middle, wide, planes.table, writeTaps(planes, plane, row, left));
    const end = writeTable(planes, across, ({ column }) => middle + 4 * (column + before));
    lanes.sum(target, count, planes.table, end);
  };
  return { factor, sums };
}

/** Makes the picture of rows of sums. */
export function picture(planes: Planes, sums: RowSums, scale: number, offset: number, mask: number): Pixels {
  const { lanes, width, height, count, pixels, result } = planes;
  const rows = Array.from({ length: count }, (_, plane) => planes.workingRow(plane + 1));
  const [red, green, blue] = [rows[0]!, rows[1] ?? rows[0]!, rows[2] ?? rows[0]!];
  for (let row = 0; row < height; row++) {
    rows.forEach((target, plane) => sums(plane, row, target));
    const start = 4 * width * row;
    lanes.shade(red, green, blue, pixels + start, result + start, width, scale, offset, mask);
  }
  return new Uint8ClampedArray(lanes.buffer.slice(result, result + 4 * width * height));
}

/** The weights that matter; those below a millionth of a millionth of the largest add nothing to a level. */
function tapsOf(weights: Float64Array, columns: number, above: number, before: number, factor: number): Tap[] {
  const most = weights.reduce((all, w) => Math.max(all, Math.abs(w)), 0);
  const taps: Tap[] = [];
  weights.forEach((weight, i) => {
    if (Math.abs(weight) <= 1e-12 * most) return;
    taps.push({ row: Math.floor(i / columns) - above, column: (i % columns) - before, weight: weight / factor });
  });
  return taps.length ? taps : [{ row: 0, column: 0, weight: 0 }];
}

function writeTaps(planes: Planes, plane: number, row: number, taps: readonly Tap[]): number {
  return writeTable(planes, taps, (tap) => planes.rowAt(plane, row + tap.row) + 4 * tap.column);
}

/** Writes pairs of place and weight, and returns where they end. */
function writeTable({ lanes, table }: Planes, taps: readonly Tap[], placeOf: (tap: Tap) => number): number {
  const integers = new Int32Array(lanes.buffer, table, 2 * taps.length);
  const floats = new Float32Array(lanes.buffer, table, 2 * taps.length);
  taps.forEach((tap, i) => {
    integers[2 * i] = placeOf(tap);
    floats[2 * i + 1] = tap.weight;
  });
  return table + 8 * taps.length;
}

function rounded(count: number): number {
  return Math.ceil(count / 32) * 32;
}
