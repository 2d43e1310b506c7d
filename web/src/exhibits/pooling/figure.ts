/** The windows as a drawing for files: input and output with the chosen window, and how its cell is made. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { number, times } from "../../parts/numbers.ts";
import { sizeFormulas } from "../../tensor/formula.ts";
import { flatIndex } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { boxAround, drawGrid, heightOf } from "./drawn.ts";
import { problemText } from "./problem.ts";
import { inputView, lightOf, outputView, scaleFor } from "./scene.ts";
import type { Dims } from "./state.ts";
import { outputAt, type Work } from "./work.ts";
import { writtenOf } from "./written.ts";

const words = texts.pooling;
const [LEFT, TOP, GAP] = [24, 26, 54];
const LONGEST = 110; // characters of a line

export function figureOf(work: Work, at: readonly number[] | null, options: { dark: boolean; covered: boolean }): string {
  const sheet = new Sheet(options.dark ? DARK : LIGHT);
  const { palette } = sheet;
  const { kind, windows, window, stride } = work.setup;
  const steps = `${words.window.toLowerCase()} ${times(window)}, ${words.stride.toLowerCase()} ${times(stride ?? window)}`;
  const title = `${words.kinds[kind]}, ${windows === "sliding" ? steps : words.windowsName[windows]}`;
  sheet.text(LEFT, TOP, title, { size: 16, weight: 600 });
  if (work.problem || !at) {
    if (work.problem) sheet.text(LEFT, TOP + 30, problemText(work.problem, work.setup.dims as Dims), { size: 13 });
    return sheet.finish(title);
  }
  const output = boxAround(work.outputShape);
  const widest = Math.max(...work.box.shape, ...output.shape);
  const cell = Math.max(8, Math.min(46, Math.floor(640 / widest)));
  const scale = scaleFor(work, options.dark);
  const light = lightOf(work, scale, cell, at);
  const upTo = options.covered ? flatIndex(work.outputShape, at) : null;
  const tall = Math.max(heightOf(work.box, cell), heightOf(output, cell));
  const middle = TOP + 54 + tall / 2;

  let top = middle - heightOf(work.box, cell) / 2;
  sheet.text(LEFT, top - 16, `${words.input} ${times(work.input.shape)}`, { colour: palette.soft });
  const end = drawGrid(sheet, LEFT, top, work.box, cell, (place) => inputView(work, scale, cell, place), light);
  sheet.text(end + GAP / 2, middle, "→", { size: 20, colour: palette.soft, anchor: "middle" });
  top = middle - heightOf(output, cell) / 2;
  sheet.text(end + GAP, top - 16, `${words.output} ${times(work.outputShape)}`, { colour: palette.soft });
  drawGrid(sheet, end + GAP, top, output, cell, (place) => outputView(work, scale, cell, place, upTo), { current: at });

  const below = middle + tall / 2 + 30;
  const { put } = writtenOf(work, light.members);
  const value = number(outputAt(work, at));
  sheet.text(LEFT, below, `${words.output.toLowerCase()} ${texts.place(at)} = ${put.length <= LONGEST ? `${put} = ` : ""}${value}`, { size: 14, weight: 500 });
  if (work.spec && work.setup.windows === "sliding") {
    const names = texts.axisTitle(work.setup.dims as Dims);
    sizeFormulas(work.spec, texts.formulas).forEach((line, axis) =>
      sheet.text(LEFT, below + 24 * (axis + 1), `${names[axis]!}: ${line}`, { colour: palette.soft }),
    );
  }
  return sheet.finish(title);
}
