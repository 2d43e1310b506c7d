/** Winograd's minimal filtering on one tile: F(2, 3) along a signal, and F(2 × 2, 3 × 3) on a picture. */

import { sourceAt, positionAt } from "../../tensor/cells.ts";
import { multiply, tensor, transpose, type Tensor } from "../../tensor/tensor.ts";
import { F23, hasTiles, winogradTiles } from "../../tensor/winograd.ts";
import type { Work } from "./work.ts";

/** What one channel gives to the tile. */
export interface Part {
  data: Tensor;
  transformedData: Tensor;
  weights: Tensor;
  transformedWeights: Tensor;
  products: Tensor;
}

export interface WorkedTile {
  kernel: number;
  /** The output cell of its first corner, and how many cells along each dimension the output has of it. */
  first: number[];
  size: number[];
  parts: Part[];
  /** The products, summed over channels. */
  sum: Tensor;
  output: Tensor;
  /** Products that the tile takes, and that the definition takes, a channel. */
  products: readonly [tile: number, loops: number];
}

/** Whether there are no tiles. */
export function tileRefusal({ dims, made, weight, setup }: Work): boolean {
  if (!made) return true;
  if (dims === 2) return !hasTiles(made.spec);
  return weight.shape.at(-1) !== 3 || setup.stride !== 1 || setup.dilation !== 1;
}

/** The tile that an output cell lies in: kernel and coordinates. */
export function tileOf(work: Work, [kernel, ...cell]: readonly number[]): WorkedTile {
  const first = cell.map((n) => n - (n % 2));
  if (work.dims === 1) return signalTile(work, kernel!, first);
  const { spec } = work.made!;
  const tiles = winogradTiles(spec, work.input, work.weight, null, kernel);
  const tile = tiles.find(({ row, column }) => row === first[0] && column === first[1])!;
  const { channels: parts, sum, output } = tile;
  return { kernel: kernel!, first, size: [tile.rows, tile.columns], parts: [...parts], sum, output, products: [16, 36] };
}

function signalTile({ input, channels, made }: Work, kernel: number, first: number[]): WorkedTile {
  const { spec, laid } = made!;
  const cells = input.shape[1]!;
  const parts = Array.from({ length: channels }, (_, channel): Part => {
    const data = tensor([4, 1], Array.from({ length: 4 }, (_, tap) => {
      const source = sourceAt(spec, 0, positionAt(spec, 0, first[0]!, tap));
      return source < 0 ? 0 : input.data[channel * cells + source]!;
    }));
    const from = (kernel * channels + channel) * 3;
    const weights = tensor([3, 1], laid.data.subarray(from, from + 3));
    const [transformedData, transformedWeights] = [multiply(F23.data, data), multiply(F23.kernel, weights)];
    const products = tensor([4, 1], transformedData.data.map((value, i) => value * transformedWeights.data[i]!));
    return { data, transformedData, weights, transformedWeights, products };
  });
  const sum = tensor([4, 1]);
  for (const { products } of parts) products.data.forEach((value, i) => (sum.data[i]! += value));
  const size = [Math.min(2, spec.outputSize[0]! - first[0]!)];
  return { kernel, first, size, parts, sum, output: multiply(F23.output, sum), products: [4, 6] };
}

export const MATRICES = {
  data: F23.data,
  kernel: F23.kernel,
  output: F23.output,
  dataBack: transpose(F23.data),
  kernelBack: transpose(F23.kernel),
  outputBack: transpose(F23.output),
} as const;
