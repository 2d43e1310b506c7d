/** What the exhibit shows: signal, kernel and output on one axis, and the products under each window. */

import { filterShort, placesOf, type Places } from "./filter.ts";
import { readKernel, weightsOf } from "./kernels.ts";
import { soundOf, SOUNDS, type Sound } from "./sources.ts";
import { defaults, MOST_SAMPLES, MOST_WEIGHTS, type SignalsState } from "./state.ts";

/** A file that the viewer opened. */
export interface Loaded extends Sound {
  name: string;
}

export interface Work extends Places {
  samples: Float64Array;
  weights: Float64Array;
  rate: number | null;
  operation: SignalsState["operation"];
  mode: SignalsState["mode"];
  /** Too long to be drawn sample by sample. */
  long: boolean;
  /** The kernel as it lies under the signal. */
  laid: Float64Array;
  /** Null where there is none, or it takes too long to be computed here. */
  output: Float64Array | null;
}

/** The signal that a state means; a stranger's own is not here, and a sound stands in for it. */
export function signalOf({ signal, rate }: Pick<SignalsState, "signal" | "rate">, loaded: Loaded | null): Sound {
  if (typeof signal !== "string") return { samples: Float64Array.from(signal), rate };
  return signal === "own" && loaded ? loaded : soundOf(SOUNDS.find((name) => name === signal) ?? SOUNDS[0]);
}

export function kernelOf({ kernel }: Pick<SignalsState, "kernel">, loaded: Loaded | null): Float64Array {
  if (typeof kernel !== "string") return Float64Array.from(kernel);
  return kernel === "own" && loaded ? loaded.samples : weightsOf(readKernel(kernel) ?? readKernel(defaults.kernel as string)!);
}

export function workOut(sound: Sound, weights: Float64Array, operation: Work["operation"], mode: Work["mode"]): Work {
  const { samples, rate } = sound;
  const places = placesOf(samples.length, weights.length, operation, mode);
  const long = samples.length > MOST_SAMPLES || weights.length > MOST_WEIGHTS;
  const laid = operation === "convolution" ? weights.slice().reverse() : weights;
  const output = long || places.count < 1 ? null : filterShort({ samples, weights, operation, mode });
  return { ...places, samples, weights, rate, operation, mode, long, laid, output };
}

export interface Term {
  place: number;
  value: number;
  weight: number;
  product: number;
}

/** The products of one window, from left to right. */
export function termsOf({ samples, laid, start }: Work, step: number): Term[] {
  return Array.from(laid, (weight, i) => {
    const place = start + step + i;
    const value = samples[place] ?? 0;
    return { place, value, weight, product: value * weight };
  });
}

/** The least and the largest product of all windows, so that their axis stands still while the kernel slides. */
export function productEnds(work: Work): [number, number] {
  const { samples, laid, start, count } = work;
  let [least, most] = [0, 0];
  for (let i = 0; i < laid.length; i++) {
    const [first, end] = [Math.max(0, start + i), Math.min(samples.length, start + i + count)];
    for (let place = first; place < end; place++) {
      const product = samples[place]! * laid[i]!;
      if (product < least) least = product;
      else if (product > most) most = product;
    }
  }
  return [least, most];
}

/** Where the values that are furthest from zero, or only the largest, begin. */
export function peakOf(values: ArrayLike<number>, size: (value: number) => number = Math.abs): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (size(values[i]!) > size(values[best]!)) best = i;
  return best;
}

/** The output that is looked at: the one stepped to, else the one where most comes together. */
export function stepOf({ output, operation }: Work, step: number | null): number {
  if (!output) return 0;
  if (step !== null) return Math.min(step, output.length - 1);
  return operation === "correlation" ? peakOf(output, (value) => value) : peakOf(output);
}

/** From where to where all that is drawn lies. */
export function extentOf({ samples, laid, start, first, count }: Work): { from: number; to: number } {
  const last = Math.max(count, 1) - 1;
  return {
    from: Math.min(0, start, first),
    to: Math.max(samples.length - 1, start + last + laid.length - 1, first + last),
  };
}
