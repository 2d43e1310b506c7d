/** One pixel of a filtered photograph worked out: what a hover over the zoomed picture shows. */

import { type BorderLike, parseBorder, sourceIndex } from "./borders.ts";
import { reachAround } from "./kernels.ts";
import { LUMINANCE, type Photograph } from "./photo-planes.ts";
import { type PhotoOptions, shading } from "./photo.ts";
import type { Shape, Tensor } from "./tensor.ts";
import { checkCell } from "./window.ts";

/** A pixel under a weight. */
export interface PixelTerm {
  /** Where it lies: [row, column]; outside the picture where negative or too large. */
  readonly position: Shape;
  /** The pixel that the border shows there; null for a constant. */
  readonly source: Shape | null;
  readonly weight: number;
  /** One number a channel: three, or the luminance alone. */
  readonly values: readonly number[];
  readonly products: readonly number[];
}

export interface WorkedPixel {
  readonly terms: readonly PixelTerm[];
  /** The exact sum of each channel, and the level from 0 to 255 that it is shown as. */
  readonly sums: readonly number[];
  readonly levels: readonly number[];
}

/** Works out one pixel as `filterPhotograph` shows it. */
export function workOutPixel(
  photograph: Photograph, kernel: Tensor, row: number, column: number, options: PhotoOptions = {},
): WorkedPixel {
  const { channels = "each", response = "clip", gain, flip = false } = options;
  checkCell([row, column], [photograph.height, photograph.width]);
  const border: BorderLike = options.border ?? "reflect";
  const { mode, value: outside } = parseBorder(border);
  const columns = kernel.shape[1]!;
  const [[above], [before]] = reachAround(kernel, flip) as [[number, number], [number, number]];
  const count = channels === "each" ? 3 : 1;
  const terms = Array.from(kernel.data, (_, i): PixelTerm => {
    const position = [row - above + Math.floor(i / columns), column - before + (i % columns)];
    const r = sourceIndex(position[0]!, photograph.height, mode);
    const c = sourceIndex(position[1]!, photograph.width, mode);
    const source = r < 0 || c < 0 ? null : [r, c];
    const values = source ? levelsAt(photograph, r, c, count) : new Array<number>(count).fill(outside);
    const weight = kernel.data[flip ? kernel.data.length - 1 - i : i]!;
    return { position, source, weight, values, products: values.map((value) => value * weight) };
  });
  const { scale, offset } = shading(kernel, response, gain);
  const sums = Array.from({ length: count }, (_, channel) =>
    terms.reduce((all, { products }) => all + products[channel]!, 0),
  );
  const shades = sums.map((sum) => offset + scale * (response === "absolute" ? Math.abs(sum) : sum));
  return { terms, sums, levels: [...Uint8ClampedArray.from(shades)] };
}

function levelsAt({ width, data }: Photograph, row: number, column: number, count: number): number[] {
  const at = 4 * (row * width + column);
  const colours = [data[at]!, data[at + 1]!, data[at + 2]!];
  if (count === 3) return colours;
  return [Math.round(colours.reduce((all, level, i) => all + LUMINANCE[i]! * level, 0))];
}
