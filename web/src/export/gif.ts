/** All steps as an animated GIF. Exhibits without steps leave this, and what writes GIFs, out of their modules. */

import { applyPalette, GIFEncoder, quantize } from "gifenc/dist/gifenc.esm.js";
import type { Steps } from "../parts/share.ts";
import { canvasFor, rasterise } from "./raster.ts";

const MOST_FRAMES = 144;
const STEP = 700; // milliseconds that a step stays
const LAST = 2000;
const COLOURS = 128;
const LARGEST = 1400; // pixels of the longer side

/** Steps to export, by how many there are and the drawing of each. */
export const stepsOf = (count: () => number, drawing: (step: number) => string): Steps => ({
  count,
  most: MOST_FRAMES,
  gif: (progress) => gifOf(Math.min(count(), MOST_FRAMES), drawing, progress),
});

async function gifOf(all: number, drawing: (step: number) => string, progress: (done: number, all: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const gif = GIFEncoder();
  const canvas = canvasFor(drawing(0), 1);
  const shrink = Math.min(1, LARGEST / Math.max(canvas.width, canvas.height));
  canvas.width = Math.round(canvas.width * shrink);
  canvas.height = Math.round(canvas.height * shrink);
  for (let step = 0; step < all; step += 1) {
    progress(step + 1, all);
    const context = await rasterise(drawing(step), canvas);
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    const palette = quantize(data, COLOURS);
    gif.writeFrame(applyPalette(data, palette), width, height, { palette, delay: step === all - 1 ? LAST : STEP });
  }
  gif.finish();
  return gif.bytes();
}
