/** How a state of this exhibit from outside is taken in; the state itself is defined in Python. */

import {
  MOST_SIDE, backwardsControls, backwardsDefaults as defaults, backwardsPresets as presets,
  type BackwardsState, type Numbers,
} from "../../generated/states.ts";
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
  const dims = asChoice<Dims>(given.dims, [1, 2], asChoice<Dims>(shapeOf(given.input)?.length, [1, 2], 2));
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
    stride: numbers(given.stride, dims, 1, 1),
    dilation: numbers(given.dilation, dims, 1, 1),
    pad: numbers(given.pad, dims, 0, 0),
    side: asChoice<Side>(given.side, SIDES, "input"),
    cell: place(given.cell, dims),
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
  const [picture, target] = [cells(given.picture, 2, LARGEST_PICTURE), cells(given.target, 2, LARGEST_LEARNED)];
  const fits = picture && target && target.shape.every((n, axis) => n <= picture.shape[axis]!) && finite(picture) && finite(target);
  if (!fits) return { picture: defaults.picture, target: defaults.target, start: defaults.start };
  const start = cells(given.start, 2, LARGEST_LEARNED);
  return { picture, target, start: start && sameShape(start.shape, target.shape) && finite(start) ? start : zeros(target.shape) };
}

export const zeros = (shape: readonly number[]): Numbers => ({ shape: [...shape], data: new Array<number>(product(shape)).fill(0) });

function shapeOf(raw: unknown): unknown[] | null {
  const { shape } = asRecord(raw);
  return Array.isArray(shape) ? shape : null;
}

/** Arrays that were looked at before: they are never changed in place. */
const known = new WeakSet<Numbers>();

function cells(raw: unknown, dims: number, most: number): Numbers | null {
  const shape = shapeOf(raw);
  const { data } = asRecord(raw);
  if (!shape || shape.length !== dims || !Array.isArray(data)) return null;
  if (!shape.every((n) => Number.isInteger(n) && (n as number) >= 1 && (n as number) <= most)) return null;
  if (data.length !== product(shape as number[])) return null;
  if (known.has(raw as Numbers)) return raw as Numbers;
  const taken = { shape: [...(shape as number[])], data: data.map((value) => plainNumber(asNumber(value, 0))) };
  known.add(taken);
  return taken;
}

function numbers(raw: unknown, dims: number, least: number, fallback: number): number[] {
  const given: unknown[] = Array.isArray(raw) ? raw : [];
  return Array.from({ length: dims }, (_, i) => asWhole(given[i], least, LARGEST_STEP, fallback));
}

function within(raw: unknown, below: number, fallback: number): number {
  const value = asNumber(raw, fallback);
  return value >= 0 && value < below ? value : fallback;
}

function place(raw: unknown, dims: number): number[] | null {
  const fits = Array.isArray(raw) && raw.length === dims && raw.every((n) => Number.isInteger(n) && n >= 0 && n <= 64);
  return fits ? (raw as number[]) : null;
}
