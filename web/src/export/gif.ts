/** All steps as an animated GIF. Exhibits without steps leave this, and what writes GIFs, out of their modules. */

import { GIFEncoder } from "gifenc/dist/gifenc.esm.js";
import type { Steps } from "../parts/share.ts";
import { coloured } from "./palette.ts";
import { canvasFor, enlarged, rasterise } from "./raster.ts";

const MOST_FRAMES = 144;
const STEP = 700; // milliseconds that a step stays
const LAST = 2000;
const COLOURS = 255; // and one that lets through what was there
const LARGEST = 1400; // pixels of the longer side

type Delay = (step: number, all: number) => number;
const usual: Delay = (step, all) => (step === all - 1 ? LAST : STEP);

/** Steps to export, by how many there are and the drawing of each; `hint` is what they show, `delay` how long each stays. */
export const stepsOf = (count: () => number, drawing: (step: number) => string, hint?: string, delay = usual): Steps => ({
  count,
  most: MOST_FRAMES,
  hint,
  gif: (progress) => gifOf(Math.min(count(), MOST_FRAMES), drawing, delay, progress),
});

async function gifOf(all: number, drawing: (step: number) => string, delay: Delay, progress: (done: number, all: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const gif = GIFEncoder();
  const drawings = enlarged(Array.from({ length: all }, (_, step) => drawing(step)));
  const canvas = canvasFor(drawings[0]!, 1);
  const shrink = Math.min(1, LARGEST / Math.max(canvas.width, canvas.height));
  canvas.width = Math.round(canvas.width * shrink);
  canvas.height = Math.round(canvas.height * shrink);
  let before = new Uint32Array();
  for (let step = 0; step < all; step += 1) {
    progress(step + 1, all);
    const context = await rasterise(drawings[step]!, canvas);
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    const now = new Uint32Array(data.buffer);
    // Only what changes is written, in colours of its own: small files, in which nothing flickers.
    const places: number[] = [];
    now.forEach((colour, i) => colour !== before[i] && places.push(i));
    const { palette, found } = coloured(Uint32Array.from(places, (i) => now[i]!), now[0]!, COLOURS);
    const index = new Uint8Array(now.length).fill(palette.length);
    places.forEach((i, at) => (index[i] = found[at]!));
    const transparentIndex = palette.push([0, 0, 0]) - 1;
    gif.writeFrame(index, width, height, { palette, delay: delay(step, all), transparent: true, transparentIndex, dispose: 1 });
    before = now;
  }
  gif.finish();
  return gif.bytes();
}
