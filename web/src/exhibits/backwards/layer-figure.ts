/** The layer as a drawing for files: forward above, the gradients below, the chosen cell's sum. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { extent, gapOf, typeSize } from "../../parts/grid.ts";
import { factored, number, summed } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import { cellsOf, cellWork, type Selection, type Work } from "./layer.ts";
import { arrayOf, ARRAYS, boxOf, lightOf, scalesOf, slidingOf, viewOf } from "./scene.ts";

const words = texts.backwards;
const [LEFT, TOP, GAP] = [24, 26, 44];
const NARROWEST = 700; // steps of an animation are all as wide, however long their sums
const CHARACTER = 7.84; // pixels
const SIGNS = { input: "", kernel: "⋆", bias: "+", output: "=" };

export function layerFigure(work: Work, selection: Selection | null, dark: boolean): string {
  const sheet = new Sheet(dark ? DARK : LIGHT);
  const { palette } = sheet;
  if (!work.layer || !selection) {
    sheet.text(LEFT, TOP, words.tooLarge, { size: 14 });
    return sheet.finish(words.title);
  }
  const flat = work.input.shape.length === 1;
  const widest = ARRAYS.reduce((all, name) => all + boxOf(work, name, false).shape.at(-1)!, 0);
  const cell = Math.max(10, Math.min(40, Math.floor(900 / widest)));
  const pitch = cell + gapOf(cell);
  const scales = scalesOf(work, dark);
  const worked = cellWork(work, selection);
  const light = lightOf(worked, scales, cell);
  const frame = selection.side === "kernel" ? slidingOf(work, scales, selection)!.frame : null;
  const rowsOf = (shape: readonly number[]) => (flat || shape.length === 1 ? 1 : shape[0]!);
  const high = Math.max(...ARRAYS.map((name) => extent(rowsOf(boxOf(work, name, false).shape), cell)));

  const title = `${words.title}: ${words.workedTitle(words.symbols[selection.side], selection.side === "bias" ? null : selection.cell, number(worked.result))}`;
  sheet.text(LEFT, TOP, title, { size: 16, weight: 600 });
  let x = LEFT;
  for (const name of ARRAYS) {
    if (SIGNS[name]) {
      sheet.sign(x + GAP / 2, TOP + 62 + cell / 2, SIGNS[name]);
      x += GAP;
    }
    for (const back of [false, true]) {
      const box = boxOf(work, name, back);
      const y = TOP + 62 + (back ? high + 62 : 0);
      const inset = name === "input" && back ? work.pad.at(-1)! * pitch : 0;
      const place = (at: readonly number[]): [number, number] => [
        x + inset + (at.at(-1)! - box.first.at(-1)!) * pitch,
        y + (at.length > 1 ? (at[0]! - box.first[0]!) * pitch : 0),
      ];
      sheet.text(x + inset, y - 16, back ? words.symbols[name] : words[name], { size: 13, colour: palette.soft });
      const lit = back ? (name === "output" ? light.grad : []) : name === "input" ? light.input : name === "kernel" ? light.kernel : [];
      for (const index of cellsOf(box.shape)) {
        const at = index.map((n, axis) => n + box.first[axis]!);
        const seen = viewOf(work, scales, name, back, cell, at);
        sheet.cell(...place(at), cell, seen.colour, seen.text, typeSize(seen.text, cell), seen.kind === "border");
      }
      const chosen = back && name === selection.side ? [selection.cell] : [];
      for (const at of [...lit.map((mark) => mark.at), ...chosen]) sheet.frame(...place(at), cell, cell, 2);
      if (frame && name === "input" && !back) {
        const [from, to] = [place(frame.from), place(frame.to)];
        sheet.frame(from[0] - 2, from[1] - 2, to[0] - from[0] + cell + 4, to[1] - from[1] + cell + 4);
      }
    }
    x += extent(Math.max(boxOf(work, name, false).shape.at(-1)!, arrayOf(work, name, true)!.shape.at(-1)!), cell);
  }
  const width = Math.max(NARROWEST, x - LEFT + 4); // frames stand out
  const below = TOP + 62 + 2 * high + 62 + 24;
  sheet.line(LEFT, below, LEFT + width, below, palette.line, 1);
  const sum = selection.side === "bias"
    ? summed(worked.terms.map(({ grad }) => grad))
    : worked.terms.map(({ grad, factor }, i) => factored(grad, factor, i)).join(" ");
  const symbol = words.symbols[selection.side];
  const name = `${symbol}${selection.side === "bias" ? "" : ` ${texts.place(selection.cell)}`} = `;
  const [whole, short] = [`${name}${sum || "0"} = ${number(worked.result)}`, `${name}${number(worked.result)}`];
  sheet.text(LEFT, below + 24, whole.length * CHARACTER <= width ? whole : short, { size: 14, weight: 500 });
  return sheet.finish(title);
}
