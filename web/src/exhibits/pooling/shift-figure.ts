/** The shifts as a drawing for files: the maps before and after one, and the curves. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { scaleOf } from "../../parts/colours.ts";
import { cellText, extent } from "../../parts/grid.ts";
import type { Lit } from "../../parts/lit.ts";
import { number, times } from "../../parts/numbers.ts";
import { flatIndex, unflatten } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { boxAround, drawGrid, heightOf } from "./drawn.ts";
import { fixed, placedIn, TICKS } from "./plotted.ts";
import { changedCells, curvesOf, mapsOf, SHIFTS, titleOf, type Curve, type Maps } from "./shift-work.ts";
import type { PoolingState } from "./state.ts";
import { STROKES } from "./strokes.ts";

const words = texts.pooling;
const [LEFT, TOP, GAP, LABEL] = [24, 26, 44, 110];
const PLOT = { width: 460, height: 190 };

export function shiftFigureOf(state: PoolingState, dark: boolean): string {
  const sheet = new Sheet(dark ? DARK : LIGHT);
  const { palette } = sheet;
  const name = titleOf(state, state.method);
  const [before, after] = [state.shift.map(() => 0), state.shift].map((shift) => mapsOf(state, state.method, shift)) as [Maps, Maps];
  const changed = changedCells(before.pooled, after.pooled);
  const kinds: (keyof Maps)[] = state.feature === "none" ? ["input", "pooled"] : ["input", "features", "pooled"];
  const columns = kinds.reduce((sum, kind) => sum + before[kind].shape.at(-1)!, 0);
  const cell = Math.max(6, Math.min(34, Math.floor(900 / columns)));
  const scales = { input: scaleOf(before.input.data, dark), features: scaleOf(before.features.data, dark) };
  const titles = { input: words.input, features: words.featureMap, pooled: words.pooledMap };
  const curves = curvesOf(state);
  const now = curves.find(({ method }) => method === state.method)!.values[SHIFTS.indexOf(state.shift[state.along]!)]!;

  sheet.text(LEFT, TOP, name, { size: 16, weight: 600 });
  let y = TOP + 50;
  for (const maps of [before, after]) {
    const title = maps === before ? words.beforeShift : `${words.afterShift} ${texts.place(state.shift)}`;
    sheet.text(LEFT, y + 10, title, { weight: 600 });
    let x = LEFT + LABEL;
    for (const kind of kinds) {
      const { shape, data } = maps[kind];
      if (maps === before) sheet.text(x, y - 14, words.mapTitle(titles[kind], times(shape)), { size: 12, colour: palette.soft });
      const scale = kind === "input" ? scales.input : scales.features;
      const lit: Lit[] = (maps === after && kind === "pooled" ? changed : []).map((flat) => ({
        at: unflatten(shape, flat), soft: true, text: "", colour: scale.colour(0),
      }));
      drawGrid(sheet, x, y, boxAround(shape), cell, (at) => {
        const value = data[flatIndex(shape, at)]!;
        return { text: cellText(value, cell), colour: scale.colour(value), kind: "cell", name: "" };
      }, { lit });
      x += Math.max(extent(shape.at(-1)!, cell), 8 * titles[kind].length + 40) + GAP;
    }
    y += heightOf(before.input, cell) + 26;
  }
  sheet.text(LEFT, y + 4, words.apart(fixed(now), changed.length, after.pooled.data.length), { size: 14, weight: 500 });
  plot(sheet, y + 48, state, curves, dark);
  return sheet.finish(name);
}

/** The curves, each with its name behind it. */
function plot(sheet: Sheet, top: number, state: PoolingState, curves: readonly Curve[], dark: boolean): void {
  const { palette } = sheet;
  const box = placedIn({ left: LEFT + 30, top, ...PLOT }, curves);
  const end = box.x(SHIFTS.length - 1);
  for (const { value, y } of box.levels) {
    sheet.line(box.x(0), y, end, y, palette.line, 1);
    sheet.text(box.x(0) - 8, y, number(value), { size: 11, colour: palette.soft, anchor: "end" });
  }
  for (const cells of TICKS) {
    sheet.text(box.x(SHIFTS.indexOf(cells)), box.bottom + 14, words.cells(cells), { size: 11, colour: palette.soft, anchor: "middle" });
  }
  const titles = { size: 12, colour: palette.soft };
  sheet.text(LEFT, top - 16, words.plotLevel[state.measure], titles);
  sheet.text((box.x(0) + end) / 2, box.bottom + 34, words.plotAxis(words.shiftOf[state.dims]![state.along]!.toLowerCase()), { ...titles, anchor: "middle" });
  const now = box.x(SHIFTS.indexOf(state.shift[state.along]!));
  sheet.line(now, box.top, now, box.bottom, palette.ink, 1.5);
  curves.forEach(({ method, values }, i) => {
    const style = STROKES[method];
    const colour = dark ? style.dark : style.light;
    const chosen = method === state.method;
    const stroke = (points: readonly (readonly [number, number])[]) => sheet.curve(points, colour, chosen ? 3 : 1.5, style.dash);
    const mark = (x: number, y: number) =>
      style.point.forEach((line) => sheet.curve(line.map(([dx, dy]) => [x + dx, y + dy] as const), colour, 1.5));
    const places = values.map((value, shift) => [box.x(shift), box.y(value)] as const).filter(([, y]) => Number.isFinite(y));
    stroke(places);
    for (const place of places) mark(...place);
    const y = top + 12 + 24 * i;
    stroke([[end + 24, y], [end + 58, y]]);
    mark(end + 41, y);
    sheet.text(end + 66, y, titleOf(state, method), { size: 12.5, weight: chosen ? 600 : 400 });
  });
}
