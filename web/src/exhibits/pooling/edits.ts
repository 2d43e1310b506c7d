/** What the controls do to a state: all that still fits stays. */

import { growthOf, largestSide } from "../../model/numbers.ts";
import type { Store } from "../../model/store.svelte.ts";
import { plainState, presets, type Dims, type Numbers, type PoolingState } from "./state.ts";
import { product } from "../../tensor/tensor.ts";
import { workOut } from "./work.ts";

type Patch = Partial<PoolingState>;

export function inDimensions(dims: Dims, state: PoolingState): Patch {
  const all = (value: number) => new Array<number>(dims).fill(value);
  const shown = state.view === "windows" ? plainState(dims) : presets[dims === 1 ? "pulses" : "digit"];
  return {
    input: shown?.input ?? plainState(dims).input,
    dims,
    window: all(state.window[0]!),
    stride: state.stride && all(state.stride[0]!),
    dilation: all(1),
    output_size: all(2),
    padding: typeof state.padding === "string" ? state.padding : "valid",
    cell: null,
    pinned: false,
    shift: [...all(0).slice(1), 1],
    along: dims - 1,
    feature: state.feature === "none" ? "none" : "sobel-x",
  };
}

export const growth = (store: Store<PoolingState>) =>
  store.free("size") && growthOf(store.state.input, largestSide, (input) => store.change({ input }));

/** The padding as it stands, in numbers that can be changed one by one. */
export function inNumbers(state: PoolingState): [number, number][] {
  const { spec } = workOut(state.windows === "sliding" ? state : { ...state, windows: "sliding" });
  return state.input.shape.map((_, axis) => {
    if (typeof state.padding !== "string") return state.padding[axis]!;
    const [before, after] = spec?.pads[axis] ?? [0, 0];
    return [before, after];
  });
}

export function withPad(state: PoolingState, axis: number | "all", side: 0 | 1 | "both", value: number): Patch {
  const padding = inNumbers(state).map((pair, i): [number, number] => {
    if (axis !== "all" && axis !== i) return pair;
    return side === "both" ? [value, value] : side === 0 ? [value, pair[1]] : [pair[0], value];
  });
  return { padding };
}

export const FILLS = ["zeros", "count", "random", "impulse"] as const;
export type Fill = (typeof FILLS)[number];

export function filled(shape: readonly number[], fill: Fill): Numbers {
  const cells = product(shape);
  const middle = shape.reduce((flat, n) => flat * n + Math.floor((n - 1) / 2), 0);
  const number = {
    zeros: () => 0,
    count: (flat: number) => flat + 1,
    random: () => Math.floor(Math.random() * 10),
    impulse: (flat: number) => Number(flat === middle),
  }[fill];
  return { shape: [...shape], data: Array.from({ length: cells }, (_, flat) => number(flat)) };
}
