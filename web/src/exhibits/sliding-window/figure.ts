/** The exhibit as a drawing for files: input, kernel and output with the chosen window, the sum, and the size. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { plain, transposedSize, windowSize } from "../../parts/formula.ts";
import { extent, gapOf, typeSize, type Box, type CellView } from "../../parts/grid.ts";
import type { Lit } from "../../parts/lit.ts";
import { number, summed, times } from "../../parts/numbers.ts";
import { flatIndex } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import {
  hasBorder, inputBox, inputView, kernelView, lightOf, outputBox, outputView, scalesOf, type Selection,
} from "./scene.ts";
import { sizeNumbers } from "./sizes.ts";
import { laidKernel, type Work } from "./work.ts";

const words = texts.slidingWindow;
const [LEFT, TOP, GAP, HEAD] = [34, 26, 60, 30];
const FIRST_INDEXED = 24; // pixels of the smallest cells with the numbers of rows and columns beside them, as on the screen
const LONGEST_SUM = 110; // characters

export function figureOf(work: Work, selection: Selection, options: { dark: boolean; upTo: number | null }): string {
  const sheet = new Sheet(options.dark ? DARK : LIGHT);
  const { palette } = sheet;
  const title = `${words.operations[work.setup.operation]}, ${words.stride.toLowerCase()} ${times(work.setup.stride)}`;
  if (work.problem) {
    sheet.text(LEFT, TOP, title, { size: 16, weight: 600 });
    return sheet.finish(title);
  }
  const boxes = { input: inputBox(work), kernel: { shape: [...work.kernel.shape], first: work.kernel.shape.map(() => 0) }, output: outputBox(work) };
  const widest = Math.max(...[boxes.input, boxes.output].map(({ shape }) => Math.max(...shape)));
  const cell = Math.max(8, Math.min(42, Math.floor(620 / widest)));
  const kernelCell = Math.max(cell, Math.min(42, Math.floor(260 / Math.max(...work.kernel.shape))));
  const scales = scalesOf(work, options.dark);
  const light = lightOf(work, scales, cell, selection);
  const laid = { ...work, kernel: laidKernel(work) };

  sheet.text(LEFT, TOP, title, { size: 16, weight: 600 });
  const heights = [heightOf(boxes.input, cell), heightOf(boxes.kernel, kernelCell), heightOf(boxes.output, cell)];
  const middle = TOP + 52 + Math.max(...heights) / 2;
  let x = LEFT;
  const panel = (
    name: string, box: Box, size: number, view: (at: readonly number[]) => CellView, lit: readonly Lit[],
    frame: { from: number[]; to: number[] } | null, current: readonly number[] | null,
  ): void => {
    const y = middle - heightOf(box, size) / 2;
    sheet.text(x, y - (size < FIRST_INDEXED ? 16 : 28), name, { size: 13, colour: palette.soft });
    x = drawn(sheet, x, y, box, size, view, lit, frame, current);
  };
  const between = (sign: string): void => {
    sheet.sign(x + GAP / 2 - 6, middle, sign);
    x += GAP;
  };

  const border = hasBorder(work) ? `, ${words.border.toLowerCase()} ${work.setup.border}` : "";
  panel(`${words.input} ${times(work.input.shape)}${border}`, boxes.input, cell, (at) => inputView(work, scales, cell, at), light.input,
    light.inputFrame, selection.side === "input" ? selection.cell : null);
  between(work.transposed ? "∗ᵀ" : work.flip ? "∗" : "⋆");
  panel(work.flip ? `${words.kernel}, ${words.turned}` : `${words.kernel} ${times(work.kernel.shape)}`, boxes.kernel, kernelCell,
    (at) => kernelView(laid, scales, kernelCell, at), [], null, null);
  between("=");
  panel(`${words.output} ${times(work.outputShape)}`, boxes.output, cell, (at) => outputView(work, scales, cell, at, options.upTo), light.output,
    light.outputFrame, selection.side === "output" ? selection.cell : null);

  const below = middle + Math.max(...heights) / 2 + HEAD;
  sheet.text(LEFT, below, sumText(work, selection, light.terms.map((term) => term.product)), { size: 14, weight: 500 });
  const sizes = sizeNumbers(work).map((size) => plain(work.transposed ? transposedSize(size) : windowSize(size)));
  const names = texts.axisTitle(work.setup.dims as 1 | 2 | 3);
  const same = new Set(sizes).size === 1;
  (same ? sizes.slice(0, 1) : sizes).forEach((size, axis) => {
    const name = same ? words.size : names[axis]!;
    sheet.text(LEFT, below + 24 * (axis + 1), `${name}: ${size}`, { size: 13, colour: palette.soft });
  });
  return sheet.finish(title);
}

function sumText(work: Work, { side, cell }: Selection, products: readonly number[]): string {
  if (side === "input") {
    return words.spreadTitle(cell, number(work.input.data[flatIndex(work.input.shape, cell)]!));
  }
  const value = number(work.output!.data[flatIndex(work.outputShape, cell)]!);
  const sum = summed(products);
  return `${words.output.toLowerCase()} ${texts.place(cell)} = ${sum && sum.length <= LONGEST_SUM ? `${sum} = ` : ""}${value}`;
}

const SLICE = 22; // between slices, and for what is written above them

function heightOf({ shape }: Box, cell: number): number {
  const rows = shape.length > 1 ? extent(shape.at(-2)!, cell) : cell;
  return shape.length === 3 ? shape[0]! * (rows + SLICE) - SLICE : rows;
}

/** Draws an array, the slices of a volume below each other, and returns where it ends. */
function drawn(
  sheet: Sheet, x: number, y: number, { shape, first }: Box, cell: number, view: (at: readonly number[]) => CellView,
  lit: readonly Lit[], frame: { from: number[]; to: number[] } | null, current: readonly number[] | null,
): number {
  const dims = shape.length;
  const [rows, columns] = [dims > 1 ? shape.at(-2)! : 1, shape.at(-1)!];
  const pitch = cell + gapOf(cell);
  const tall = extent(rows, cell) + SLICE;
  const place = (at: readonly number[]): [number, number] => [
    x + (at.at(-1)! - first.at(-1)!) * pitch,
    y + (dims > 1 ? (at.at(-2)! - first.at(-2)!) * pitch : 0) + (dims === 3 ? (at[0]! - first[0]!) * tall : 0),
  ];
  const marks = new Map(lit.filter((mark) => !mark.soft).map((mark) => [mark.at.join(), mark]));
  for (let index = 0; index < shape.reduce((all, size) => all * size, 1); index += 1) {
    const column = index % columns;
    const row = Math.floor(index / columns) % rows;
    const rest = [Math.floor(index / columns / rows), row, column].slice(3 - dims);
    const at = rest.map((n, axis) => n + first[axis]!);
    const seen = view(at);
    const mark = marks.get(at.join());
    const text = mark?.text ?? seen.text;
    sheet.cell(...place(at), cell, mark?.colour ?? seen.colour, text, typeSize(text, cell), seen.kind === "border" || seen.kind === "cut",
      mark?.above);
  }
  const indices = { size: 11, colour: sheet.palette.soft };
  for (let slice = 0; cell >= FIRST_INDEXED && slice < (dims === 3 ? shape[0]! : 1); slice += 1) {
    const top = y + slice * tall;
    for (let column = 0; column < columns; column += 1) {
      sheet.text(x + column * pitch + cell / 2, top - 10, number(column + first.at(-1)!), { ...indices, anchor: "middle" });
    }
    for (let row = 0; dims > 1 && row < rows; row += 1) {
      sheet.text(x - 7, top + row * pitch + cell / 2, number(row + first.at(-2)!), { ...indices, anchor: "end" });
    }
  }
  for (const { at } of lit.filter((mark) => mark.soft)) sheet.frame(...place(at), cell, cell, 2);
  if (current) sheet.frame(...place(current), cell, cell, 3);
  if (frame) {
    for (let depth = dims === 3 ? frame.from[0]! : 0; depth <= (dims === 3 ? frame.to[0]! : 0); depth += 1) {
      const corner = dims === 3 ? [depth, ...frame.from.slice(1)] : frame.from;
      const [left, top] = place(corner);
      const wide = extent(frame.to.at(-1)! - frame.from.at(-1)! + 1, cell);
      const high = dims > 1 ? extent(frame.to.at(-2)! - frame.from.at(-2)! + 1, cell) : cell;
      sheet.frame(left - 2, top - 2, wide + 4, high + 4);
    }
  }
  return x + extent(columns, cell);
}
