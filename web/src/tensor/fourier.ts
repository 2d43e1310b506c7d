/** Waves: the frequency response of a kernel, and the transforms behind it. */

import { refuse } from "./refusals.ts";
import { type Tensor, tensor } from "./tensor.ts";

/** How strongly a kernel passes each frequency. */
export interface FrequencyResponse {
  /** What the amplitude of a wave is multiplied by: (size, size), zero frequency at cell ⌊size / 2⌋ of both axes. */
  readonly magnitude: Tensor;
  /** The frequency of each row (down) and column (to the right) in cycles per cell, from −0.5 up. */
  readonly frequencies: Float64Array;
}

/**
 * Computes |Σ w(x, y) exp(−2πi (fx·x + fy·y))| on a grid of frequencies centred on zero.
 *
 * Correlation and convolution have the same magnitudes; they differ in phase alone.
 */
export function frequencyResponse(kernel: Tensor, size = 64): FrequencyResponse {
  const [rows, columns] = kernel.shape as [number, number];
  if (size < Math.max(rows, columns)) refuse("responseSize", Math.max(rows, columns), kernel.shape, size);
  const { cosines, sines } = waves(size);
  const half = Math.floor(size / 2);
  // Columns first: along[r][f] = Σ_c w[r, c] exp(−2πi f c / size).
  const real = new Float64Array(rows * size);
  const imaginary = new Float64Array(rows * size);
  for (let r = 0; r < rows; r++) {
    for (let f = 0; f < size; f++) {
      for (let c = 0; c < columns; c++) {
        const at = turn(f - half, c, size);
        real[r * size + f]! += kernel.data[r * columns + c]! * cosines[at]!;
        imaginary[r * size + f]! -= kernel.data[r * columns + c]! * sines[at]!;
      }
    }
  }
  const magnitude = tensor([size, size]);
  for (let f = 0; f < size; f++) {
    for (let g = 0; g < size; g++) {
      let [a, b] = [0, 0];
      for (let r = 0; r < rows; r++) {
        const [cosine, sine] = [cosines[turn(f - half, r, size)]!, sines[turn(f - half, r, size)]!];
        const [u, v] = [real[r * size + g]!, imaginary[r * size + g]!];
        a += u * cosine + v * sine;
        b += v * cosine - u * sine;
      }
      magnitude.data[f * size + g] = Math.hypot(a, b);
    }
  }
  return { magnitude, frequencies: Float64Array.from({ length: size }, (_, i) => (i - half) / size) };
}

/** cos and sin of 2πi/size for all i; a table keeps the waves exact where they are 0 and 1. */
function waves(size: number): { cosines: Float64Array; sines: Float64Array } {
  const sines = Float64Array.from({ length: size }, (_, i) => sineOf(i, size));
  const cosines = Float64Array.from({ length: size }, (_, i) => sineOf(4 * i + size, 4 * size));
  return { cosines, sines };
}

function sineOf(part: number, whole: number): number {
  return (2 * part) % whole ? Math.sin((2 * Math.PI * part) / whole) : 0;
}

function turn(frequency: number, place: number, size: number): number {
  return (((frequency * place) % size) + size) % size;
}

/** Transforms complex numbers in place; their count is a power of two. The way back is not divided by the count. */
export function fft(real: Float64Array, imaginary: Float64Array, back = false): void {
  const count = real.length;
  for (let i = 1, j = 0; i < count; i++) {
    let bit = count >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j]!, real[i]!];
      [imaginary[i], imaginary[j]] = [imaginary[j]!, imaginary[i]!];
    }
  }
  const { cosines, sines } = waves(count);
  for (let length = 2; length <= count; length *= 2) {
    const [half, step] = [length / 2, count / length];
    for (let start = 0; start < count; start += length) {
      for (let k = 0; k < half; k++) {
        const [cosine, sine] = [cosines[k * step]!, back ? sines[k * step]! : -sines[k * step]!];
        const [a, b] = [start + k, start + k + half];
        const u = real[b]! * cosine - imaginary[b]! * sine;
        const v = real[b]! * sine + imaginary[b]! * cosine;
        [real[b], imaginary[b]] = [real[a]! - u, imaginary[a]! - v];
        real[a]! += u;
        imaginary[a]! += v;
      }
    }
  }
}
