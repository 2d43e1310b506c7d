/** Convolution in one, two and three dimensions, as it is defined. */

import { eachWindow, outsideValue } from "./cells.ts";
import { type ConvOptions, type ConvSpec, convSpec } from "./geometry.ts";
import { refuse } from "./refusals.ts";
import { type Shape, type Tensor, product, sameShape, tensor, turned } from "./tensor.ts";

/**
 * Cross-correlation, or with `flip` convolution:
 *
 *     y[n, k, o] = b[k] + Σ w[k, c, t] · x[n, g·C/G + c, s·o + d·t − p],
 *
 * where g is the group of kernel k and cells of x outside the image are the border's.
 *
 * @param x (N, C, size…), or (C, size…).
 * @param weight (K, C / groups, kernel size…).
 * @param bias One number a kernel, or null.
 */
export function conv(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  return convolved(convSpec(x.shape, weight.shape, { ...options, bias: bias !== null }), x, weight, bias);
}

/** The same for a spec that is there already. */
export function convolved(spec: ConvSpec, x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  checkShape("input", x, spec.inputShape);
  checkShape("weight", weight, spec.weightShape);
  if (bias) checkShape("bias", bias, [spec.outChannels]);
  const w = laidOn(spec, weight).data;
  const result = tensor(spec.outputShape);
  const [inCells, outCells, taps] = [product(spec.inputSize), product(spec.outputSize), product(spec.kernelSize)];
  const perGroup = spec.weightShape[1]!;
  const outside = outsideValue(spec);
  const window = new Float64Array(spec.inChannels * taps);
  eachWindow(spec, (output, cells) => {
    for (let n = 0; n < spec.batch; n++) {
      const item = n * spec.inChannels * inCells;
      for (let c = 0; c < spec.inChannels; c++) {
        const plane = item + c * inCells;
        for (let t = 0; t < taps; t++) window[c * taps + t] = cells[t]! < 0 ? outside : x.data[plane + cells[t]!]!;
      }
      for (let k = 0; k < spec.outChannels; k++) {
        const first = firstChannel(spec, k) * taps;
        const own = k * perGroup * taps;
        const sum = dot(w, own, window, first, perGroup * taps);
        result.data[(n * spec.outChannels + k) * outCells + output] = sum + (bias ? bias.data[k]! : 0);
      }
    }
  });
  return result;
}

/** The sum of products of two stretches of numbers. */
function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += a[aStart + i]! * b[bStart + i]!;
  return sum;
}

/** The first input channel that kernel k sees: that of its group. */
export function firstChannel(spec: ConvSpec, kernel: number): number {
  return Math.floor(kernel / (spec.outChannels / spec.groups)) * spec.weightShape[1]!;
}

/** The kernels as they are laid on the window: turned by 180° if the spec says `flip`. */
export function laidOn(spec: ConvSpec, weight: Tensor): Tensor {
  return spec.flip ? turned(weight) : weight;
}

/** Refuses a tensor that is not of the shape that a spec says. */
export function checkShape(name: string, { shape }: Tensor, wanted: Shape): void {
  if (!sameShape(shape, wanted)) refuse("wantedShape", name, shape, wanted);
}
