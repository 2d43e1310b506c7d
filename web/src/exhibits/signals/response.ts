/** What a kernel does to waves: by what each is multiplied, from the slowest to the fastest that samples can hold. */

import { fft } from "../../tensor/fourier.ts";

const FINEST = 1024;

/** Gains at so many even steps from 0 to half a cycle a sample, both ends included. */
export function responseOf(weights: Float64Array): Float64Array {
  const count = Math.max(FINEST, 2 ** Math.ceil(Math.log2(weights.length)));
  const [real, imaginary] = [new Float64Array(count), new Float64Array(count)];
  real.set(weights);
  fft(real, imaginary);
  return Float64Array.from({ length: count / 2 + 1 }, (_, i) => Math.hypot(real[i]!, imaginary[i]!));
}
