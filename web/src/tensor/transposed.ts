/** Transposed convolution: the adjoint of convolution, which sends each input cell to a window of the output. */

import { eachWindow } from "./cells.ts";
import { checkShape, firstChannel, laidOn } from "./convolve.ts";
import type { ConvSpec } from "./geometry.ts";
import { type Shape, type Tensor, flatIndex, product, tensor } from "./tensor.ts";
import { type TransposedOptions, transposedSpec } from "./transposed-geometry.ts";
import { type Place, checkCell, kernelCellAt, total, windowsOver } from "./window.ts";

/**
 * Transposed convolution:
 *
 *     y[n, k, s·i + d·t − p] += w[c, k, t] · x[n, c, i].
 *
 * What falls on a border's copy of a cell is added to that cell; what falls on a constant is lost.
 *
 * @param x (N, C, size…), or (C, size…).
 * @param weight (C, K / groups, kernel size…), of the convolution that goes the other way.
 * @param bias One number for each output channel, or null.
 */
export function convTransposed(
  x: Tensor, weight: Tensor, bias: Tensor | null = null, options: TransposedOptions = {},
): Tensor {
  const spec = transposedSpec(x.shape, weight.shape, options);
  if (bias) checkShape("bias", bias, [spec.inChannels]);
  const result = sentBack(spec, weight, x);
  if (bias) {
    const cells = product(spec.inputSize);
    result.data.forEach((value, i) => {
      result.data[i] = value + bias.data[Math.floor(i / cells) % spec.inChannels]!;
    });
  }
  return result;
}

/** Sends numbers at a convolution's output back to the input cells of their windows: also its input gradient. */
export function sentBack(spec: ConvSpec, weight: Tensor, grad: Tensor): Tensor {
  checkShape("weight", weight, spec.weightShape);
  checkShape("output", grad, spec.outputShape);
  const w = laidOn(spec, weight).data;
  const result = tensor(spec.inputShape);
  const [inCells, outCells, taps] = [product(spec.inputSize), product(spec.outputSize), product(spec.kernelSize)];
  const perGroup = spec.weightShape[1]!;
  eachWindow(spec, (output, cells) => {
    for (let n = 0; n < spec.batch; n++) {
      for (let k = 0; k < spec.outChannels; k++) {
        const sent = grad.data[(n * spec.outChannels + k) * outCells + output]!;
        const first = firstChannel(spec, k);
        for (let c = 0; c < perGroup; c++) {
          const plane = (n * spec.inChannels + first + c) * inCells;
          const own = (k * perGroup + c) * taps;
          for (let t = 0; t < taps; t++) if (cells[t]! >= 0) result.data[plane + cells[t]!]! += w[own + t]! * sent;
        }
      }
    }
  });
  return result;
}

/** What one input cell of a transposed convolution sends to one output cell. */
export interface Sent extends Place {
  /** The input channel (the kernel of the convolution that goes the other way), and the input cell. */
  readonly channel: number;
  readonly from: Shape;
  readonly kernelCell: Shape;
  readonly value: number;
  readonly weight: number;
  readonly product: number;
}

/** An output cell of a transposed convolution worked out: result = bias + Σ terms. */
export interface GatheredCell {
  readonly item: number;
  readonly channel: number;
  readonly cell: Shape;
  readonly terms: readonly Sent[];
  readonly bias: number | null;
  readonly result: number;
}

/**
 * Works out one output cell of a transposed convolution: every input cell that reaches it, and by which weight.
 *
 * `spec` is that of `transposedSpec`. A term's `position` is where its product falls in the uncut output; another
 * place than the cell itself where a border leads it there.
 */
export function gather(
  spec: ConvSpec, x: Tensor, weight: Tensor, bias: Tensor | null, cell: Shape, channel = 0, item = 0,
): GatheredCell {
  checkShape("input", x, spec.outputShape);
  checkShape("weight", weight, spec.weightShape);
  checkCell([item, channel, ...cell], [spec.batch, spec.inChannels, ...spec.inputSize]);
  const laid = laidOn(spec, weight);
  const perGroup = spec.weightShape[1]!;
  const [outCells, taps] = [product(spec.outputSize), product(spec.kernelSize)];
  const kernels = Array.from({ length: spec.outChannels }, (_, k) => k).filter((k) => {
    const c = channel - firstChannel(spec, k);
    return c >= 0 && c < perGroup;
  });
  const terms = windowsOver(spec, cell).flatMap(({ cell: from, ...place }) =>
    kernels.map((k): Sent => {
      const value = x.data[(item * spec.outChannels + k) * outCells + flatIndex(spec.outputSize, from)]!;
      const own = (k * perGroup + channel - firstChannel(spec, k)) * taps;
      const factor = laid.data[own + flatIndex(spec.kernelSize, place.tap)]!;
      const kernelCell = kernelCellAt(spec, place.tap);
      return { ...place, channel: k, from, kernelCell, value, weight: factor, product: value * factor };
    }),
  );
  const added = bias ? bias.data[channel]! : null;
  return { item, channel, cell: [...cell], terms, bias: added, result: total(terms) + (added ?? 0) };
}
