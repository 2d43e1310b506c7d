/** Winograd's minimal filtering F(2, 3): 2 × 2 outputs of a 3 × 3 kernel by 16 products instead of 36. */

import { outsideValue, positionAt, sourceAt } from "./cells.ts";
import { checkShape, firstChannel, laidOn } from "./convolve.ts";
import type { ConvSpec } from "./geometry.ts";
import { refuse } from "./refusals.ts";
import { type Tensor, fromNested, multiply, product, tensor, transpose } from "./tensor.ts";

/**
 * The matrices of y = Aᵀ [(G g) ⊙ (Bᵀ d)], from the points 0, 1, −1 and infinity.
 *
 * A. Lavin, S. Gray, Fast algorithms for convolutional neural networks, 2016, doi:10.1109/CVPR.2016.435.
 */
export const F23 = {
  /** Aᵀ: sums products to outputs. */
  output: fromNested([[1, 1, 1, 0], [0, 1, -1, 1]]),
  /** G: turns 3 weights into 4. */
  kernel: fromNested([[-1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]),
  /** Bᵀ: turns 4 inputs into 4. */
  data: fromNested([[-1, 0, 1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]]),
} as const;

/** What one channel gives to a tile; all matrices but the weights are 4 × 4. */
export interface TileChannel {
  /** Of the input. */
  readonly channel: number;
  /** d: the inputs under the tile. */
  readonly data: Tensor;
  /** Bᵀ d B. */
  readonly transformedData: Tensor;
  /** g: the weights as they are laid on, 3 × 3. */
  readonly weights: Tensor;
  /** G g Gᵀ. */
  readonly transformedWeights: Tensor;
  /** One multiplied by the other, cell by cell. */
  readonly products: Tensor;
}

/** One tile of 2 × 2 output cells with all that leads to it. */
export interface Tile {
  /** The output cell of its first corner. */
  readonly row: number;
  readonly column: number;
  readonly channels: readonly TileChannel[];
  /** The products, summed over channels. */
  readonly sum: Tensor;
  /** Aᵀ sum A and the bias; cells beyond the output's end are computed for nothing. */
  readonly output: Tensor;
  /** How many of its rows and columns the output has. */
  readonly rows: number;
  readonly columns: number;
}

/** A matrix from both sides: m x mᵀ. */
export function sandwich(m: Tensor, x: Tensor): Tensor {
  return multiply(multiply(m, x), transpose(m));
}

/** Whether a convolution has such tiles. */
export function hasTiles(spec: ConvSpec): boolean {
  const plain = spec.dims === 2 && [...spec.stride, ...spec.dilation].every((n) => n === 1);
  return plain && spec.kernelSize.every((n) => n === 3);
}

/** Works out all tiles of one kernel's output, row by row. */
export function winogradTiles(
  spec: ConvSpec, x: Tensor, weight: Tensor, bias: Tensor | null = null, kernel = 0, item = 0,
): Tile[] {
  if (!hasTiles(spec)) refuse("minimal", spec.kernelSize, spec.stride, spec.dilation);
  checkShape("input", x, spec.inputShape);
  checkShape("weight", weight, spec.weightShape);
  const laid = laidOn(spec, weight);
  const perGroup = spec.weightShape[1]!;
  const channels = Array.from({ length: perGroup }, (_, c) => {
    const own = (kernel * perGroup + c) * 9;
    const weights = tensor([3, 3], laid.data.subarray(own, own + 9));
    return { channel: firstChannel(spec, kernel) + c, weights, transformedWeights: sandwich(F23.kernel, weights) };
  });
  const [height, width] = spec.outputSize as [number, number];
  const tiles: Tile[] = [];
  for (let row = 0; row < height; row += 2) {
    for (let column = 0; column < width; column += 2) {
      const parts = channels.map((part): TileChannel => {
        const data = inputsUnder(spec, x, item, part.channel, row, column);
        const transformedData = sandwich(F23.data, data);
        const products = tensor([4, 4], transformedData.data.map((v, i) => v * part.transformedWeights.data[i]!));
        return { ...part, data, transformedData, products };
      });
      const sum = tensor([4, 4]);
      for (const { products } of parts) products.data.forEach((value, i) => (sum.data[i]! += value));
      const output = sandwich(F23.output, sum);
      if (bias) output.data.forEach((value, i) => (output.data[i] = value + bias.data[kernel]!));
      const [rows, columns] = [Math.min(2, height - row), Math.min(2, width - column)];
      tiles.push({ row, column, channels: parts, sum, output, rows, columns });
    }
  }
  return tiles;
}

function inputsUnder(spec: ConvSpec, x: Tensor, item: number, channel: number, row: number, column: number): Tensor {
  const plane = (item * spec.inChannels + channel) * product(spec.inputSize);
  const data = tensor([4, 4]);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      const r = sourceAt(spec, 0, positionAt(spec, 0, row, i));
      const c = sourceAt(spec, 1, positionAt(spec, 1, column, j));
      data.data[i * 4 + j] = r < 0 || c < 0 ? outsideValue(spec) : x.data[plane + r * spec.inputSize[1]! + c]!;
    }
  }
  return data;
}
