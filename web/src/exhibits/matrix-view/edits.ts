/** What the controls do to a state: numbers that stay are kept, and those that come repeat the ones there are. */

import { product, unflatten } from "../../tensor/tensor.ts";
import { kernelsOf, preset, type MatrixViewState, type Numbers } from "./state.ts";

type Patch = Partial<MatrixViewState>;

/** The same in other dimensions, as an example has it. */
export function inDimensions(dims: 1 | 2): Patch {
  const { input, weight } = preset(dims === 1 ? "signal" : "sixteen");
  return { input, weight, cell: null, pinned: false };
}

export function withInput(state: MatrixViewState, shape: readonly number[]): Patch {
  const input = reshaped(state.input, shape, (slice) => slice % state.input.shape[0]!);
  const channels = shape[0]!;
  if (channels === state.input.shape[0]) return { input };
  return { input, ...withKernels({ ...state, input }, kernelsOf(state), state.input.shape[0]!), cell: null };
}

/** Kernels for as many channels as the input has; `channels` is what the old ones have. */
export function withKernels(state: MatrixViewState, kernels: number, channels = state.input.shape[0]!): Patch {
  const next = state.input.shape[0]!;
  const old = state.weight.shape[0]! / channels;
  const from = (slice: number): number => (Math.floor(slice / next) % old) * channels + ((slice % next) % channels);
  return { weight: reshaped(state.weight, [kernels * next, ...state.weight.shape.slice(1)], from), cell: null };
}

export const withKernelSize = (state: MatrixViewState, size: readonly number[]): Patch => ({
  weight: reshaped(state.weight, [state.weight.shape[0]!, ...size], (slice) => slice), cell: null,
});

/** Numbers in another shape: `from` says which slice each comes from; cells that come are 0. */
function reshaped(numbers: Numbers, shape: readonly number[], from: (slice: number) => number): Numbers {
  const size = numbers.shape.slice(1);
  const data = Array.from({ length: product(shape) }, (_, flat) => {
    const [slice, ...at] = unflatten(shape, flat) as [number, ...number[]];
    if (at.some((n, axis) => n >= size[axis]!)) return 0;
    return numbers.data[at.reduce((place, n, axis) => place * size[axis]! + n, from(slice))]!;
  });
  return { shape: [...shape], data };
}
