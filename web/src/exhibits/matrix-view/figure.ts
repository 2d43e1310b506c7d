/** The exhibit as a drawing for files: input, kernel and output, and below them what the convolution is seen as. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { extent, gapOf, typeSize, type CellView, type Frame, type Mark, type Place } from "../../parts/grid.ts";
import { number } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import { sentence, sumOf } from "./says.ts";
import { columnPanels, inked, inputPicture, kernelPicture, outputPicture, scalesOf, toeplitzPanels, type Panel, type Picture } from "./scene.ts";
import { spectrumPanels } from "./spectrum-scene.ts";
import { spectraOf } from "./spectra.ts";
import type { View } from "./state.ts";
import { stepsOf, tileOf, tileRefusal, tileScales, type Piece } from "./tile.ts";
import { linksOf, MOST_DRAWN, outputOf, type Links, type Selection, type Work } from "./work.ts";

const words = texts.matrixView;
const [LEFT, TOP, TITLE, GAP, BETWEEN] = [24, 26, 20, 18, 48];
const LONGEST_SUM = 130; // characters

interface Plate {
  title: string;
  rows: number;
  columns: number;
  view: (row: number, column: number) => Pick<CellView, "text" | "colour" | "kind">;
  marks?: readonly Mark[];
  frame?: Frame | null;
  current?: Place | null;
  blocks?: readonly [rows: number, columns: number] | null;
}

export function figureOf(work: Work, view: View, selection: Selection | null, { dark, transposed }: { dark: boolean; transposed: boolean }): string {
  const sheet = new Sheet(dark ? DARK : LIGHT);
  const title = `${words.title}: ${words.views[view]}`;
  sheet.text(LEFT, TOP, title, { size: 15, weight: 600 });
  if (!work.made || !selection) return sheet.finish(title);
  const links = linksOf(work, selection);
  const scales = scalesOf(work, dark);
  const output = outputOf(work, selection, links);
  const tile = view === "winograd" && !tileRefusal(work) ? tileOf(work, output) : null;
  const look = { selection, links, transposed, tile };
  const small = 30;
  const input = pictured(transposed ? words.back : words.input, inputPicture(work, scales, small, look));
  const result = pictured(words.output, outputPicture(work, scales, small, look));
  const sliceOf = (slice: number) => words.kernelSlice(Math.floor(slice / work.channels), slice % work.channels, work.kernels, work.channels);
  const kernel = pictured(words.kernel, kernelPicture(work, scales, small, look), sliceOf);
  const sign = transposed ? "∗ᵀ" : work.setup.operation === "convolution" ? "∗" : "⋆";
  const first = transposed ? [...result, sign, ...kernel, "=", ...input] : [...input, sign, ...kernel, "=", ...result];
  let y = line(sheet, TOP + 34, first, small);
  y = drawView(sheet, y + 20, work, view, { selection, links, dark, transposed });
  const sum = sumOf(work, selection, links, transposed);
  const said = sentence(work, selection, links, view, transposed);
  sheet.text(LEFT, y + 24, said, { size: 14, weight: 500 });
  const products = sum && `${sum.factors.join(" ") || "0"} = ${number(sum.result)}`;
  if (products) sheet.text(LEFT, y + 48, products.length <= LONGEST_SUM ? products : `… = ${number(sum.result)}`, { size: 14 });
  return sheet.finish(title);
}

interface Looked {
  selection: Selection;
  links: Links;
  dark: boolean;
  transposed: boolean;
}

/** Draws what the convolution is seen as, and returns where it ends. */
function drawView(sheet: Sheet, y: number, work: Work, view: View, { selection, links, dark, transposed }: Looked): number {
  const { made } = work;
  const scales = scalesOf(work, dark);
  const look = { selection, links, transposed };
  const output = outputOf(work, selection, links);
  if (view === "toeplitz") {
    if (!made!.matrix) return y;
    const cell = cellFor(made!.matrix.shape[transposed ? 0 : 1]!);
    const { above, matrix, beside } = toeplitzPanels(work, scales, cell, look);
    const right = LEFT + extent(matrix.columns, cell) + 18;
    const next = plate(sheet, LEFT, y, named(transposed ? words.above.y : words.above.x, above), cell) + 12;
    plate(sheet, right, next, named(transposed ? words.beside.back : words.beside.y, beside), cell);
    return plate(sheet, LEFT, next, named(transposed ? "Aᵀ" : "A", matrix), cell);
  }
  if (view === "im2col") {
    const [rows, windows] = made!.unfolded.columns.shape as [number, number];
    if (rows * windows > MOST_DRAWN) return y;
    const cell = cellFor(rows + windows);
    const { weights, columns, result } = columnPanels(work, scales, cell, look);
    const right = LEFT + extent(rows, cell) + 20;
    const next = plate(sheet, right, y, named(words.columnsName, columns), cell) + 12;
    plate(sheet, LEFT, next, named(words.rowsName, weights), cell);
    return plate(sheet, right, next, named(words.resultName, result), cell);
  }
  if (view === "fft") {
    const spectra = spectraOf(work, output[0]!);
    const [rows, columns] = spectra.size.length > 1 ? (spectra.size as [number, number]) : [1, spectra.size[0]!];
    const panels = spectrumPanels(work, spectra, scales, 26, dark);
    const pieces = panels.flatMap((panel): (Plate | string)[] => [
      ...(panel.sign ? [panel.sign] : []), { title: panel.title, rows, columns, view: panel.view, marks: panel.marks(selection) },
    ]);
    return line(sheet, y, pieces, 26);
  }
  return tileRefusal(work) ? y : drawTile(sheet, y, work, output, dark);
}

