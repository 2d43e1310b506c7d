/** The same convolution through the frequencies: transforms of the padded input and of the kernel, their product, and back. */

import { positionAt, sourceAt } from "../../tensor/cells.ts";
import { flatIndex, product, unflatten, type Shape } from "../../tensor/tensor.ts";
import { bracketed, number } from "../../parts/numbers.ts";
import type { Place } from "../../parts/grid.ts";
import type { Work } from "./work.ts";

/** Complex numbers of a shape. */
export interface Spectrum {
  shape: Shape;
  real: Float64Array;
  imaginary: Float64Array;
}

export interface Spectra {
  kernel: number;
  /** Cells along each dimension: those of the padded input. */
  size: number[];
  /** For each channel the input's spectrum and the kernel's, conjugated for correlation. */
  channels: { input: Spectrum; weights: Spectrum }[];
  /** The products, summed over channels. */
  product: Spectrum;
  /** What comes back: at every place of the padded input a window, round its end too. */
  result: Spectrum;
  /** For each cell of the result the flat cell of the output that it is, or −1 where it is thrown away. */
  kept: Int32Array;
}

/** Σ x exp(∓2πi f·t / n) along every dimension; of at most some hundred cells. The way back is divided by their count. */
export function transform({ shape, real, imaginary }: Spectrum, back = false): Spectrum {
  let now = { real, imaginary };
  shape.forEach((size, axis) => {
    const step = product(shape.slice(axis + 1));
    const next = { real: new Float64Array(real.length), imaginary: new Float64Array(real.length) };
    for (let at = 0; at < real.length; at += 1) {
      const place = Math.floor(at / step) % size;
      const first = at - place * step;
      for (let t = 0; t < size; t += 1) {
        const turn = (2 * Math.PI * ((place * t) % size)) / size;
        const [cosine, sine] = [Math.cos(turn), back ? Math.sin(turn) : -Math.sin(turn)];
        const [a, b] = [now.real[first + t * step]!, now.imaginary[first + t * step]!];
        next.real[at]! += a * cosine - b * sine;
        next.imaginary[at]! += a * sine + b * cosine;
      }
    }
    now = next;
  });
  const divide = back ? real.length : 1;
  return { shape, real: now.real.map((value) => value / divide), imaginary: now.imaginary.map((value) => value / divide) };
}

export const strength = ({ real, imaginary }: Spectrum): Float64Array => real.map((a, i) => Math.hypot(a, imaginary[i]!));

export function spectraOf({ input, channels, made }: Work, kernel: number): Spectra {
  const { spec, laid } = made!;
  const size = [...spec.paddedSize];
  const cells = product(size);
  const taps = product(spec.kernelSize);
  const real = (numbers: Float64Array): Spectrum => ({ shape: size, real: numbers, imaginary: new Float64Array(cells) });
  const both = Array.from({ length: channels }, (_, channel) => {
    const padded = Float64Array.from({ length: cells }, (_, flat) => {
      const source = unflatten(size, flat).map((n, axis) => sourceAt(spec, axis, n - spec.pads[axis]![0]));
      return source.includes(-1) ? 0 : input.data[flatIndex(input.shape, [channel, ...source])]!;
    });
    const spread = new Float64Array(cells);
    for (let tap = 0; tap < taps; tap += 1) {
      const at = unflatten(spec.kernelSize, tap).map((n, axis) => n * spec.dilation[axis]!);
      spread[flatIndex(size, at)] = laid.data[(kernel * channels + channel) * taps + tap]!;
    }
    const weights = transform(real(spread));
    return { input: transform(real(padded)), weights: { ...weights, imaginary: weights.imaginary.map((value) => -value) } };
  });
  const sum = { shape: size, real: new Float64Array(cells), imaginary: new Float64Array(cells) };
  for (const { input: x, weights: w } of both) {
    for (let i = 0; i < cells; i += 1) {
      sum.real[i]! += x.real[i]! * w.real[i]! - x.imaginary[i]! * w.imaginary[i]!;
      sum.imaginary[i]! += x.real[i]! * w.imaginary[i]! + x.imaginary[i]! * w.real[i]!;
    }
  }
  const kept = new Int32Array(cells).fill(-1);
  for (let cell = 0; cell < product(spec.outputSize); cell += 1) {
    const at = unflatten(spec.outputSize, cell).map((n, axis) => positionAt(spec, axis, n, 0) + spec.pads[axis]![0]);
    kept[flatIndex(size, at)] = cell;
  }
  return { kernel, size, channels: both, product: sum, result: transform(sum, true), kept };
}

/** The frequency, in waves along the padded input, that is drawn at a place: zero is in the middle. */
export const frequencyAt = (size: readonly number[], place: Place): number[] =>
  (size.length === 1 ? [place[1]] : [...place]).map((at, axis) => at - Math.floor(size[axis]! / 2));

/** One frequency's complex numbers as they are multiplied, and added up over channels. */
export function complexText({ size, channels, product: sum }: Spectra, place: Place): { frequency: number[]; text: string } {
  const frequency = frequencyAt(size, place);
  const at = flatIndex(size, frequency.map((n, axis) => (n + size[axis]!) % size[axis]!));
  const complex = ({ real, imaginary }: Spectrum): string => {
    const [a, b] = [rounded(real[at]!), rounded(imaginary[at]!)];
    return b === 0 ? bracketed(a) : `(${number(a)} ${b < 0 ? "−" : "+"} ${number(Math.abs(b))}i)`;
  };
  const terms = channels.map(({ input, weights }) => `${complex(input)} · ${complex(weights)}`);
  return { frequency, text: `${terms.join(" + ")} = ${complex(sum)}` };
}

const rounded = (value: number): number => Number(value.toFixed(4)) || 0;
