/** What the exhibit shows: the maps, the sums that make a cell of one, and what the layer and others like it count. */

import { toTensor } from "../../model/numbers.ts";
import { asNumber } from "../../model/state.ts";
import { convolved } from "../../tensor/convolve.ts";
import { convSpec, spans, type ConvSpec } from "../../tensor/geometry.ts";
import { resolvePadding } from "../../tensor/padding.ts";
import { tensor, type Tensor } from "../../tensor/tensor.ts";
import { workOut as workedCell, type WorkedCell } from "../../tensor/window.ts";
import { kernelsOf, type ChannelsState } from "./state.ts";

export interface Work {
  input: Tensor;
  /** (kernels, channels a group, rows, columns). */
  weight: Tensor;
  bias: Tensor | null;
  groups: number;
  channels: number;
  kernels: number;
  /** Channels that a kernel sees. */
  seen: number;
  /** Null where the kernels are larger than the input. */
  layer: { spec: ConvSpec; output: Tensor } | null;
}

export function workOut(state: Pick<ChannelsState, "input" | "weight" | "groups" | "bias" | "padding">): Work {
  const { groups } = state;
  const input = toTensor(state.input);
  const kernels = kernelsOf(state);
  const channels = input.shape[0]!;
  const seen = channels / groups;
  const size = state.weight.shape.slice(1);
  const weight = tensor([kernels, seen, ...size], toTensor(state.weight).data);
  const bias = state.bias && tensor([kernels], state.bias.map((value) => asNumber(value, 0)));
  const work = { input, weight, bias, groups, channels, kernels, seen, layer: null };
  const room = input.shape.slice(1);
  if (state.padding === "valid" && size.some((n, axis) => n > room[axis]!)) return work;
  const padding = resolvePadding(state.padding, room, spans(size, [1, 1]), [1, 1]);
  const spec = convSpec(input.shape, weight.shape, { groups, padding, bias: bias !== null });
  return { ...work, layer: { spec, output: convolved(spec, input, weight, bias) } };
}

/** The cell that is asked for, or the nearest that there is. */
export function chosenCell({ layer }: Work, cell: readonly number[] | null): number[] | null {
  return layer && layer.output.shape.map((size, axis) => Math.min(cell?.[axis] ?? 0, size - 1));
}

export function cellWork({ input, weight, bias, layer }: Work, [kernel, row, column]: readonly number[]): WorkedCell {
  return workedCell(layer!.spec, input, weight, bias, [row!, column!], kernel!);
}

/** The input channels that a kernel sees, first to last. */
export function seenBy({ kernels, groups, seen }: Pick<Work, "kernels" | "groups" | "seen">, kernel: number): number[] {
  const first = Math.floor(kernel / (kernels / groups)) * seen;
  return Array.from({ length: seen }, (_, i) => first + i);
}

export interface Counts {
  weights: number;
  parameters: number;
  macs: number;
}

/** Layers that make the same maps from the same channels, by what they count. */
export interface Comparison {
  full: Counts;
  /** A kernel for each channel, then 1 × 1 over all of them. */
  separable: Counts;
}

export const countsOf = ({ weights, parameters, macs }: ConvSpec): Counts => ({ weights, parameters, macs });

export function comparisonOf({ channels, kernels, bias, weight, input, layer }: Work): Comparison {
  const size = weight.shape.slice(2);
  const { pads, outputSize } = layer!.spec;
  const options = { padding: pads, bias: bias !== null };
  const full = convSpec(input.shape, [kernels, channels, ...size], options);
  const depthwise = convSpec(input.shape, [channels, 1, ...size], { ...options, groups: channels });
  const pointwise = convSpec([channels, ...outputSize], [kernels, channels, 1, 1], { bias: bias !== null });
  const [one, two] = [countsOf(depthwise), countsOf(pointwise)];
  return {
    full: countsOf(full),
    separable: {
      weights: one.weights + two.weights, parameters: one.parameters + two.parameters, macs: one.macs + two.macs,
    },
  };
}
