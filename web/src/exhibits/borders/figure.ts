/** The exhibit as a drawing for files: the picture with each border, and the output below it. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { extent, gapOf, typeSize, type Box, type CellView } from "../../parts/grid.ts";
import { times } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import { lightOf, outputView, paddedView, scalesOf, type Selection } from "./scene.ts";
import type { Work } from "./work.ts";

const words = texts.borders;
const [LEFT, TOP, BETWEEN] = [24, 26, 44];
const WIDEST = 330; // pixels of a picture of two dimensions

export function figureOf(work: Work, selection: Selection | null, dark: boolean): string {
  const sheet = new Sheet(dark ? DARK : LIGHT);
  const { palette } = sheet;
  const flat = work.input.shape.length === 1;
  const whole = work.panels[0]!;
  const columns = whole.padded.shape.at(-1)!;
  const cell = Math.max(8, Math.min(36, Math.floor((flat ? 2 * WIDEST : WIDEST) / columns)));
  const rowsOf = ({ shape }: Box): number => (shape.length > 1 ? shape[0]! : 1);
  const pitch = cell + gapOf(cell);
  const [wide, high] = [extent(columns, cell), extent(rowsOf(whole.padded), cell)];
  const tall = 62 + high + 30 + Math.max(0, rowsOf(whole.output)) * pitch;
  const scales = scalesOf(work, dark);

  const title = `${words.title}, ${times(work.input.shape)}`;
  sheet.text(LEFT, TOP, title, { size: 16, weight: 600 });
  work.panels.forEach((panel, index) => {
    const x = LEFT + (flat ? 0 : (index % 3) * (wide + BETWEEN));
    const y = TOP + 34 + (flat ? index : Math.floor(index / 3)) * tall;
    sheet.text(x, y, words.modes[panel.mode].title, { size: 14, weight: 600 });
    sheet.text(x, y + 19, words.modes[panel.mode].short, { size: 12, colour: palette.soft });
    const light = lightOf(work, panel, selection);
    /** Places are the same in all panels, so that what is in the same place is below each other. */
    const draw = (top: number, box: Box, view: (at: readonly number[]) => CellView): void => {
      const place = (at: readonly number[]): [number, number] => [
        x + (at.at(-1)! + work.pad.at(-1)!) * pitch,
        top + (at.length > 1 ? at[0]! - whole.padded.first[0]! : 0) * pitch,
      ];
      for (let row = 0; row < rowsOf(box); row += 1) {
        for (let column = 0; column < box.shape.at(-1)!; column += 1) {
          const at = [row, column].slice(2 - box.shape.length).map((n, axis) => n + box.first[axis]!);
          const seen = view(at);
          sheet.cell(...place(at), cell, seen.colour, seen.text, typeSize(seen.text, cell), seen.kind === "border");
        }
      }
      const [frame, lit] = box === panel.padded ? [light.frame, light.padded] : [null, light.output];
      for (const { at } of lit) sheet.frame(...place(at), cell, cell, 2);
      if (frame) {
        const [from, to] = [place(frame.from), place(frame.to)];
        sheet.frame(from[0] - 2, from[1] - 2, to[0] - from[0] + cell + 4, to[1] - from[1] + cell + 4);
      }
    };
    draw(y + 36, panel.padded, (at) => paddedView(work, scales, panel.mode, cell, at));
    sheet.text(x, y + 36 + high + 16, panel.result ? words.output : words.tooLarge, { size: 12, colour: palette.soft });
    if (panel.result) {
      const shift = flat ? 0 : (whole.output.first[0]! - whole.padded.first[0]!) * pitch;
      draw(y + 36 + high + 30 - shift, panel.output, (at) => outputView(work, scales, panel, cell, at));
    }
  });
  return sheet.finish(title);
}
