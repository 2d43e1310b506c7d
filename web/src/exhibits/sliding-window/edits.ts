/** What the controls do to a state: changes of size keep the numbers that stay, and all else that still fits. */

import { product, unflatten } from "../../tensor/tensor.ts";
import { plainState, type Dims, type Numbers, type SlidingWindowState } from "./state.ts";
import { workOut } from "./work.ts";

type Patch = Partial<SlidingWindowState>;

export function inDimensions(dims: Dims, state: SlidingWindowState): Patch {
  const all = (value: number) => new Array<number>(dims).fill(value);
  return {
    ...plainState(dims),
    dims,
    stride: all(1),
    dilation: all(1),
    output_padding: all(0),
    padding: typeof state.padding === "string" ? state.padding : "valid",
    cell: null,
    pinned: false,
  };
}

/** The padding as it stands, in numbers that can be changed one by one. */
export const inNumbers = (state: SlidingWindowState): [number, number][] =>
  workOut(state).pads.map(([before, after]) => [before, after]);

export function withPad(state: SlidingWindowState, axis: number | "all", side: 0 | 1 | "both", value: number): Patch {
  const padding = inNumbers(state).map((pair, i): [number, number] => {
    if (axis !== "all" && axis !== i) return pair;
    return side === "both" ? [value, value] : side === 0 ? [value, pair[1]] : [pair[0], value];
  });
  return { padding };
}

export const FILLS = ["zeros", "ones", "count", "random", "impulse", "ramp"] as const;
export type Fill = (typeof FILLS)[number];

export function filled(shape: readonly number[], fill: Fill): Numbers {
  const centre = shape.map((n) => Math.floor((n - 1) / 2));
  const data = Array.from({ length: product(shape) }, (_, flat) => {
    const at = unflatten(shape, flat);
    switch (fill) {
      case "zeros":
        return 0;
      case "ones":
        return 1;
      case "count":
        return flat + 1;
      case "random":
        return Math.floor(Math.random() * 10);
      case "impulse":
        return at.every((n, axis) => n === centre[axis]) ? 1 : 0;
      case "ramp":
        return at.at(-1)!;
    }
  });
  return { shape: [...shape], data };
}
