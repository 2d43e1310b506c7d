/** What a kernel does to waves: by what each is multiplied, from the slowest to the fastest that samples can hold. */

import { fft } from "../../tensor/fourier.ts";
import type { Span } from "./axis.ts";

const FINEST = 1024;
const WELL = 1 << 16; // weights, up to which there are four gains for each, so that peaks between them are seen

/** Gains at so many even steps from 0 to half a cycle a sample, both ends included. */
export function responseOf(weights: Float64Array): Float64Array {
  const { length } = weights;
  const count = Math.max(FINEST, 2 ** Math.ceil(Math.log2((length <= WELL ? 4 : 2) * length)));
  const [real, imaginary] = [new Float64Array(count), new Float64Array(count)];
  real.set(weights);
  fft(real, imaginary);
  return Float64Array.from({ length: count / 2 + 1 }, (_, i) => Math.hypot(real[i]!, imaginary[i]!));
}

export const FAINTEST = 80; // decibels below the strongest, where the axis ends

/** Gains in decibels, none fainter than the axis goes, and that axis. */
export function decibelsOf(gains: Float64Array): { values: Float64Array; y: Span } {
  const loud = (gain: number) => 20 * Math.log10(gain);
  const most = gains.reduce((all, gain) => Math.max(all, gain), 0);
  const top = most > 0 ? Math.ceil(loud(most) / 10 + 1e-9) * 10 : 0;
  return { values: gains.map((gain) => Math.max(top - FAINTEST, loud(gain))), y: { from: top - FAINTEST, to: top + 2 } };
}
