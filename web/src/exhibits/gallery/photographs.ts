/** Where photographs come from: the samples, files, what is pasted and dropped. */

import { fromBase64 } from "../../model/bytes.ts";
import type { Photograph } from "../../tensor/photo-planes.ts";
import { texts } from "../../texts/index.ts";
import { CAT } from "./cat.ts";

/** Pixels that are filtered while somebody watches; what has more is shrunk. */
export const MOST_PIXELS = 4_000_000;
export const MOST_BYTES = 100_000_000;
export const SAMPLES = ["cat", "shapes", "rings"] as const;
const SMALL = 220; // pixels along the longer side of those in the sheet of many

export interface Opened extends Photograph {
  data: Uint8ClampedArray<ArrayBuffer>;
  /** How large it was. */
  from: { width: number; height: number };
  /** Whether it let through white, which it now lies over. */
  transparent?: boolean;
}

export async function openSample(name: string): Promise<Opened> {
  if (name === "shapes") return made(480, 320, shapesAt);
  if (name === "rings") return made(512, 512, ringsAt);
  return openFile(new Blob([fromBase64(CAT)], { type: "image/webp" }));
}

/** Reads a picture file; it stands upright, and what is transparent lies over white. */
export async function openFile(file: Blob): Promise<Opened> {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));
  try {
    const opened = drawn(bitmap, Math.max(1, Math.round(width * shrink)), Math.max(1, Math.round(height * shrink)));
    return { ...opened, from: { width, height }, transparent: layOverWhite(opened.data) };
  } finally {
    bitmap.close();
  }
}

/** Reads the file of a viewer. */
export const openPicture = (file: File): Promise<Opened> =>
  openFile(file).catch(() => {
    throw new Error(texts.noPicture(file.name));
  });

/** Makes pixels opaque, and says whether some were not. */
export function layOverWhite(data: Uint8ClampedArray): boolean {
  let transparent = false;
  for (let end = 3; end < data.length; end += 4) {
    const alpha = data[end]!;
    if (alpha === 255) continue;
    transparent = true;
    for (let c = end - 3; c < end; c++) data[c] = 255 + ((data[c]! - 255) * alpha) / 255;
    data[end] = 255;
  }
  return transparent;
}

/** The same photograph for the sheet of many. */
export function smaller({ width, height, data }: Opened): Photograph {
  const shrink = Math.min(1, SMALL / Math.max(width, height));
  if (shrink === 1) return { width, height, data };
  const whole = canvasOf(width, height);
  whole.putImageData(new ImageData(data, width, height), 0, 0);
  return drawn(whole.canvas, Math.max(1, Math.round(width * shrink)), Math.max(1, Math.round(height * shrink)));
}

function canvasOf(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas.getContext("2d", { willReadFrequently: true })!;
}

function drawn(source: CanvasImageSource, width: number, height: number): { width: number; height: number; data: Uint8ClampedArray<ArrayBuffer> } {
  const context = canvasOf(width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  return { width, height, data: context.getImageData(0, 0, width, height).data as Uint8ClampedArray<ArrayBuffer> };
}

type Rgb = readonly [number, number, number];

function made(width: number, height: number, at: (x: number, y: number) => Rgb): Opened {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++) data.set([...at(i % width, Math.floor(i / width)), 255], 4 * i);
  return { width, height, data, from: { width, height } };
}

const grey = (level: number): Rgb => [level, level, level];

/** Rings that grow finer outward, up to the finest wave that cells can hold. */
export function ringsAt(x: number, y: number): Rgb {
  const [across, down] = [(x * 512) / 511 - 256, (y * 512) / 511 - 256];
  return grey(Math.round(127.5 + 127.5 * Math.cos((Math.PI / 512) * (across * across + down * down))));
}

/** Six fields: a slope, a disc, stripes, squares, points and lines, colours. */
export function shapesAt(x: number, y: number): Rgb {
  const [column, row] = [Math.floor(x / 160), Math.floor(y / 160)];
  const [u, v] = [(x % 160) - 80, (y % 160) - 80];
  switch (3 * row + column) {
    case 0:
      return grey(Math.round(((u + 80) / 159) * 255));
    case 1:
      return u * u + v * v < 52 * 52 ? [240, 196, 64] : [38, 70, 120];
    case 2:
      return grey(Math.floor((v < 0 ? u + v : u - v) / (u < 0 ? 6 : 3)) % 2 === 0 ? 230 : 30);
    case 3:
      return grey((Math.floor((u + 80) / 20) + Math.floor((v + 80) / 20)) % 2 ? 215 : 70);
    case 4:
      return Math.abs(v - 30) < 1 || Math.abs(u + 40) < 2 || Math.abs(u - v - 40) < 2 || (u % 24 === 12 && v % 24 === -12)
        ? grey(250)
        : grey(24);
    default:
      return [u < -10 ? 205 : 45, v < 10 ? 165 : 60, Math.abs(u) + Math.abs(v) < 50 ? 225 : 75];
  }
}
