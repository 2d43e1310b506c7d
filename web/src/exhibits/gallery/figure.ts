/** The gallery for files: the photograph before and after beside each other, and the result alone. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { scaleOf } from "../../parts/colours.ts";
import { typeSize } from "../../parts/grid.ts";
import { shortNumber } from "../../parts/numbers.ts";
import type { Photograph } from "../../tensor/photo-planes.ts";
import type { Pixels } from "../../tensor/photo.ts";
import { texts } from "../../texts/index.ts";
import type { Kernel } from "./kernel.ts";
import type { GalleryState } from "./state.ts";

const [LEFT, TOP, GAP, WIDE, CELL] = [24, 26, 24, 420, 34];
const MOST_SHOWN = 9;

export function drawingOf(photograph: Photograph, result: Pixels, state: GalleryState, kernel: Kernel, dark: boolean): string {
  const words = texts.gallery;
  const sheet = new Sheet(dark ? DARK : LIGHT);
  const { width, height } = photograph;
  const high = (WIDE * height) / width;
  const name = state.measure === "kernel" ? kernel.entry?.name ?? words.ownNumbers : words.measures[state.measure];
  sheet.text(LEFT, TOP, name, { size: 16, weight: 600 });
  [photograph.data as Pixels, result].forEach((pixels, i) => {
    const left = LEFT + i * (WIDE + GAP);
    sheet.text(left, TOP + 30, i ? words.after : words.before, { colour: sheet.palette.soft });
    sheet.picture(left, TOP + 44, WIDE, high, canvasOf(pixels, width, height).toDataURL("image/png"));
  });
  const [rows, columns] = kernel.weights.shape as [number, number];
  if (state.measure !== "kernel" || Math.max(rows, columns) > MOST_SHOWN) return sheet.finish(name);
  const scale = scaleOf(kernel.weights.data, dark);
  const [left, top] = [LEFT + 2 * (WIDE + GAP), TOP + 44];
  sheet.text(left, TOP + 30, words.kernel, { colour: sheet.palette.soft });
  kernel.weights.data.forEach((weight, i) => {
    const text = shortNumber(weight, 5);
    const place = [left + (CELL + 3) * (i % columns), top + (CELL + 3) * Math.floor(i / columns)] as const;
    sheet.cell(...place, CELL, scale.colour(weight), text, typeSize(text, CELL));
  });
  return sheet.finish(name);
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
