/** One pixel of the gallery: the numbers around it, and its sum. */

import type { Piece } from "../../parts/formula.ts";
import { number } from "../../parts/numbers.ts";
import { gradientKernels } from "../../tensor/photo-edges.ts";
import { LUMINANCE, type Photograph } from "../../tensor/photo-planes.ts";
import { workOutPixel } from "../../tensor/photo-window.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { GalleryState } from "./state.ts";

const [ROWS, COLUMNS] = [7, 9];

/** The pixels of the loupe: around the chosen one, as far as the photograph goes. */
export function windowAround([row, column]: readonly [number, number], { width, height }: { width: number; height: number }) {
  const [rows, columns] = [Math.min(ROWS, height), Math.min(COLUMNS, width)];
  const first = (middle: number, count: number, size: number) => Math.max(0, Math.min(size - count, middle - Math.floor(count / 2)));
  return { row: first(row, rows, height), column: first(column, columns, width), rows, columns };
}

/** The level of a channel, or of the luminance. */
export function levelAt({ width, data }: { width: number; data: ArrayLike<number> }, row: number, column: number, channel: number | null): number {
  const at = 4 * (row * width + column);
  return channel === null ? Math.round(LUMINANCE.reduce((all, part, i) => all + part * data[at + i]!, 0)) : data[at + channel]!;
}

export interface Worked {
  values: number[];
  weights: number[];
  products: number[];
  /** Which of them the border shows. */
  outside: boolean[];
  sum: number;
  level: number;
}

type Options = Pick<GalleryState, "channels" | "border" | "display" | "gain" | "flip" | "channel">;

export function workedAt(photograph: Photograph, kernel: Tensor, [row, column]: readonly [number, number], options: Options): Worked {
  const { channels, border, display, gain, flip } = options;
  const { terms, sums, levels } = workOutPixel(photograph, kernel, row, column, { channels, border, response: display, gain, flip });
  const channel = channels === "each" ? options.channel : 0;
  return {
    values: terms.map(({ values }) => values[channel]!),
    weights: terms.map(({ weight }) => weight),
    products: terms.map(({ products }) => products[channel]!),
    outside: terms.map(({ source, position }) => source === null || source.some((n, axis) => n !== position[axis])),
    sum: sums[channel]!,
    level: levels[channel]!,
  };
}

/** The change to the right and downward at a pixel, and the sum of the weights that smooth it. */
export function gradientAt(photograph: Photograph, pixel: readonly [number, number], state: GalleryState): { x: number; y: number; smoothing: number } {
  const { across, down } = gradientKernels(state.operator);
  const options: Options = { ...state, channels: state.measure === "direction" ? "luminance" : state.channels, display: "clip", flip: false };
  const [x, y] = [across, down].map((kernel) => workedAt(photograph, kernel, pixel, options).sum) as [number, number];
  return { x, y, smoothing: across.data.reduce((all, weight) => all + Math.max(weight, 0), 0) };
}

const degreesOf = (x: number, y: number): number => (Math.atan2(0 - y, x) * 180) / Math.PI;

/** An arrow for every 45 degrees. */
export const ARROWS = ["→", "↗", "↑", "↖", "←", "↙", "↓", "↘"] as const;

/** Where the photograph gets brighter at a pixel, as an arrow and in degrees; a point where it is flat. */
export function directionAt(photograph: Photograph, pixel: readonly [number, number], state: GalleryState): { arrow: string; degrees: string } {
  const { x, y } = gradientAt(photograph, pixel, state);
  if (x === 0 && y === 0) return { arrow: "·", degrees: "–" };
  const degrees = degreesOf(x, y);
  return { arrow: ARROWS[(Math.round(degrees / 45) + 8) % 8]!, degrees: `${number(Math.round(degrees))}°` };
}

/** How steep the photograph is at a pixel and in which direction, with the numbers put in. */
export function gradientPieces(photograph: Photograph, pixel: readonly [number, number], state: GalleryState): Piece[] {
  const { x, y, smoothing } = gradientAt(photograph, pixel, state);
  const sign = (text: string): Piece => ({ kind: "sign", text });
  const write = (value: number): Piece => ({ kind: "number", text: number(value) });
  if (state.measure === "direction") {
    return [sign("atan2("), write(0 - y), sign(", "), write(x), sign(")"), sign("="), { kind: "number", text: `${number(degreesOf(x, y), 4)}°` }];
  }
  const square = (value: number): Piece[] => [sign("("), write(value), sign(")²")];
  return [
    sign("√("), ...square(x), sign("+"), ...square(y), sign(")"), sign("/"), write(smoothing), sign("="), write(Math.hypot(x, y) / smoothing),
  ];
}
