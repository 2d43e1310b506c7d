/** What the input is drawn with: a picture, shrunk to the input's rows and columns. */

import { openSample, type Opened } from "../gallery/photographs.ts";
import type { SizesState } from "./state.ts";

const MOST = 320; // pixels a side that are drawn, however large the input is

/** The middle of a sample, or of the viewer's photograph, in so many rows and columns, as the address of a PNG; one channel is grey. */
export async function pictureOf(
  name: SizesState["picture"], own: Opened | null, channels: number, rows: number, columns: number,
): Promise<string | null> {
  if (name === "none") return null;
  const whole = name === "digit" ? digit() : photograph(name === "own" && own ? own : await openSample(name), channels === 1);
  const { width, height } = whole.canvas;
  const shrink = Math.min(1, MOST / Math.max(rows, columns));
  const canvas = canvasOf(Math.max(1, Math.round(columns * shrink)), Math.max(1, Math.round(rows * shrink)));
  const scale = Math.min(width / columns, height / rows);
  const [wide, tall] = [columns * scale, rows * scale];
  canvas.imageSmoothingQuality = "high";
  canvas.drawImage(whole.canvas, (width - wide) / 2, (height - tall) / 2, wide, tall, 0, 0, canvas.canvas.width, canvas.canvas.height);
  return canvas.canvas.toDataURL("image/png");
}

function photograph({ width, height, data }: Opened, grey: boolean): CanvasRenderingContext2D {
  const whole = canvasOf(width, height);
  whole.putImageData(new ImageData(grey ? greyed(data) : data, width, height), 0, 0);
  return whole;
}

/** A five, as somebody might write it. */
function digit(): CanvasRenderingContext2D {
  const canvas = canvasOf(280, 280);
  canvas.fillRect(0, 0, 280, 280);
  canvas.strokeStyle = "#fff";
  canvas.lineWidth = 26;
  canvas.lineCap = canvas.lineJoin = "round";
  canvas.stroke(new Path2D("M196 58 L116 62 L104 134 C150 104 208 128 202 176 C196 232 122 240 78 208"));
  return canvas;
}

function greyed(data: Opened["data"]): Opened["data"] {
  const grey = data.slice();
  for (let i = 0; i < data.length; i += 4) grey.fill(0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!, i, i + 3);
  return grey;
}

function canvasOf(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas.getContext("2d")!;
}
