/** Correlation and convolution of plain arrays, and the kernels that signals are filtered with. */

import { type BorderLike, parseBorder } from "./borders.ts";
import { convolved } from "./convolve.ts";
import { fft } from "./fourier.ts";
import { convSpec } from "./geometry.ts";
import { type Padding, type PerDimension, paddingName, wholeNumber } from "./padding.ts";
import { refuse } from "./refusals.ts";
import { type Tensor, product, reshape, tensor } from "./tensor.ts";

export interface ArrayOptions {
  /** "same" by default, which puts the kernel's centre, cell ⌊size / 2⌋ along each axis, on every cell. */
  readonly padding?: Padding;
  /** "symmetric" by default; zeros with padding "full". */
  readonly border?: BorderLike;
  readonly stride?: PerDimension;
  readonly dilation?: PerDimension;
}

/** Cross-correlates an array with a kernel of as many dimensions: y[o] = Σ w[t] · x[s·o + d·t − p]. */
export function correlate(array: Tensor, kernel: Tensor, options: ArrayOptions = {}): Tensor {
  const { padding = "same", ...rest } = options;
  const centred = paddingName(padding) === "same" ? "same-lower" : padding;
  return oneChannel(array, kernel, false, { ...rest, padding: centred });
}

/** Convolves: correlates with the kernel turned by 180°. */
export function convolve(array: Tensor, kernel: Tensor, options: ArrayOptions = {}): Tensor {
  return oneChannel(array, kernel, true, { padding: "same", ...options });
}

const LONG = 1 << 22; // products, from which on transforms are faster

function oneChannel(array: Tensor, kernel: Tensor, flip: boolean, options: ArrayOptions): Tensor {
  const dims = array.shape.length;
  if (dims < 1 || kernel.shape.length !== dims) refuse("sameDimensions", array.shape, kernel.shape);
  const full = options.padding !== undefined && paddingName(options.padding) === "full";
  const border = parseBorder(options.border ?? (full ? "constant" : "symmetric"));
  const spec = convSpec([1, ...array.shape], [1, 1, ...kernel.shape], { ...options, border, flip });
  const plain = dims === 1 && full && border.mode === "constant" && border.value === 0;
  if (plain && flip && spec.stride[0] === 1 && spec.dilation[0] === 1 && spec.macs > LONG) {
    return tensor(spec.outputSize, throughSpectra(array.data, kernel.data));
  }
  const result = convolved(spec, reshape(array, spec.inputShape), reshape(kernel, spec.weightShape));
  return reshape(result, spec.outputSize);
}

/** The full convolution of two signals as the product of their spectra. */
export function throughSpectra(a: Float64Array, b: Float64Array): Float64Array {
  const length = a.length + b.length - 1;
  const count = 2 ** Math.ceil(Math.log2(Math.max(length, 2)));
  // Two real signals in one complex one: a + i b. Its square's imaginary part is twice their product.
  const real = new Float64Array(count);
  const imaginary = new Float64Array(count);
  real.set(a);
  imaginary.set(b);
  fft(real, imaginary);
  for (let i = 0; i < count; i++) {
    const [u, v] = [real[i]!, imaginary[i]!];
    [real[i], imaginary[i]] = [u * u - v * v, 2 * u * v];
  }
  fft(real, imaginary, true);
  return imaginary.subarray(0, length).map((value) => value / (2 * count));
}

/** The mean of `cells` neighbours. */
export function movingAverage(cells: number): Tensor {
  return tensor([wholeNumber(cells, "cells", 1)], new Array<number>(cells).fill(1 / cells));
}

/** The mean of `cells` neighbours, those in the middle counting most: binomial weights, close to a Gaussian. */
export function binomial(cells: number): Tensor {
  let row = [1];
  for (let n = 1; n < wholeNumber(cells, "cells", 1); n++) {
    row = [1, ...row.slice(1).map((value, i) => value + row[i]!), 1];
  }
  const sum = 2 ** (cells - 1);
  return tensor([cells], row.map((value) => value / sum));
}

/** Each cell less the one before it, for correlation: (−1 1). */
export function difference(): Tensor {
  return tensor([2], [-1, 1]);
}

/** Half of the next cell less half of the one before, for correlation: the slope where the cell is. */
export function slope(): Tensor {
  return tensor([3], [-0.5, 0, 0.5]);
}

/** The next cell and the one before, less twice the cell: how the signal bends. */
export function bend(): Tensor {
  return tensor([3], [1, -2, 1]);
}

/** An echo, for full convolution: the sound itself, and again every `delay` cells, each time `decay` as loud. */
export function echo(delay: number, decay: number, times = 1): Tensor {
  const kernel = tensor([wholeNumber(delay, "delay", 1) * wholeNumber(times, "times", 1) + 1]);
  for (let n = 0; n <= times; n++) kernel.data[n * delay] = decay ** n;
  return kernel;
}

/** A whole signal filtered by a sparse kernel such as an echo, only at its weights: as full convolution. */
export function convolveSparse(signal: Tensor, kernel: Tensor): Tensor {
  const result = tensor([product(signal.shape) + product(kernel.shape) - 1]);
  kernel.data.forEach((weight, start) => {
    if (weight) signal.data.forEach((value, i) => (result.data[start + i]! += weight * value));
  });
  return result;
}