function drawTile(sheet: Sheet, top: number, work: Work, output: readonly number[], dark: boolean): number {
  const tile = tileOf(work, output);
  const scales = tileScales(tile, scalesOf(work, dark), dark);
  const shown = ({ title, tensor, role }: Piece): Plate => ({
    title, rows: tensor.shape[0]!, columns: tensor.shape[1]!,
    view: (row, column) => {
      const value = tensor.data[row * tensor.shape[1]! + column]!;
      return { ...inked(value, 30, scales[role]), kind: "cell" };
    },
  });
  return stepsOf(tile).reduce((y, { pieces }) => line(sheet, y, pieces.map((piece) => (typeof piece === "string" ? piece : shown(piece))), 30), top);
}

const cellFor = (columns: number): number => Math.max(13, Math.min(32, Math.floor(1100 / columns)));
const named = (title: string, panel: Panel): Plate => ({ title, ...panel });

/** The slices of an array, as plates side by side. */
function pictured(name: string, picture: Picture, sliceName = (slice: number) => `${name} ${slice}`): Plate[] {
  const { shape, first } = picture.box;
  const slices = shape.length === 3 ? shape[0]! : 1;
  const [rows, columns] = shape.length === 1 ? [1, shape[0]!] : [shape.at(-2)!, shape.at(-1)!];
  const [top, left] = shape.length === 1 ? [0, first[0]!] : [first.at(-2)!, first.at(-1)!];
  return Array.from({ length: slices }, (_, slice): Plate => {
    const at = (row: number, column: number): number[] => {
      const place = shape.length === 1 ? [column + left] : [row + top, column + left];
      return slices > 1 || shape.length === 3 ? [slice, ...place] : place;
    };
    const lit = new Set(picture.lit.map((mark) => mark.at.join()));
    const marks: Mark[] = [];
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        if (lit.has(at(row, column).join())) marks.push({ row, column, text: "", soft: true, colour: { fill: "", ink: "" } });
      }
    }
    return { title: slices > 1 ? sliceName(slice) : name, rows, columns, view: (row, column) => picture.view(at(row, column)), marks };
  });
}

/** Draws plates and signs in a row, their middles aligned, and returns where it ends. */
function line(sheet: Sheet, y: number, pieces: readonly (Plate | string)[], cell: number): number {
  const tallest = Math.max(...pieces.map((piece) => (typeof piece === "string" ? 0 : extent(piece.rows, cell))));
  let x = LEFT;
  for (const piece of pieces) {
    if (typeof piece === "string") {
      sheet.sign(x + BETWEEN / 2 - GAP, y + TITLE + tallest / 2, piece);
      x += BETWEEN - GAP;
    } else {
      plate(sheet, x, y + (tallest - extent(piece.rows, cell)) / 2, piece, cell);
      x += Math.max(extent(piece.columns, cell), piece.title.length * 6.6) + GAP;
    }
  }
  return y + TITLE + tallest + 26;
}

/** Draws a matrix under its name, and returns where it ends. */
function plate(sheet: Sheet, x: number, y: number, { title, rows, columns, view, marks = [], frame, current, blocks }: Plate, cell: number): number {
  const pitch = cell + gapOf(cell);
  const top = y + TITLE;
  sheet.text(x, y + 6, title, { size: 12, colour: sheet.palette.soft });
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const seen = view(row, column);
      const colour = seen.kind === "covered" ? { fill: sheet.palette.paper, ink: sheet.palette.ink } : seen.colour;
      const hatched = seen.kind === "border" || seen.kind === "cut";
      sheet.cell(x + column * pitch, top + row * pitch, cell, colour, seen.text, typeSize(seen.text, cell), hatched);
    }
  }
  const [high, wide] = blocks ?? [rows, columns];
  const between = (at: number): number => at * pitch - gapOf(cell) / 2;
  for (let row = high; row < rows; row += high) {
    sheet.line(x, top + between(row), x + extent(columns, cell), top + between(row), sheet.palette.soft, 1);
  }
  for (let column = wide; column < columns; column += wide) {
    sheet.line(x + between(column), top, x + between(column), top + extent(rows, cell), sheet.palette.soft, 1);
  }
  for (const { row, column } of [...marks, ...(current ? [{ row: current[0], column: current[1] }] : [])]) {
    sheet.frame(x + column * pitch, top + row * pitch, cell, cell, 2);
  }
  if (frame) {
    const [wide, high] = [frame.to[1] - frame.from[1] + 1, frame.to[0] - frame.from[0] + 1];
    sheet.frame(x + frame.from[1] * pitch - 2, top + frame.from[0] * pitch - 2, extent(wide, cell) + 4, extent(high, cell) + 4);
  }
  return top + extent(rows, cell) + 14;
}
