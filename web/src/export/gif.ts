/** All steps as an animated GIF. Exhibits without steps leave this, and what writes GIFs, out of their modules. */

import type { Progress, Steps } from "../parts/share.ts";
import { GIF_END, gifFrame, gifHead } from "./gif-file.ts";
import { coloured } from "./palette.ts";
import { canvasFor, draw, drawnSize, enlarged, loaded } from "./raster.ts";
import { layersOf } from "./svg.ts";

const MOST_FRAMES = 144;
const STEP = 700; // milliseconds that a step stays
const LAST = 2000;
const COLOURS = 255; // and one that lets through what was there
const LARGEST = 1400; // pixels of the longer side
const PARTS = 1000; // of a drawing that are read at once

type Delay = (step: number, all: number) => number;
const usual: Delay = (step, all) => (step === all - 1 ? LAST : STEP);

/**
 * Steps to export, by how many there are and the drawing of each; `hint` is what they show, `delay` how long each stays.
 * Of more than a GIF holds it takes some, evenly spread, with the first and the last.
 */
export const stepsOf = (count: () => number, drawing: (step: number) => string, hint?: string, delay = usual): Steps => ({
  count,
  most: MOST_FRAMES,
  hint,
  gif: (progress) => {
    const frames = Math.min(count(), MOST_FRAMES);
    const last = count() - 1;
    return gifOf(frames, (frame) => drawing(Math.round((frame * last) / Math.max(frames - 1, 1))), delay, progress);
  },
});

async function gifOf(all: number, drawing: (step: number) => string, delay: Delay, progress: Progress): Promise<Blob> {
  const own: string[] = [];
  while (own.length < all) {
    own.push(drawing(own.length));
    await progress("drawing", own.length, all);
  }
  const drawings = enlarged(own);
  const size = drawnSize(drawings[0]!);
  const canvas = canvasFor(drawings[0]!, Math.min(1, LARGEST / Math.max(size.width, size.height)));
  const parts = [gifHead(canvas.width, canvas.height)];
  let before = new Uint32Array();
  let shown = new Map<string, HTMLImageElement>();
  for (let step = 0; step < all; step += 1) {
    const layers = new Map<string, HTMLImageElement>();
    for (const layer of layersOf(drawings[step]!, PARTS)) {
      layers.set(layer, shown.get(layer) ?? (await loaded(layer)));
      await progress("writing", step + 1, all);
    }
    const { data, width, height } = draw(layers.values(), canvas).getImageData(0, 0, canvas.width, canvas.height);
    await progress("writing", step + 1, all);
    const now = new Uint32Array(data.buffer);
    // Only what changes is written, in colours of its own: small files, in which nothing flickers.
    const room = new Uint32Array(now.length);
    let count = 0;
    for (let i = 0; i < now.length; i += 1) if (now[i] !== before[i]) room[count++] = i;
    const places = room.subarray(0, count);
    const { palette, found } = coloured(places.map((i) => now[i]!), now[0]!, COLOURS);
    await progress("writing", step + 1, all);
    const index = new Uint8Array(now.length).fill(palette.length);
    places.forEach((i, at) => (index[i] = found[at]!));
    parts.push(...gifFrame(index, width, height, [...palette, [0, 0, 0]], delay(step, all)));
    await progress("writing", step + 1, all);
    [before, shown] = [now, layers];
  }
  return new Blob([...parts, GIF_END]);
}
