/** Convolution in one, two and three dimensions, as it is defined. */

import { outsideValue, seenBy, taken } from "./cells.ts";
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
  const { cells, starts, offsets } = seenBy(spec);
  const [inCells, taps, perGroup] = [product(spec.inputSize), offsets.length, spec.weightShape[1]!];
  for (let n = 0; n < spec.batch; n++) {
    const planes = Array.from({ length: spec.inChannels }, (_, c) => {
      const plane = (n * spec.inChannels + c) * inCells;
      return taken(x.data.subarray(plane, plane + inCells), cells, outsideValue(spec));
    });
    for (let k = 0; k < spec.outChannels; k++) {
      const first = firstChannel(spec, k);
      const weights = w.subarray(k * perGroup * taps, (k + 1) * perGroup * taps);
      const at = (n * spec.outChannels + k) * starts.length;
      const sums = result.data.subarray(at, at + starts.length);
      addUp(planes.slice(first, first + perGroup), weights, starts, offsets, bias ? bias.data[k]! : 0, sums);
    }
  }
  return result;
}

/** The sums of products of all windows over some channels, each in the order of the weights. */
function addUp(
  planes: readonly Float64Array[], weights: Float64Array, starts: Int32Array, offsets: Int32Array, bias: number,
  sums: Float64Array,
): void {
  // Four windows at once: each addition to a sum waits for the one before, those to other sums do not.
  for (let first = 0; first < starts.length; first += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => starts[Math.min(first + i, starts.length - 1)]!) as [number, number, number, number];
    let [p, q, r, s] = [0, 0, 0, 0];
    let own = 0;
    for (const plane of planes) {
      for (const offset of offsets) {
        const weight = weights[own++]!;
        p += weight * plane[a + offset]!;
        q += weight * plane[b + offset]!;
        r += weight * plane[c + offset]!;
        s += weight * plane[d + offset]!;
      }
    }
    [p, q, r, s].forEach((sum, i) => {
      sums[first + i] = sum + bias; // beyond the end nothing is written
    });
  }
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
