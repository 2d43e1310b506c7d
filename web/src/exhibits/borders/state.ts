/** How a state of the borders from outside is taken in; the state itself is defined in Python. */

import {
  bordersControls, bordersDefaults as defaults, bordersPresets, type BordersState, type Numbers,
} from "../../generated/states.ts";
import { asDims, asNumbers, asPlace } from "../../model/arrays.ts";
import { asChoice, asNames, asNumber, asRecord, asWhole, plainNumber } from "../../model/state.ts";

export type { BordersState, Numbers };
export { defaults };

export type Dims = 1 | 2;
export type Side = BordersState["side"];

const DIMS = [1, 2] as const;
const SIDES = ["padded", "output"] as const;

/** Cells a side, as Python has them. */
export const MOST_PICTURE: Record<Dims, number> = { 1: 32, 2: 16 };
export const MOST_PAD: Record<Dims, number> = { 1: 32, 2: 8 };

/** Takes a state from anything; what is missing or does not fit is the default's, or the plainest that fits. */
export function complete(raw: unknown): BordersState {
  const given = asRecord(raw);
  const dims = asDims(given.dims, given.input, DIMS, 2);
  const plain = plainState(dims);
  const fits = (shape: readonly number[]) => shape.length === dims && shape.every((n) => n <= MOST_PICTURE[dims]);
  const pads: unknown[] = Array.isArray(given.pad) ? given.pad : [];
  return {
    exhibit: "borders",
    version: 1,
    locked: asNames(given.locked, bordersControls),
    hidden: asNames(given.hidden, bordersControls),
    dims,
    input: asNumbers(given.input, fits) ?? plain.input,
    kernel: asNumbers(given.kernel, fits) ?? plain.kernel,
    pad: plain.pad.map((usual, axis) => asWhole(pads[axis], 0, MOST_PAD[dims], usual)),
    border_value: plainNumber(asNumber(given.border_value, 0)),
    cell: asPlace(given.cell, dims, { least: -32, most: 64 }),
    side: asChoice<Side>(given.side, SIDES, "padded"),
  };
}

/** What the exhibit starts with in one or two dimensions. */
export function plainState(dims: Dims): Pick<BordersState, "dims" | "input" | "kernel" | "pad"> {
  const { input, kernel, pad } = { ...defaults, ...(dims === 1 ? bordersPresets.row : {}) };
  return { dims, input, kernel, pad };
}

/** An example's state, all of it; what a teacher set stays. */
export function preset(name: string): Partial<BordersState> {
  const { locked: _, hidden: __, ...rest } = complete({ ...defaults, ...bordersPresets[name] });
  return rest;
}
