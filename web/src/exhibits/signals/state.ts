/** How a state of the signals from outside is taken in; the state itself is defined in Python. */

import { signalsControls, signalsDefaults as defaults, signalsPresets, type SignalsState } from "../../generated/states.ts";
import { asBoolean, asChoice, asNames, asRecord, asWhole } from "../../model/state.ts";
import { readKernel } from "./kernels.ts";

export type { SignalsState };
export { defaults };

/** As Python has them: what is drawn sample by sample, and travels in a link. */
export const MOST_SAMPLES = 512;
export const MOST_WEIGHTS = 128;
export const LARGEST_SAMPLE = 1e9;
export const RATES = { least: 1e-9, most: 1e12 }; // samples a second
const FURTHEST = 1e7; // place on the axis

export const OPERATIONS = ["convolution", "correlation"] as const;
export const PARTS = ["all", "tenth", "hundredth"] as const;
export const MODES = ["full", "same", "valid"] as const;

/** Takes a state from anything; what is missing or does not fit is the default's. */
export function complete(raw: unknown): SignalsState {
  const given = asRecord(raw);
  const { rate } = given;
  return {
    exhibit: "signals",
    version: 1,
    locked: asNames(given.locked, signalsControls),
    hidden: asNames(given.hidden, signalsControls),
    signal: named(given.signal, (name) => name.length <= 64) ?? samples(given.signal, MOST_SAMPLES) ?? defaults.signal,
    kernel:
      named(given.kernel, (text) => text.length <= 200 && (text === "own" || readKernel(text) !== null)) ??
      samples(given.kernel, MOST_WEIGHTS) ?? defaults.kernel,
    rate: typeof rate === "number" && rate >= RATES.least && rate <= RATES.most ? rate : null,
    operation: asChoice(given.operation, OPERATIONS, defaults.operation),
    mode: asChoice(given.mode, MODES, defaults.mode),
    step: given.step === null ? null : asWhole(given.step, 0, 1 << 20, -1) === -1 ? null : (given.step as number),
    span: spanOf(given.span),
    fit: asBoolean(given.fit, defaults.fit),
    decibels: asBoolean(given.decibels, defaults.decibels),
    part: asChoice(given.part, PARTS, defaults.part),
  };
}

/** What is looked at, and says nothing of what is computed. */
export const LOOKS: readonly string[] = ["step", "span", "fit", "decibels", "part"];

/** An example's state, all of it; what a teacher set stays. */
export function preset(name: string): Partial<SignalsState> {
  const { locked: _, hidden: __, ...rest } = complete({ ...defaults, ...signalsPresets[name] });
  return rest;
}

const named = (raw: unknown, fits: (text: string) => boolean): string | null =>
  typeof raw === "string" && raw !== "" && fits(raw) ? raw : null;

function spanOf(raw: unknown): number[] | null {
  const fits = Array.isArray(raw) && raw.length === 2 && raw.every((place) => typeof place === "number" && Math.abs(place) <= FURTHEST);
  return fits && raw[0] < raw[1] ? raw : null;
}

function samples(raw: unknown, most: number): number[] | null {
  if (!Array.isArray(raw) || raw.length < 1 || raw.length > most) return null;
  return raw.map((value) => (typeof value === "number" && Math.abs(value) <= LARGEST_SAMPLE ? value : 0));
}
