/** Windows as columns (im2col), and back: the convolution as one matrix product, cell linked with window. */

import { eachWindow, outsideValue } from "./cells.ts";
import { type ConvOptions, type ConvSpec, convSpec } from "./geometry.ts";
import { checkShape, laidOn } from "./convolve.ts";
import { type Shape, type Tensor, product, reshape, tensor } from "./tensor.ts";

/** A matrix of windows, and where its cells come from. */
export interface Unfolded {
  /** A convolution of one kernel a channel with the same window, for shapes and places. */
  readonly spec: ConvSpec;
  /**
   * (C · ∏ kernel size, L), or (N, …): a column for each of the L windows, row by row. Down a column the channel
   * counts slowest, then the kernel's rows.
   */
  readonly columns: Tensor;
  /** For each cell of `columns` the flat cell of the input that it shows, or −1 where a constant lies. */
  readonly sources: Int32Array;
}

/** Writes every window as a column. */
export function unfold(x: Tensor, kernelSize: Shape, options: ConvOptions = {}): Unfolded {
  const channels = x.shape[x.shape.length - kernelSize.length - 1] ?? 1;
  const spec = convSpec(x.shape, [1, channels, ...kernelSize], options);
  const [cells, windows, taps] = [product(spec.inputSize), product(spec.outputSize), product(kernelSize)];
  const rows = channels * taps;
  const columns = tensor([...(spec.hasBatch ? [spec.batch] : []), rows, windows]);
  const sources = new Int32Array(columns.data.length).fill(-1);
  eachWindow(spec, (output, under) => {
    for (let plane = 0; plane < spec.batch * channels; plane++) {
      for (let t = 0; t < taps; t++) {
        const at = (plane * taps + t) * windows + output;
        if (under[t]! >= 0) sources[at] = plane * cells + under[t]!;
        columns.data[at] = under[t]! < 0 ? outsideValue(spec) : x.data[sources[at]!]!;
      }
    }
  });
  return { spec, columns, sources };
}

/** Puts columns back to where `unfold` takes them from, and adds up what overlaps (col2im): its adjoint. */
export function fold({ spec, columns, sources }: Unfolded): Tensor {
  const result = tensor(spec.inputShape);
  sources.forEach((source, at) => {
    if (source >= 0) result.data[source]! += columns.data[at]!;
  });
  return result;
}

/** The kernels, as they are laid on, as rows that meet the columns of a group: (K, C / groups · ∏ kernel size). */
export function kernelRows(spec: ConvSpec, weight: Tensor): Tensor {
  checkShape("weight", weight, spec.weightShape);
  return reshape(laidOn(spec, weight), [spec.outChannels, spec.weights / spec.outChannels]);
}

/** The cells of a linked matrix, flat, that show an input cell. */
export function entriesOf(sources: Int32Array, cell: number): number[] {
  const found: number[] = [];
  sources.forEach((source, at) => {
    if (source === cell) found.push(at);
  });
  return found;
}
