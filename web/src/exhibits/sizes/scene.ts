/** How maps are drawn: their sizes on the screen, and where fields and cells lie on them. */

import type { Range } from "../../tensor/receptive.ts";
import { hasGaps, type Runs } from "./cells.ts";
import type { MapOf } from "./work.ts";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const [LARGEST, LEAST, STRIP] = [118, 16, 22];
const MOST_PLATES = 4;
const MOST_PIECES = 1200;
const FINEST = 4.5; // pixels a cell, for lines between the cells

/** A map on the screen. */
export interface Drawn {
  width: number;
  height: number;
  /** Cells along the rows and columns that are seen; a volume is seen from the front. */
  rows: number;
  columns: number;
  /** Edges behind the map that say how many channels there are: more, the more there are. */
  plates: number;
  lines: boolean;
  vector: boolean;
}

export const isVector = ({ shape, size }: Pick<MapOf, "shape" | "size">): boolean => shape.length === 1 && size.every((cells) => cells === 1);

/** Rows and columns of what has one to three dimensions. */
export function flatSize(size: readonly number[]): [rows: number, columns: number] {
  return size.length === 1 ? [1, size[0]!] : [size.at(-2) ?? 1, size.at(-1) ?? 1];
}

/** Maps of a stack, drawn so that the roots of their sides compare. */
export function drawnMap(map: MapOf, largest: number): Drawn {
  const { shape, size } = map;
  const channels = shape[0]!;
  if (isVector(map)) {
    return { width: 12, height: Math.min(LARGEST, 14 + 22 * Math.log10(channels)), rows: 1, columns: 1, plates: 0, lines: false, vector: true };
  }
  const [rows, columns] = flatSize(size);
  const most = Math.max(rows, columns);
  const scale = Math.max(LEAST, LARGEST * Math.sqrt(most / largest)) / most;
  const [width, height] = [Math.max(8, columns * scale), size.length === 1 ? STRIP : Math.max(8, rows * scale)];
  const plates = shape.length === 1 ? 0 : Math.min(MOST_PLATES, Math.round(Math.log2(channels) / 2));
  return { width, height, rows, columns, plates, lines: scale >= FINEST, vector: false };
}

/** The rows and columns of ranges, as a box on a map; what lies in the border sticks out a little. */
export function fieldBox(field: readonly Range[], { width, height, rows, columns, vector }: Pick<Drawn, "width" | "height" | "rows" | "columns" | "vector">, out = 5): Box {
  if (vector || !field.length) return { x: 0, y: 0, width, height };
  const [down, across] = field.length === 1 ? [[0, 0] as Range, field[0]!] : [field.at(-2)!, field.at(-1)!];
  const [x, w] = along(across, width, columns, out);
  const [y, h] = along(down, height, rows, out);
  return { x, y, width: w, height: h };
}

function along([first, last]: Range, length: number, cells: number, out: number): [start: number, extent: number] {
  const scale = length / cells;
  const [from, to] = [Math.max(first * scale, -out), Math.min((last + 1) * scale, length + out)];
  const extent = Math.max(to - from, 3);
  return [Math.max(-out, Math.min(from, length + out - extent)), extent];
}

/** The cell of a map under a point of it. */
export function cellUnder(size: readonly number[], { width, height, rows, columns, vector }: Drawn, x: number, y: number, depth: number): number[] {
  if (vector) return size.map(() => 0);
  const [row, column] = [place(y, height, rows), place(x, width, columns)];
  return size.length === 1 ? [column] : size.length === 2 ? [row, column] : [depth, row, column];
}

const place = (at: number, length: number, cells: number): number => Math.max(0, Math.min(cells - 1, Math.floor((at / length) * cells)));

/** The part of the plane in which the input and what is seen of it lie; `cell` is how large a cell is drawn. */
export interface Plane {
  rows: Range;
  columns: Range;
  cell: number;
  /** Of the input itself. */
  picture: Box;
  /** What is seen of it, and the parts of that where it has gaps. */
  field: Box;
  pieces: Box[];
  width: number;
  height: number;
}

/** Boxes of the cells that are seen of a field with gaps; none where all of it is, or where they would be too many. */
export function pieces(axes: readonly Runs[], boxOf: (field: readonly Range[]) => Box): Box[] {
  const flat = axes.slice(-2);
  if (!hasGaps(flat) || flat.reduce((count, runs) => count * runs.length, 1) > MOST_PIECES) return [];
  return flat.length === 1
    ? flat[0]!.map((run) => boxOf([run]))
    : flat[0]!.flatMap((down) => flat[1]!.map((across) => boxOf([down, across])));
}

const LARGEST_CELL = 26;

/** Lays the input out with as much border around it as is seen, up to half its size. */
export function planeOf(size: readonly number[], field: readonly Range[], runs: readonly Runs[], room: number): Plane {
  const [rows, columns] = flatSize(size);
  const [down, across] = size.length === 1 ? [[0, 0] as Range, field[0]!] : [field.at(-2)!, field.at(-1)!];
  const [top, bottom] = around(rows, down);
  const [left, right] = around(columns, across);
  const [tall, wide] = [bottom - top + 1, right - left + 1];
  const cell = Math.min(LARGEST_CELL, room / Math.max(tall, wide, 1));
  const high = size.length === 1 ? Math.max(cell, STRIP) : cell;
  const boxOf = ([y0, y1]: Range, [x0, x1]: Range): Box => ({
    x: (x0 - left) * cell, y: (y0 - top) * high, width: (x1 - x0 + 1) * cell, height: (y1 - y0 + 1) * high,
  });
  const cut = ([first, last]: Range, [from, to]: Range): Range => [Math.max(first, from), Math.min(last, to)];
  const fieldOf = (down: Range, across: Range) => boxOf(cut(down, [top, bottom]), cut(across, [left, right]));
  return {
    rows: [top, bottom],
    columns: [left, right],
    cell,
    picture: boxOf([0, rows - 1], [0, columns - 1]),
    field: fieldOf(down, across),
    pieces: pieces(runs, (part) => (part.length === 1 ? fieldOf([0, 0], part[0]!) : fieldOf(part[0]!, part[1]!))),
    width: wide * cell,
    height: tall * high,
  };
}

function around(cells: number, [first, last]: Range): Range {
  const most = Math.max(2, Math.ceil(cells / 2));
  return [Math.max(-most, Math.min(0, first)), Math.min(cells - 1 + most, Math.max(cells - 1, last))];
}
