/** How a state of the channels from outside is taken in; the state itself is defined in Python. */

import {
  channelsControls, channelsDefaults as defaults, channelsPresets, type AnyNumber, type ChannelsState, type Numbers,
} from "../../generated/states.ts";
import { asNumbers, asPlace } from "../../model/arrays.ts";
import { asBoolean, asChoice, asNames, asNumber, asRecord, asWhole, plainNumber } from "../../model/state.ts";

export { channelsPresets as presets, defaults };
export type { ChannelsState, Numbers };

export const MOST_CHANNELS = 8;
export const LARGEST_IMAGE = 16;
export const LARGEST_KERNEL = 5;
export const PADDINGS = ["valid", "same"] as const;

/** Takes a state from anything; input, kernels and groups are the default's, all of them, where they do not fit. */
export function complete(raw: unknown): ChannelsState {
  const given = asRecord(raw);
  const input = asNumbers(given.input, within(MOST_CHANNELS, LARGEST_IMAGE)) ?? defaults.input;
  const weight = asNumbers(given.weight, within(MOST_CHANNELS ** 2, LARGEST_KERNEL)) ?? defaults.weight;
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
    cell: asPlace(given.cell, 3, { most: 64 }),
    pinned: asBoolean(given.pinned, false),
  };
}

const within = (slices: number, side: number) => (shape: readonly number[]): boolean =>
  shape.length === 3 && shape.every((n, axis) => n <= (axis ? side : slices));

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

function biases(raw: unknown, kernels: number): AnyNumber[] | null {
  if (!Array.isArray(raw)) return null;
  return Array.from({ length: kernels }, (_, k) => plainNumber(asNumber(raw[k], 0)));
}
