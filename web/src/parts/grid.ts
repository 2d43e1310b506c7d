/** What a grid draws: cells, and marks that lie over some of them. */

import type { Colour } from "./colours.ts";
import type { Lit } from "./lit.ts";
import { bracketed, MINUS, number, shortNumber } from "./numbers.ts";

/** A place in a grid by its coordinates, which are negative in a border before the array. */
export type Place = readonly [row: number, column: number];

export interface CellView {
  text: string;
  colour: Colour;
  /** `border` lies outside the array, `cut` is not part of the result, `covered` is not to be seen yet. */
  kind: "cell" | "border" | "cut" | "covered";
  /** What a screen reader says of the cell: a getter where there may be thousands, of which it says one. */
  name: string;
  /** Small print in the cell: which cell a border shows. */
  note?: string;
}

/** A lit cell by its row and column. */
export interface Mark extends Omit<Lit, "at"> {
  row: number;
  column: number;
}

/** A frame around several cells, in coordinates; both ends belong to it. */
export interface Frame {
  from: Place;
  to: Place;
}

/** How many cells a grid draws, and the coordinates of the first. */
export interface Extent {
  top: number;
  left: number;
  rows: number;
  columns: number;
}

/** What draws the cells of a grid is given. */
export interface CellsProps {
  /** The coordinates of rows and columns. */
  rows: readonly number[];
  columns: readonly number[];
  /** Pixels that a cell is wide and high. */
  cell: number;
  view: (row: number, column: number) => CellView;
  canEdit: (place: Place) => boolean;
  /** The one cell that Tab comes to. */
  stop: Place;
  current: Place | null;
  /** A cell that is no element was pressed. */
  onpress: (place: Place) => void;
}

export const gapOf = (cell: number): number => (cell >= 30 ? 3 : cell >= 16 ? 1 : 0);

/** How wide `count` cells are drawn. */
export const extent = (count: number, cell: number): number => count * (cell + gapOf(cell)) - gapOf(cell);

/** How wide cells may be for so many to stand side by side in a width. */
export function cellIn(width: number, columns: number, least: number, most: number): number {
  const room = Math.floor(width / columns);
  return Math.max(least, Math.min(most, room - gapOf(room)));
}

/** How wide cells may be at most: their usual size, and larger on a wide stage, whose rows still fit a screen of its shape. */
export const mostIn = (width: number, rows: number, usual: number): number => cellIn(width, Math.max(17, 2.2 * rows), usual, Infinity);

/** Characters that a cell has room for, at its usual size of type. */
export const roomOf = (cell: number): number => (cell < 20 ? 0 : cell < 26 ? 2 : cell < 34 ? 3 : cell < 42 ? 4 : 5);

const SMALLEST_TYPE = 8;
const ASPECT = 0.63; // of a character: how wide it is
const sizeWithin = (text: string, width: number): number => width / (ASPECT * Math.max(text.length, 1));

/** Whether cells are too small for numbers: their colours alone are drawn, and that a number is negative. */
export const isTiny = (cell: number): boolean => roomOf(cell) === 0;

/** The size of type at which the text fits the cell. */
export const typeSize = (text: string, cell: number): number =>
  Math.max(SMALLEST_TYPE, Math.min(Math.max(16, 0.27 * cell), 3 + 0.3 * cell, sizeWithin(text, cell - 6)));

/** The size of type of the small print in a cell. */
export const noteSize = (cell: number): number => Math.max(9.5, Math.min(20, 0.16 * cell));

/** The number as it fits a cell; its sign alone where it would be cut, and of cells too small for numbers the minus. */
export function cellText(value: number, cell: number): string {
  if (isTiny(cell)) return value < 0 && cell >= 11 ? MINUS : "";
  const most = Math.floor((cell - 1) / (ASPECT * SMALLEST_TYPE));
  const text = shortNumber(value, Math.min(roomOf(cell) + 1, value < 0 ? most - 1 : most), most - 1);
  return text.length <= most ? text : value < 0 ? MINUS : "+";
}

/** The factors of a product as they stand small above it: both, both in short, or the other's alone; undefined where none fits. */
export function factorsIn(own: number, other: number, cell: number): string | undefined {
  const room = Math.floor((cell - 2) / (0.57 * noteSize(cell)));
  const short = shortNumber(other, 5, 6);
  const last = `·${other < 0 ? `(${short})` : short}`;
  const written = [`${number(own, 3)}·${bracketed(other)}`, shortNumber(own, 5, 6) + last, `·${bracketed(other)}`, last];
  return written.find((text) => text.length <= room);
}

/** A box of cells: how many along each dimension, and the coordinates of the first. */
export interface Box {
  shape: number[];
  first: number[];
}

/** Where a key leads from a cell of a grid, which may lie outside of it; null where it leads nowhere. */
export function goalOf(key: string, [row, column]: Place, { top, left, rows, columns }: Extent, control: boolean): Place | null {
  const goals: Record<string, Place> = {
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    Home: [control ? top : row, left],
    End: [control ? top + rows - 1 : row, left + columns - 1],
    PageUp: [row - 5, column],
    PageDown: [row + 5, column],
  };
  return goals[key] ?? null;
}
