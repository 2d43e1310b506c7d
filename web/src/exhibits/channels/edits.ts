/** What the controls do to a state: numbers that stay are kept, and channels that come are like those there are. */

import { plainNumber } from "../../model/state.ts";
import { product, unflatten } from "../../tensor/tensor.ts";
import { fitting, kernelsOf, type ChannelsState } from "./state.ts";
import { seenBy, workOut, type Work } from "./work.ts";

type Patch = Partial<ChannelsState>;

/** Groups that the channels and kernels can be split into. */
export function possibleGroups(channels: number, kernels: number): number[] {
  return Array.from({ length: channels }, (_, i) => i + 1).filter((groups) => channels % groups === 0 && kernels % groups === 0);
}

/** The input with other channels, rows and columns: more channels repeat the first ones, more cells are 0. */
export function withInput(state: ChannelsState, shape: readonly number[]): Patch {
  const { input } = state;
  const [channels, rows, columns] = input.shape as [number, number, number];
  const data = Array.from({ length: product(shape) }, (_, flat) => {
    const [channel, row, column] = unflatten(shape, flat) as [number, number, number];
    return row < rows && column < columns ? input.data[((channel % channels) * rows + row) * columns + column]! : 0;
  });
  const next = { ...state, input: { shape: [...shape], data } };
  return { input: next.input, ...withLayer(state, { channels: shape[0]! }) };
}

interface Layer {
  channels?: number;
  kernels?: number;
  groups?: number;
  size?: readonly number[];
}

/**
 * Kernels for other channels, groups and sizes. A kernel keeps its weights for the channels that it still sees; those
 * that come repeat the ones there are. With fewer groups they are 0, so that the maps stay as they were.
 */
export function withLayer(state: ChannelsState, layer: Layer): Patch {
  const old = workOut(state);
  const channels = layer.channels ?? old.channels;
  const kernels = layer.kernels ?? old.kernels;
  const size = layer.size ?? old.weight.shape.slice(2);
  const wanted = layer.groups ?? old.groups;
  const groups = fitting(channels, (channels / wanted) * kernels, wanted) ? wanted : 1;
  const next = { kernels, groups, seen: channels / groups };
  const zeros = groups < old.groups && channels === old.channels && kernels === old.kernels;
  const data = Array.from({ length: kernels }, (_, k) => k).flatMap((k) =>
    seenBy(next, k).flatMap((channel) => slice(old, k % old.kernels, channel, size, zeros)),
  );
  const bias = state.bias && Array.from({ length: kernels }, (_, k) => state.bias![k] ?? 0);
  return { weight: { shape: [kernels * next.seen, ...size], data: data.map(plainNumber) }, groups, bias };
}

/** A kernel's weights for a channel, in another size; `zeros` are those for channels that it did not see. */
function slice(old: Work, kernel: number, channel: number, size: readonly number[], zeros: boolean): number[] {
  const place = seenBy(old, kernel).indexOf(channel);
  if (place < 0 && zeros) return new Array<number>(product(size)).fill(0);
  const from = kernel * old.seen + (place < 0 ? channel % old.seen : place);
  const [rows, columns] = old.weight.shape.slice(2) as [number, number];
  return Array.from({ length: product(size) }, (_, flat) => {
    const [row, column] = unflatten(size, flat) as [number, number];
    return row < rows && column < columns ? old.weight.data[(from * rows + row) * columns + column]! : 0;
  });
}

export const withBias = (state: ChannelsState, on: boolean): Patch => ({
  bias: on ? new Array<number>(kernelsOf(state)).fill(0) : null,
});
