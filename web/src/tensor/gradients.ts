/** The backward pass of a convolution: what flows back to its input, weights and biases, also cell by cell. */

import { eachWindow, outsideValue } from "./cells.ts";
import { checkShape, firstChannel } from "./convolve.ts";
import { type ConvOptions, type ConvSpec, convSpec } from "./geometry.ts";
import { type Shape, type Tensor, flatIndex, product, tensor, turned, unflatten } from "./tensor.ts";
import { type GatheredCell, gather, sentBack } from "./transposed.ts";
import { type Place, checkCell, placesUnder, total } from "./window.ts";

/** dL/dX: every output cell's gradient is sent back to the input cells of its window. */
export function gradInput(grad: Tensor, weight: Tensor, inputShape: Shape, options: ConvOptions = {}): Tensor {
  return sentBack(convSpec(inputShape, weight.shape, options), weight, grad);
}

/** dL/dW: one sum over all windows for each weight, Σ dL/dy[n, k, o] · x[n, c, s·o + d·t − p]. */
export function gradWeight(grad: Tensor, x: Tensor, weightShape: Shape, options: ConvOptions = {}): Tensor {
  const spec = convSpec(x.shape, weightShape, options);
  checkShape("output", grad, spec.outputShape);
  const result = tensor(weightShape);
  const [inCells, outCells, taps] = [product(spec.inputSize), product(spec.outputSize), product(spec.kernelSize)];
  const perGroup = spec.weightShape[1]!;
  eachWindow(spec, (output, cells) => {
    for (let n = 0; n < spec.batch; n++) {
      for (let k = 0; k < spec.outChannels; k++) {
        const sent = grad.data[(n * spec.outChannels + k) * outCells + output]!;
        for (let c = 0; c < perGroup; c++) {
          const plane = (n * spec.inChannels + firstChannel(spec, k) + c) * inCells;
          const own = (k * perGroup + c) * taps;
          for (let t = 0; t < taps; t++) {
            result.data[own + t]! += sent * (cells[t]! < 0 ? outsideValue(spec) : x.data[plane + cells[t]!]!);
          }
        }
      }
    }
  });
  return spec.flip ? turned(result) : result;
}

/** dL/db: the sum of each kernel's gradients; `dims` is the number of spatial axes. */
export function gradBias(grad: Tensor, dims: number): Tensor {
  const kernels = grad.shape[grad.shape.length - dims - 1]!;
  const cells = product(grad.shape.slice(-dims));
  const result = tensor([kernels]);
  grad.data.forEach((sent, i) => {
    result.data[Math.floor(i / cells) % kernels]! += sent;
  });
  return result;
}

/** One cell of dL/dX worked out: every output cell whose window holds it, and by which weight. */
export function inputGradientCell(
  spec: ConvSpec, grad: Tensor, weight: Tensor, cell: Shape, channel = 0, item = 0,
): GatheredCell {
  return gather(spec, grad, weight, null, cell, channel, item);
}

/** What one output cell adds to the gradient of a weight: its own gradient times the number that the weight met. */
export interface WeightTerm extends Place {
  readonly item: number;
  readonly output: Shape;
  readonly grad: number;
  readonly value: number;
  readonly product: number;
}

/** One cell of dL/dW worked out. */
export interface WeightGradientCell {
  readonly kernel: number;
  /** Of the input. */
  readonly channel: number;
  readonly kernelCell: Shape;
  readonly terms: readonly WeightTerm[];
  readonly result: number;
}

/** Works out one cell of dL/dW; `channel` counts within the kernel's group, `kernelCell` in the kernel as given. */
export function weightGradientCell(
  spec: ConvSpec, grad: Tensor, x: Tensor, kernelCell: Shape, kernel = 0, channel = 0,
): WeightGradientCell {
  checkShape("output", grad, spec.outputShape);
  checkShape("input", x, spec.inputShape);
  checkCell([kernel, channel, ...kernelCell], spec.weightShape);
  const tap = flatIndex(spec.kernelSize, kernelCell);
  const laid = spec.flip ? product(spec.kernelSize) - 1 - tap : tap;
  const seen = firstChannel(spec, kernel) + channel;
  const [inCells, outCells] = [product(spec.inputSize), product(spec.outputSize)];
  const terms = Array.from({ length: spec.batch * outCells }, (_, i): WeightTerm => {
    const [item, at] = [Math.floor(i / outCells), i % outCells];
    const output = unflatten(spec.outputSize, at);
    const place = placesUnder(spec, output)[laid]!;
    const plane = (item * spec.inChannels + seen) * inCells;
    const value = place.source ? x.data[plane + flatIndex(spec.inputSize, place.source)]! : outsideValue(spec);
    const sent = grad.data[(item * spec.outChannels + kernel) * outCells + at]!;
    return { ...place, item, output, grad: sent, value, product: sent * value };
  });
  return { kernel, channel: seen, kernelCell: [...kernelCell], terms, result: total(terms) };
}
