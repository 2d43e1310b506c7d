/** The gallery for files: the photograph before and after, a wipe from one to the other, a sheet of all kernels. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { namedKernels } from "../../generated/kernels.ts";
import { scaleOf } from "../../parts/colours.ts";
import { cellText, typeSize } from "../../parts/grid.ts";
import type { Photograph } from "../../tensor/photo-planes.ts";
import type { Pixels } from "../../tensor/photo.ts";
import { texts } from "../../texts/index.ts";
import type { Kernel } from "./kernel.ts";
import type { GalleryState } from "./state.ts";

const words = texts.gallery;
const [LEFT, TOP, GAP, WIDE, CELL] = [24, 26, 24, 420, 34];
const MOST_SHOWN = 9;
const [SMALL, A_ROW] = [150, 6];

/** What is laid over a photograph, and what comes of it. */
export interface Shown {
  photograph: Photograph;
  result: Pixels;
  state: GalleryState;
  kernel: Kernel;
}

export const nameOf = ({ measure }: GalleryState, { entry }: Kernel): string =>
  measure === "kernel" ? entry?.name ?? words.ownNumbers : words.measures[measure];

/** Before and after beside each other. */
export function drawingOf({ photograph, result, ...of }: Shown, dark: boolean): string {
  const { width, height } = photograph;
  return drawn(of, dark, (sheet) =>
    [photograph.data as Pixels, result].reduce((left, pixels, i) => {
      sheet.text(left, TOP + 30, i ? words.after : words.before, { colour: sheet.palette.soft });
      sheet.picture(left, TOP + 44, WIDE, (WIDE * height) / width, canvasOf(pixels, width, height).toDataURL("image/png"));
      return left + WIDE + GAP;
    }, LEFT),
  );
}

/** One picture: so much of it from the left as it was, the rest as it becomes. */
export function wipeOf({ photograph, result, ...of }: Shown, part: number, dark: boolean): string {
  const { width, height } = photograph;
  const high = Math.round((WIDE * height) / width);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDE, high];
  const context = canvas.getContext("2d")!;
  const divide = Math.round(WIDE * part);
  context.imageSmoothingQuality = "high";
  context.drawImage(canvasOf(photograph.data as Pixels, width, height), 0, 0, WIDE, high);
  context.rect(divide, 0, WIDE, high);
  context.clip();
  context.drawImage(canvasOf(result, width, height), 0, 0, WIDE, high);
  return drawn(of, dark, (sheet) => {
    const { soft, accent } = sheet.palette;
    if (part > 0) sheet.text(LEFT, TOP + 30, words.before, { colour: soft });
    if (part < 1) sheet.text(LEFT + WIDE, TOP + 30, words.after, { colour: soft, anchor: "end" });
    sheet.picture(LEFT, TOP + 44, WIDE, high, canvas.toDataURL("image/png"));
    if (part > 0 && part < 1) sheet.line(LEFT + divide, TOP + 38, LEFT + divide, TOP + 50 + high, accent, 3);
    return LEFT + WIDE + GAP;
  });
}

/** Draws what pictures there are, then the kernel, if it is small enough to be read. */
function drawn({ state, kernel }: Pick<Shown, "state" | "kernel">, dark: boolean, pictures: (sheet: Sheet) => number): string {
  const sheet = new Sheet(dark ? DARK : LIGHT);
  const name = nameOf(state, kernel);
  sheet.text(LEFT, TOP, name, { size: 16, weight: 600 });
  const left = pictures(sheet);
  const [rows, columns] = kernel.weights.shape as [number, number];
  if (state.measure !== "kernel" || Math.max(rows, columns) > MOST_SHOWN) return sheet.finish(name);
  const scale = scaleOf(kernel.weights.data, dark);
  sheet.text(left, TOP + 30, words.kernel, { colour: sheet.palette.soft });
  kernel.weights.data.forEach((weight, i) => {
    const text = cellText(weight, CELL);
    const place = [left + (CELL + 3) * (i % columns), TOP + 44 + (CELL + 3) * Math.floor(i / columns)] as const;
    sheet.cell(...place, CELL, scale.colour(weight), text, typeSize(text, CELL));
  });
  return sheet.finish(name);
}

/** Every named kernel's result, by families. */
export function sheetOf({ width, height }: Photograph, results: Readonly<Record<string, Pixels>>, dark: boolean): string {
  const sheet = new Sheet(dark ? DARK : LIGHT);
  const high = (SMALL * height) / width;
  let y = TOP;
  for (const family of new Set(namedKernels.map((kernel) => kernel.family))) {
    const names = namedKernels.filter((kernel) => kernel.family === family).map(({ name }) => name);
    sheet.text(LEFT, y, words.families[family] ?? family, { size: 15, weight: 600 });
    names.forEach((name, i) => {
      const [left, top] = [LEFT + (i % A_ROW) * (SMALL + GAP), y + 20 + Math.floor(i / A_ROW) * (high + 40)];
      if (results[name]) sheet.picture(left, top, SMALL, high, canvasOf(results[name], width, height).toDataURL("image/png"));
      sheet.text(left + SMALL / 2, top + high + 14, name, { anchor: "middle" });
    });
    y += 34 + Math.ceil(names.length / A_ROW) * (high + 40);
  }
  return sheet.finish(words.views.all);
}

export async function pngOfPixels(pixels: Pixels, width: number, height: number): Promise<Blob> {
  return await new Promise((resolve, reject) => {
    canvasOf(pixels, width, height).toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png");
  });
}

function canvasOf(pixels: Pixels, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d")!.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}
