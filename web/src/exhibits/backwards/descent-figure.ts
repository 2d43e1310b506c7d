/** The learner at one step as a drawing for files: kernels, maps, and the loss so far. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { extent, gapOf, typeSize } from "../../parts/grid.ts";
import { number } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import type { Descent } from "./descent.ts";
import { powerText } from "../../tensor/formula.ts";
import { curveOf, sceneOf, ticksOf, viewOf, type Shown } from "./descent-scene.ts";
import { cellsOf } from "./layer.ts";

const words = texts.backwards;
const [LEFT, TOP, PITCH] = [24, 26, 236];
const [CURVE_WIDE, CURVE_HIGH] = [4 * PITCH - 90, 150];

export function descentFigure(descent: Descent, step: number, dark: boolean): string {
  const sheet = new Sheet(dark ? DARK : LIGHT);
  const { palette } = sheet;
  const scene = sceneOf(descent, step, dark);
  const title = words.atStep(step, number(descent.moments[step]!.loss, 4));
  sheet.text(LEFT, TOP, title, { size: 16, weight: 600 });
  const row = (shown: readonly Shown[], y: number, most: number): number => {
    const widest = Math.max(...shown.map(({ array }) => array.shape[1]!));
    const cell = Math.min(most, Math.floor((PITCH - 40) / widest) - 3);
    shown.forEach((one, i) => {
      const x = LEFT + i * PITCH;
      sheet.text(x, y, one.name, { size: 13, colour: palette.soft });
      const pitch = cell + gapOf(cell);
      for (const at of cellsOf(one.array.shape)) {
        const seen = viewOf(one, cell, at);
        sheet.cell(x + at[1]! * pitch, y + 16 + at[0]! * pitch, cell, seen.colour, seen.text, typeSize(seen.text, cell));
      }
    });
    return y + 16 + Math.max(...shown.map(({ array }) => extent(array.shape[0]!, cell)));
  };
  const below = row(scene.kernels, TOP + 40, 46);
  const end = row(scene.maps, below + 34, 15);

  const curve = curveOf(descent);
  const last = descent.moments.length - 1;
  const [left, top] = [LEFT + 44, end + 54];
  const xOf = (at: number) => left + (last ? (at / last) * CURVE_WIDE : 0);
  const yOf = (place: number) => top + (1 - place) * CURVE_HIGH;
  sheet.text(LEFT, end + 30, `${words.loss}: ${words.lossWords}`, { size: 13, colour: palette.soft });
  for (const power of ticksOf(curve)) {
    const y = yOf((power - curve.bottom) / (curve.top - curve.bottom));
    sheet.line(left, y, left + CURVE_WIDE, y, palette.line, 1);
    sheet.text(left - 8, y, powerText(power), { size: 12, colour: palette.soft, anchor: "end" });
  }
  curve.places.slice(1).forEach((place, at) => {
    const strong = at < step;
    sheet.line(xOf(at), yOf(curve.places[at]!), xOf(at + 1), yOf(place), strong ? palette.accent : palette.soft, strong ? 2.5 : 1);
  });
  const [x, y] = [xOf(step), yOf(curve.places[step]!)];
  sheet.frame(x - 4, y - 4, 8, 8, 3);
  sheet.text(xOf(0), top + CURVE_HIGH + 16, "0", { size: 12, colour: palette.soft, anchor: "middle" });
  sheet.text(xOf(last), top + CURVE_HIGH + 16, `${words.stepAxis} ${last}`, { size: 12, colour: palette.soft, anchor: "end" });
  return sheet.finish(title);
}
