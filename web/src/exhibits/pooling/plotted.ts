/** Where the curves of a plot lie, on the screen and in files. */

import { SHIFTS, type Curve } from "./shift-work.ts";

export const TICKS = [-8, -4, 0, 4, 8];

export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Placed {
  top: number;
  bottom: number;
  /** Where a shift lies, counted from the first. */
  x: (shift: number) => number;
  y: (value: number) => number;
  shiftAt: (x: number) => number;
  line: (values: readonly number[]) => string;
  levels: { value: number; y: number }[];
}

/** Where a scale may end, and its steps; maps that are opposites of each other are 2 apart. */
const ENDS: readonly [most: number, step: number][] = [[0.25, 0.05], [0.5, 0.1], [1, 0.25], [2, 0.5]];

export function placedIn({ left, top, width, height }: Frame, curves: readonly Curve[]): Placed {
  const largest = Math.max(0, ...curves.flatMap(({ values }) => values.filter(Number.isFinite)));
  const [most, every] = ENDS.find(([end]) => largest <= end) ?? [2, 0.5];
  const step = width / (SHIFTS.length - 1);
  const x = (shift: number) => left + shift * step;
  const y = (value: number) => top + height * (1 - value / most);
  const levels = Array.from({ length: Math.round(most / every) + 1 }, (_, i) => Number((i * every).toFixed(2))).map((value) => ({ value, y: y(value) }));
  const line = (values: readonly number[]) =>
    values.map((value, i) => (Number.isFinite(value) ? `${i && Number.isFinite(values[i - 1]!) ? "L" : "M"}${x(i)} ${y(value)}` : "")).join("");
  return { top, bottom: top + height, x, y, shiftAt: (at) => (at - left) / step, line, levels };
}

/** A distance as it is written everywhere: two digits tell methods apart. */
export const fixed = (value: number): string => (Number.isNaN(value) ? "nan" : value.toFixed(2));
