/** How a state of the channels from outside is taken in; the state itself is defined in Python. */

import {
  channelsControls, channelsDefaults as defaults, channelsPresets, type AnyNumber, type ChannelsState, type Numbers,
} from "../../generated/states.ts";
import { asBoolean, asChoice, asNames, asNumber, asRecord, asWhole, plainNumber } from "../../model/state.ts";
import { product } from "../../tensor/tensor.ts";

export { channelsPresets as presets, defaults };
export type { ChannelsState, Numbers };

export const MOST_CHANNELS = 8;
export const LARGEST_IMAGE = 16;
export const LARGEST_KERNEL = 5;
export const PADDINGS = ["valid", "same"] as const;

/** Takes a state from anything; input, kernels and groups are the default's, all of them, where they do not fit. */
export function complete(raw: unknown): ChannelsState {
  const given = asRecord(raw);
  const input = cells(given.input, [MOST_CHANNELS, LARGEST_IMAGE, LARGEST_IMAGE]) ?? defaults.input;
  const weight = cells(given.weight, [MOST_CHANNELS ** 2, LARGEST_KERNEL, LARGEST_KERNEL]) ?? defaults.weight;
  const groups = asWhole(given.groups, 1, MOST_CHANNELS, 1);
  const fits = fitting(input.shape[0]!, weight.shape[0]!, groups);
  const layer = fits ? { input, weight, groups } : { input: defaults.input, weight: defaults.weight, groups: 1 };
  return {
    exhibit: "channels",
    version: 1,
    locked: asNames(given.locked, channelsControls),
    hidden: asNames(given.hidden, channelsControls),
    ...layer,
    bias: biases(given.bias, kernelsOf(layer)),
    padding: asChoice<ChannelsState["padding"]>(given.padding, PADDINGS, "valid"),
    cell: place(given.cell),
    pinned: asBoolean(given.pinned, false),
  };
}

/** Whether kernels of a group's channels come out of the slices, as many in every group. */
export function fitting(channels: number, slices: number, groups: number): boolean {
  const seen = channels / groups;
  const kernels = slices / seen;
  return Number.isInteger(seen) && Number.isInteger(kernels) && kernels % groups === 0 && kernels <= MOST_CHANNELS;
}

export const kernelsOf = ({ input, weight, groups }: Pick<ChannelsState, "input" | "weight" | "groups">): number =>
  (weight.shape[0]! * groups) / input.shape[0]!;

/** An example's state, all of it; what a teacher set stays. */
export function preset(name: string): Partial<ChannelsState> {
  const { locked: _, hidden: __, ...rest } = complete({ ...defaults, ...channelsPresets[name] });
  return rest;
}

/** Arrays that were looked at before: they are never changed in place. */
const known = new WeakSet<Numbers>();

function cells(raw: unknown, most: readonly number[]): Numbers | null {
  const { shape, data } = asRecord(raw);
  if (!Array.isArray(shape) || shape.length !== 3 || !Array.isArray(data)) return null;
  if (!shape.every((n, axis) => Number.isInteger(n) && n >= 1 && n <= most[axis]!)) return null;
  if (data.length !== product(shape as number[])) return null;
  if (known.has(raw as Numbers)) return raw as Numbers;
  const taken = { shape: [...(shape as number[])], data: data.map((value) => plainNumber(asNumber(value, 0))) };
  known.add(taken);
  return taken;
}

function biases(raw: unknown, kernels: number): AnyNumber[] | null {
  if (!Array.isArray(raw)) return null;
  return Array.from({ length: kernels }, (_, k) => plainNumber(asNumber(raw[k], 0)));
}

function place(raw: unknown): number[] | null {
  const fits = Array.isArray(raw) && raw.length === 3 && raw.every((n) => Number.isInteger(n) && n >= 0 && n <= 64);
  return fits ? (raw as number[]) : null;
}
