/** What the ways of computing one convolution take: loops, im2col, Winograd's tiles and the FFT. */

import type { ConvSpec } from "./geometry.ts";
import { product } from "./tensor.ts";
import { hasTiles } from "./winograd.ts";

/** Counts for all items of the batch. */
export interface Count {
  /** Multiplications and additions of numbers. */
  readonly operations: number;
  readonly multiplications: number;
  /** Numbers held at once beside input, weights and output. */
  readonly workspace: number;
  /** Operations on the weights alone, which are done once and not counted above. */
  readonly once: number;
}

/** The definition: a multiplication and an addition for each weight at each output cell. */
export function countLoops(spec: ConvSpec): Count {
  return { operations: 2 * spec.macs, multiplications: spec.macs, workspace: 0, once: 0 };
}

/** The same sums as one matrix product, with every window of an item held as a column. */
export function countColumns(spec: ConvSpec): Count {
  const columns = spec.inChannels * product(spec.kernelSize) * product(spec.outputSize);
  return { ...countLoops(spec), workspace: columns };
}

/**
 * Tiles of F(2, 3): 16 products a tile, kernel and channel; 32 additions transform a tile's data, 24 its sums, and
 * 28 operations a kernel. Null where there are no such tiles.
 */
export function countTiles(spec: ConvSpec): Count | null {
  if (!hasTiles(spec)) return null;
  const tiles = product(spec.outputSize.map((cells) => Math.ceil(cells / 2)));
  const kernels = product(spec.weightShape.slice(0, 2));
  const multiplications = spec.batch * tiles * 16 * kernels;
  const transforms = spec.batch * tiles * (32 * spec.inChannels + 24 * spec.outChannels);
  const additions = multiplications - spec.batch * tiles * 16 * spec.outChannels;
  return {
    operations: multiplications + additions + transforms,
    multiplications,
    workspace: 16 * (kernels + tiles * (spec.inChannels + spec.outChannels)),
    once: 28 * kernels,
  };
}

/**
 * The whole padded image through the FFT: 2.5 n log₂ n for each transform of n real numbers, and 8 for each complex
 * product and its addition. The transforms of the weights are made once.
 */
export function countSpectra(spec: ConvSpec): Count {
  const size = spec.paddedSize.map(smooth);
  const cells = product(size);
  const transform = 2.5 * cells * Math.max(1, Math.log2(cells));
  const spectrum = product(size.slice(0, -1)) * (Math.floor(size[size.length - 1]! / 2) + 1);
  const kernels = product(spec.weightShape.slice(0, 2));
  const transforms = Math.trunc((spec.inChannels + spec.outChannels) * transform);
  return {
    operations: spec.batch * (transforms + 8 * spectrum * kernels),
    // Half of a transform's operations are multiplications at most; four of a complex product's eight.
    multiplications: spec.batch * Math.trunc(transforms / 2 + 4 * spectrum * kernels),
    workspace: 2 * spectrum * (kernels + spec.inChannels + 2 * spec.outChannels),
    once: Math.trunc(kernels * transform),
  };
}

/** The smallest product of 2, 3 and 5 that is no less than `length`: what the FFT does fast. */
export function smooth(length: number): number {
  for (let size = length; ; size++) {
    let rest = size;
    for (const prime of [2, 3, 5]) while (rest % prime === 0) rest /= prime;
    if (rest === 1) return size;
  }
}
