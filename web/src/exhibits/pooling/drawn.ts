/** A grid on a drawing for files. */

import type { Sheet } from "../../export/svg.ts";
import { extent, gapOf, typeSize, type Box, type CellView } from "../../parts/grid.ts";
import type { Lit } from "../../parts/lit.ts";
import { product, unflatten } from "../../tensor/tensor.ts";

interface Over {
  lit?: readonly Lit[];
  frame?: { from: readonly number[]; to: readonly number[] } | null;
  current?: readonly number[] | null;
}

export const heightOf = ({ shape }: { shape: readonly number[] }, cell: number): number => (shape.length > 1 ? extent(shape[0]!, cell) : cell);

/** Draws a row or a matrix, and returns where it ends on the right. */
export function drawGrid(
  sheet: Sheet, left: number, top: number, { shape, first }: Box, cell: number, view: (at: readonly number[]) => CellView,
  { lit = [], frame = null, current = null }: Over = {},
): number {
  const pitch = cell + gapOf(cell);
  const place = (at: readonly number[]): [number, number] => [
    left + (at.at(-1)! - first.at(-1)!) * pitch,
    top + (at.length > 1 ? (at[0]! - first[0]!) * pitch : 0),
  ];
  const marks = new Map(lit.filter((mark) => !mark.soft).map((mark) => [mark.at.join(), mark]));
  for (let flat = 0; flat < product(shape); flat += 1) {
    const at = unflatten(shape, flat).map((n, axis) => n + first[axis]!);
    const seen = view(at);
    const mark = marks.get(at.join());
    const text = mark?.text ?? seen.text;
    sheet.cell(...place(at), cell, mark?.colour ?? seen.colour, text, typeSize(text, cell), seen.kind === "border");
  }
  for (const { at } of lit.filter((mark) => mark.soft)) sheet.frame(...place(at), cell, cell, 2.5);
  if (current) sheet.frame(...place(current), cell, cell, 3);
  if (frame) {
    const [x, y] = place(frame.from);
    const spans = frame.to.map((n, axis) => extent(n - frame.from[axis]! + 1, cell));
    sheet.frame(x - 2, y - 2, spans.at(-1)! + 4, (spans.length > 1 ? spans[0]! : cell) + 4);
  }
  return left + extent(shape.at(-1)!, cell);
}

/** The plain box of an array. */
export const boxAround = (shape: readonly number[]): Box => ({ shape: [...shape], first: shape.map(() => 0) });

