/** The exhibit as a drawing for files: the input with what is seen of it, and every map with its part. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { times } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import { countOf } from "./cells.ts";
import { rounded } from "./counts.ts";
import { drawnMap, fieldBox, pieces, planeOf } from "./scene.ts";
import { lengthOf, mapsOf, type Trace, type Work } from "./work.ts";

const words = texts.sizes;
const [LEFT, TOP, ROOM, GAP, WIDE] = [24, 26, 260, 30, 980];

/** What is seen of maps before that of layer `from` is left out. */
export function figureOf(work: Work, trace: Trace | null, picture: string | null, dark: boolean, from = 0): string {
  const sheet = new Sheet(dark ? DARK : LIGHT);
  const { palette } = sheet;
  const { stack, totals } = work;
  if (!stack || !totals || !trace) {
    sheet.text(LEFT, TOP, words.title, { size: 15, weight: 600 });
    return sheet.finish(words.title);
  }
  const shape = stack.layers.at(-1)?.outputShape ?? stack.inputShape;
  const title = `${words.title}: ${times(stack.inputShape)} → ${times(shape)}, ${rounded(totals.parameters)} ${words.parameters.toLowerCase()}, ${rounded(totals.macs)} ${words.macs.toLowerCase()}`;
  sheet.text(LEFT, TOP, title, { size: 15, weight: 600 });
  const maps = mapsOf(stack);
  const plane = planeOf(maps[0]!.size, trace.fields[0]!, trace.runs[0]!, ROOM);
  const [x, y] = [LEFT, TOP + 34];
  const inside = plane.picture;
  outline(sheet, x + inside.x, y + inside.y, inside.width, inside.height);
  if (picture) sheet.picture(x + inside.x, y + inside.y, inside.width, inside.height, picture);
  const isSeen = (layer: number): boolean => layer >= from && layer <= trace.layer;
  if (isSeen(0)) {
    sheet.frame(x + plane.field.x, y + plane.field.y, plane.field.width, plane.field.height);
    for (const box of plane.pieces) sheet.frame(x + box.x, y + box.y, box.width, box.height, 1);
  }
  caption(x, y + plane.height + 18, words.input, times(stack.inputShape), trace, 0);

  const largest = Math.max(...maps.slice(1).flatMap(({ size }) => size), 1);
  const first = LEFT + plane.width + 2 * GAP;
  let [left, top, tallest] = [first, TOP + 34, 0];
  for (const map of maps.slice(1)) {
    const drawn = drawnMap(map, largest);
    const shift = 3 * drawn.plates;
    const step = Math.max(drawn.width + shift, 92) + GAP;
    if (left + step > LEFT + WIDE && left > first) [left, top, tallest] = [first, top + tallest + 74, 0];
    for (let i = drawn.plates; i > 0; i -= 1) edges(sheet, left + 3 * i, top + shift - 3 * i, drawn.width, drawn.height);
    outline(sheet, left, top + shift, drawn.width, drawn.height);
    const number = map.layers[0]!;
    if (isSeen(number)) {
      const field = trace.fields[number]!;
      const box = fieldBox(field, drawn, 0);
      sheet.frame(left + box.x, top + shift + box.y, box.width, box.height, 2);
      for (const part of pieces(trace.runs[number]!, (one) => fieldBox(one, drawn, 0))) {
        sheet.frame(left + part.x, top + shift + part.y, part.width, part.height, 1);
      }
    }
    caption(left, top + drawn.height + shift + 18, `${number} ${stack.layers[number - 1]!.name}`, times(map.shape), trace, number);
    tallest = Math.max(tallest, drawn.height + shift);
    left += step;
  }
  return sheet.finish(title);

  function caption(at: number, down: number, name: string, size: string, { fields, runs }: Trace, number: number): void {
    sheet.text(at, down, name, { size: 12, weight: 600 });
    sheet.text(at, down + 16, size, { size: 12, colour: palette.soft });
    if (isSeen(number)) sheet.text(at, down + 32, words.seen(fields[number]!.map(lengthOf), runs[number]!.map(countOf)), { size: 12, colour: palette.accent });
  }
}

function outline(sheet: Sheet, x: number, y: number, width: number, height: number): void {
  edges(sheet, x, y, width, height);
  sheet.line(x, y, x, y + height, sheet.palette.soft, 1);
  sheet.line(x, y + height, x + width, y + height, sheet.palette.soft, 1);
}

/** The edges above and to the right, which are seen of a plate behind others. */
function edges(sheet: Sheet, x: number, y: number, width: number, height: number): void {
  sheet.line(x, y, x + width, y, sheet.palette.soft, 1);
  sheet.line(x + width, y, x + width, y + height, sheet.palette.soft, 1);
}
