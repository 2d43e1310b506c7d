/** The exhibit as a drawing for files: channels above, maps below, lines between, and the chosen cell's sum. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { extent, gapOf, typeSize, type CellView } from "../../parts/grid.ts";
import type { Lit } from "../../parts/lit.ts";
import { number, summed, times } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import type { Box } from "../../parts/grid.ts";
import { GRID_GAP, inputBox, inputView, lightOf, middleOf, outputView, scalesOf } from "./scene.ts";
import { cellWork, seenBy, type Work } from "./work.ts";

const words = texts.channels;
const [LEFT, TOP, TITLE, BETWEEN] = [24, 26, 18, 76];

export function figureOf(work: Work, selection: readonly number[] | null, dark: boolean): string {
  const sheet = new Sheet(dark ? DARK : LIGHT);
  const { palette } = sheet;
  const title = `${words.title}: ${words.input.toLowerCase()} ${times(work.input.shape)}, ${words.groupsHint(work.groups, work.channels)}`;
  sheet.text(LEFT, TOP, title, { size: 15, weight: 600 });
  if (!work.layer || !selection) return sheet.finish(title);
  const boxes = { input: inputBox(work), output: { shape: [...work.layer.output.shape], first: [0, 0, 0] } };
  const widest = Math.max(...[boxes.input, boxes.output].map(({ shape }) => shape[0]! * (shape[2]! + 1)));
  const cell = Math.max(14, Math.min(42, Math.floor(1200 / widest)));
  const scales = scalesOf(work, dark);
  const worked = cellWork(work, selection);
  const light = lightOf(worked, scales, cell);
  const middles = ({ shape }: Box) => {
    const width = extent(shape[2]!, cell);
    return Array.from({ length: shape[0]! }, (_, i) => LEFT + middleOf({ count: shape[0]!, width, pitch: width + GRID_GAP }, i, 0));
  };
  const [from, to] = [middles(boxes.input), middles(boxes.output)];
  const above = TOP + 46;
  const end = above + extent(boxes.input.shape[1]!, cell);
  const below = end + BETWEEN;

  drawn(sheet, above, boxes.input, cell, (at) => inputView(work, scales, cell, at), (n) => words.channel(n, work.channels), light.input);
  for (const k of to.keys()) {
    for (const channel of seenBy(work, k)) {
      const strong = k === selection[0];
      sheet.line(from[channel]!, end + 8, to[k]!, below - TITLE - 8, strong ? palette.accent : palette.line, strong ? 2.5 : 1.5);
    }
  }
  drawn(sheet, below, boxes.output, cell, (at) => outputView(work, scales, cell, at), words.map, [], selection);

  const { sums, bias, result } = worked;
  const line = `${words.map(worked.kernel)} ${texts.place(worked.cell)} = ${summed([...sums, ...(bias === null ? [] : [bias])])} = ${number(result)}`;
  sheet.text(LEFT, below + extent(boxes.output.shape[1]!, cell) + 32, line, { size: 14, weight: 500 });
  return sheet.finish(title);
}

/** Draws the slices of an array side by side. */
function drawn(
  sheet: Sheet, y: number, { shape, first }: Box, cell: number, view: (at: readonly number[]) => CellView,
  name: (slice: number) => string, lit: readonly Lit[], current: readonly number[] | null = null,
): void {
  const [slices, rows, columns] = shape as [number, number, number];
  const [pitch, width] = [cell + gapOf(cell), extent(columns, cell)];
  const marks = new Map(lit.map((mark) => [mark.at.join(), mark]));
  for (let slice = 0; slice < slices; slice += 1) {
    const left = LEFT + slice * (width + GRID_GAP);
    sheet.text(left, y - TITLE + 4, name(slice), { size: 12, colour: sheet.palette.soft });
    for (let index = 0; index < rows * columns; index += 1) {
      const [row, column] = [Math.floor(index / columns), index % columns];
      const at = [slice, row + first[1]!, column + first[2]!];
      const [x, top] = [left + column * pitch, y + row * pitch];
      const seen = view(at);
      const mark = marks.get(at.join());
      const text = mark?.text ?? seen.text;
      sheet.cell(x, top, cell, seen.colour, text, typeSize(text, cell), seen.kind === "border", mark?.above);
      if (mark || at.join() === current?.join()) sheet.frame(x, top, cell, cell, 2);
    }
  }
}
