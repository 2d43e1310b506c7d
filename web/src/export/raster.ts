/** Drawings as pixels. */

import { texts } from "../texts/index.ts";

const SHARPNESS = 2;

/** The size that a drawing says it has. */
export function drawnSize(svg: string): { width: number; height: number } {
  const [, width, height] = /<svg[^>]*? width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
  return { width: Number(width), height: Number(height) };
}

/** Gives all drawings room for the largest, so that nothing moves from one to the next. */
export function enlarged(drawings: readonly string[]): string[] {
  const sizes = drawings.map(drawnSize);
  const [width, height] = [Math.max(...sizes.map((size) => size.width)), Math.max(...sizes.map((size) => size.height))];
  return drawings.map((svg) => svg.replace(/ width="[^"]*" height="[^"]*" viewBox="[^"]*"/, ` width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`));
}

export async function loaded(svg: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`; // VS Code may forbid pictures from blobs
  await image.decode();
  return image;
}

/** Draws what is loaded onto a canvas, one over the other. */
export function draw(images: Iterable<HTMLImageElement>, canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  for (const image of images) context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return context;
}

export function canvasFor(svg: string, sharpness: number): HTMLCanvasElement {
  const { width, height } = drawnSize(svg);
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * sharpness);
  canvas.height = Math.ceil(height * sharpness);
  return canvas;
}

export async function pngOf(svg: string): Promise<Blob> {
  const canvas = canvasFor(svg, SHARPNESS);
  draw([await loaded(svg)], canvas);
  return await new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error(texts.toolbar.tooLarge))), "image/png");
  });
}
