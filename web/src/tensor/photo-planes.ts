/** A photograph laid out for filtering: its channels as planes of float32, with their border to left and right. */

import { type Border, type BorderLike, parseBorder, sourceIndex } from "./borders.ts";
import { type Lanes, makeLanes } from "./lanes.ts";

/** Pixels row by row, red, green, blue and alpha; an ImageData is one. */
export interface Photograph {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** Each colour by itself, or the luminance alone. */
export type Channels = "each" | "luminance";

export interface PlaneOptions {
  readonly channels?: Channels;
  /** "reflect" by default. */
  readonly border?: BorderLike;
  /** Cells that kernels may reach to the left and right; at least 16 are laid out. */
  readonly reach?: number;
  /** false asks for the loops in TypeScript. */
  readonly fast?: boolean;
}

/** A photograph that kernels can go over. Places are bytes in the buffer of `lanes`. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly border: Border;
  readonly reach: number;
  readonly lanes: Lanes;
  /** 3, or 1 of luminance. */
  readonly count: number;
  /** Where a row's cell 0 is, with the border above and below. */
  rowAt(plane: number, row: number): number;
  /** Where a row of sums may be put; there are `WORKING_ROWS`. */
  workingRow(number: number): number;
  /** Where pairs of place and weight may be put. */
  readonly table: number;
  /** The pixels as they came, and where the new ones are put. */
  readonly pixels: number;
  readonly result: number;
}

export const WORKING_ROWS = 8;
/** Weights that a kernel may have. */
export const MOST_WEIGHTS = 1 << 16;

const LEAST_REACH = 16;
const SLACK = 32; // cells that loops may go too far
/** Recommendation ITU-R BT.709-6, item 3.2. */
export const LUMINANCE = [0.2126, 0.7152, 0.0722] as const;

/** Lays a photograph out. */
export function layOut(photograph: Photograph, options: PlaneOptions = {}): Planes {
  const { width, height, data } = photograph;
  const channels = options.channels ?? "each";
  const border = parseBorder(options.border ?? "reflect");
  const reach = Math.ceil(Math.max(options.reach ?? 0, LEAST_REACH) / 4) * 4;
  const count = channels === "each" ? 3 : 1;
  const stride = 4 * (Math.ceil((width + 2 * reach + SLACK) / 4) * 4);
  const table = 0;
  const working = table + 8 * MOST_WEIGHTS;
  const outside = working + WORKING_ROWS * stride;
  const planes = outside + stride;
  const pixels = planes + count * height * stride + 4 * SLACK;
  const room = 4 * (width * height + SLACK);
  const result = pixels + room;
  const lanes = makeLanes(result + room, options.fast ?? true);
  new Uint8Array(lanes.buffer).set(data.subarray(0, 4 * width * height), pixels);
  const cells = new Float32Array(lanes.buffer);
  cells.fill(border.value, outside >> 2, (outside + stride) >> 2);
  for (let plane = 0; plane < count; plane++) {
    for (let row = 0; row < height; row++) {
      const start = ((planes + (plane * height + row) * stride) >> 2) + reach;
      readRow(photograph, channels, plane, row, cells, start);
      extendRow(cells, start, width, reach, border);
    }
  }
  const rowAt = (plane: number, row: number): number => {
    const source = sourceIndex(row, height, border.mode);
    return (source < 0 ? outside : planes + (plane * height + source) * stride) + 4 * reach;
  };
  const workingRow = (number: number): number => working + number * stride;
  return { width, height, channels, border, reach, lanes, count, rowAt, workingRow, table, pixels, result };
}

/** Whether planes will do for a filter, so that they need not be laid out again. */
export function serves(planes: Planes, options: PlaneOptions): boolean {
  const border = parseBorder(options.border ?? "reflect");
  return (
    planes.channels === (options.channels ?? "each") &&
    planes.border.mode === border.mode &&
    planes.border.value === border.value &&
    planes.reach >= (options.reach ?? 0)
  );
}

function readRow(
  { width, data }: Photograph, channels: Channels, plane: number, row: number, cells: Float32Array, start: number,
): void {
  let from = 4 * width * row;
  if (channels === "each") {
    for (let x = 0; x < width; x++, from += 4) cells[start + x] = data[from + plane]!;
    return;
  }
  const [red, green, blue] = LUMINANCE;
  for (let x = 0; x < width; x++, from += 4) {
    cells[start + x] = Math.round(red * data[from]! + green * data[from + 1]! + blue * data[from + 2]!);
  }
}

function extendRow(cells: Float32Array, start: number, width: number, reach: number, { mode, value }: Border): void {
  for (let away = 1; away <= reach; away++) {
    for (const position of [-away, width - 1 + away]) {
      const source = sourceIndex(position, width, mode);
      cells[start + position] = source < 0 ? value : cells[start + source]!;
    }
  }
}
