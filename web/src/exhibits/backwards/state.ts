/** How a state of this exhibit from outside is taken in; the state itself is defined in Python. */

import {
  MOST_SIDE, backwardsControls, backwardsDefaults as defaults, backwardsPresets as presets,
  type BackwardsState, type Numbers,
} from "../../generated/states.ts";
import { asDims, asNumbers, asPlace, asSides } from "../../model/arrays.ts";
import { asBoolean, asChoice, asNames, asNumber, asRecord, asWhole, plainNumber } from "../../model/state.ts";
import { product, sameShape } from "../../tensor/tensor.ts";

export { defaults, presets };
export type { BackwardsState, Numbers };

export type Dims = 1 | 2;
export type Side = BackwardsState["side"];

export const PARTS = ["layer", "descent"] as const;
export const SIDES = ["input", "kernel", "bias"] as const;
export const LARGEST_INPUT: Readonly<Record<Dims, number>> = { 1: 24, 2: 12 };
export const LARGEST_KERNEL: Readonly<Record<Dims, number>> = { 1: 9, 2: 5 };
export const LARGEST_STEP = 4;
export const LARGEST_PICTURE = 16;
export const LARGEST_LEARNED = 5;
export const MOST_STEPS = 500;
const LARGEST_NUMBER = 1e15;
const [RATE_BELOW, MOMENTUM_BELOW] = [1e6, 1];

/** Takes a state from anything; arrays that belong together are the default's, all of them, where they do not fit. */
export function complete(raw: unknown): BackwardsState {
  const given = asRecord(raw);
  const dims = asDims<Dims>(given.dims, given.input, [1, 2], 2);
  const plain = plainLayer(dims);
  const kernel = cells(given.kernel, dims, LARGEST_KERNEL[dims]) ?? plain.kernel;
  return {
    exhibit: "backwards",
    version: 1,
    locked: asNames(given.locked, backwardsControls),
    hidden: asNames(given.hidden, backwardsControls),
    part: asChoice<BackwardsState["part"]>(given.part, PARTS, "layer"),
    dims,
    input: cells(given.input, dims, LARGEST_INPUT[dims]) ?? plain.input,
    kernel,
    bias: plainNumber(asNumber(given.bias, 0)),
    grad: cells(given.grad, dims, MOST_SIDE) ?? plain.grad,
    stride: asSides(given.stride, dims, 1, LARGEST_STEP, 1),
    dilation: asSides(given.dilation, dims, 1, LARGEST_STEP, 1),
    pad: asSides(given.pad, dims, 0, LARGEST_STEP, 0),
    side: asChoice<Side>(given.side, SIDES, "input"),
    cell: asPlace(given.cell, dims, { most: 64 }),
    pinned: asBoolean(given.pinned, false),
    ...learner(given),
    rate: within(given.rate, RATE_BELOW, defaults.rate as number),
    momentum: within(given.momentum, MOMENTUM_BELOW, 0),
    steps: asWhole(given.steps, 1, MOST_STEPS, defaults.steps),
    step: asWhole(given.step, 0, MOST_STEPS, 0),
  };
}

/** The layer that the exhibit starts with in so many dimensions. */
export const plainLayer = (dims: Dims): Pick<BackwardsState, "input" | "kernel" | "grad"> =>
  dims === 2 ? defaults : (presets.signal as Pick<BackwardsState, "input" | "kernel" | "grad">);

/** An example's state, all of it; what a teacher set stays. */
export function preset(name: string): Partial<BackwardsState> {
  const { locked: _, hidden: __, ...rest } = complete({ ...defaults, ...presets[name] });
  return rest;
}

/** Whether squares of the numbers are numbers still. */
const finite = ({ data }: Numbers): boolean => data.every((value) => Math.abs(asNumber(value, 0)) <= LARGEST_NUMBER);

function learner(given: Record<string, unknown>): Pick<BackwardsState, "picture" | "target" | "start"> {
  const whole = { ...defaults, ...given }; // a link leaves out what is the default's
  const [picture, target] = [cells(whole.picture, 2, LARGEST_PICTURE), cells(whole.target, 2, LARGEST_LEARNED)];
  const fits = picture && target && target.shape.every((n, axis) => n <= picture.shape[axis]!) && finite(picture) && finite(target);
  if (!fits) return { picture: defaults.picture, target: defaults.target, start: defaults.start };
  const start = cells(whole.start, 2, LARGEST_LEARNED);
  return { picture, target, start: start && sameShape(start.shape, target.shape) && finite(start) ? start : zeros(target.shape) };
}

/** An array of so many dimensions whose sides are no longer than that. */
const cells = (raw: unknown, dims: number, most: number): Numbers | null =>
  asNumbers(raw, (shape) => shape.length === dims && shape.every((n) => n <= most));

export const zeros = (shape: readonly number[]): Numbers => ({ shape: [...shape], data: new Array<number>(product(shape)).fill(0) });

function within(raw: unknown, below: number, fallback: number): number {
  const value = asNumber(raw, fallback);
  return value >= 0 && value < below ? value : fallback;
}
