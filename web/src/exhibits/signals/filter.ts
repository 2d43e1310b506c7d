/** A signal under a kernel, however long both are. */

import { convolve, convolveSparse, correlate, throughSpectra } from "../../tensor/signals.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { SignalsState } from "./state.ts";

export interface Task extends Pick<SignalsState, "operation" | "mode"> {
  samples: Float64Array;
  weights: Float64Array;
}

const FEW = 64; // weights that are not 0, up to which sums are faster than spectra
const QUICK = 1 << 20; // products, of which sums are faster, too
const WORKED = 1 << 13; // products that the engine sums while somebody draws
const SHORTEST_SPECTRUM = 1 << 14;

/** Where outputs lie. Samples are counted as the signal's; before and after it there are zeros. */
export interface Places {
  /** How many there are; below 1 where the kernel is too long for "valid". */
  count: number;
  /** The first sample of the first window. */
  start: number;
  /** Where the first output is drawn: at the last sample of its window in convolution, at the first in correlation, and with "same" at its middle. */
  first: number;
}

export function placesOf(samples: number, weights: number, operation: SignalsState["operation"], mode: SignalsState["mode"]): Places {
  const turned = operation === "convolution";
  if (mode === "same") return { count: samples, start: -Math[turned ? "floor" : "ceil"]((weights - 1) / 2), first: 0 };
  const start = mode === "full" ? 1 - weights : 0;
  const count = mode === "full" ? samples + weights - 1 : samples - weights + 1;
  return { count, start, first: turned ? start + weights - 1 : start };
}

/** Signals that are drawn sample by sample: by the engine, unless that would be felt. */
export function filterShort(task: Task): Float64Array {
  const { samples, weights, operation, mode } = task;
  if (samples.length * weights.length > WORKED) return filterLong(task);
  const run = operation === "convolution" ? convolve : correlate;
  return run(tensor([samples.length], samples), tensor([weights.length], weights), { padding: mode, border: 0 }).data;
}

/** The same for long ones: at the weights alone where they are few, else block by block through spectra. */
export function filterLong({ samples, weights, operation, mode }: Task): Float64Array {
  const { count, start } = placesOf(samples.length, weights.length, operation, mode);
  if (count < 1) return new Float64Array();
  const laid = operation === "convolution" ? weights : weights.slice().reverse();
  const all = overlaps(samples, laid);
  return mode === "full" ? all : all.slice(start + weights.length - 1, start + weights.length - 1 + count);
}

function overlaps(samples: Float64Array, weights: Float64Array): Float64Array {
  const used = weights.reduce((found, weight) => found + Number(weight !== 0), 0);
  if (used <= FEW || used * samples.length <= QUICK) return convolveSparse(tensor([samples.length], samples), tensor([weights.length], weights)).data;
  const spectrum = Math.max(SHORTEST_SPECTRUM, 2 ** Math.ceil(Math.log2(4 * weights.length)));
  const block = spectrum - weights.length + 1;
  const result = new Float64Array(samples.length + weights.length - 1);
  for (let from = 0; from < samples.length; from += block) {
    const part = throughSpectra(samples.subarray(from, from + block), weights);
    for (let i = 0; i < part.length; i++) result[from + i]! += part[i]!;
  }
  return result;
}
