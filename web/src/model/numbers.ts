/** The numbers of a state: changed by the way of copies, and as a tensor to compute with. */

import { MOST_CELLS, MOST_SIDE, type Numbers } from "../generated/states.ts";
import { flatIndex, inside, product, tensor, unflatten, type Tensor } from "../tensor/tensor.ts";
import { alike, asNumber, type CommonState } from "./state.ts";
import type { Store } from "./store.svelte.ts";

export const toTensor = ({ shape, data }: Numbers): Tensor => tensor(shape, data.map((value) => asNumber(value, 0)));

/** The same numbers in another shape; cells that come are 0. */
export function resized(numbers: Numbers, shape: readonly number[]): Numbers {
  const data = Array.from({ length: product(shape) }, (_, flat) => {
    const at = unflatten(shape, flat);
    return inside(at, numbers.shape) ? numbers.data[flatIndex(numbers.shape, at)]! : 0;
  });
  return { shape: [...shape], data };
}

/** How an array can be made larger. */
export interface Growth {
  shape: readonly number[];
  /** As long as a side may be while the others are as they are. */
  largest: (shape: readonly number[], axis: number) => number;
  to: (shape: readonly number[]) => void;
}

/** Growth that leaves the numbers where they are. */
export const growthOf = (numbers: Numbers, largest: Growth["largest"], change: (grown: Numbers) => void): Growth => ({
  shape: numbers.shape, largest, to: (shape) => change(resized(numbers, shape)),
});

/** The shape with room for so many rows and columns, or the largest, and whether it has it all; null where it is the array's. */
export function roomFor({ shape, largest }: Growth, sides: readonly [number, number]): [shape: readonly number[], whole: boolean] | null {
  const wanted = shape.map((size, axis) => Math.max(size, sides[axis + 2 - shape.length] ?? 0));
  const grown = wanted.reduce((now, size, axis) => withEntry(now, axis, Math.max(now[axis]!, Math.min(size, largest(now, axis)))), shape);
  return alike(grown, shape) ? null : [grown, alike(grown, wanted)];
}

/** One number changed. */
export function withNumber(numbers: Numbers, at: readonly number[], value: number): Numbers {
  const data = [...numbers.data];
  data[flatIndex(numbers.shape, at)] = value;
  return { shape: numbers.shape, data };
}

/** One number changed of an array in the state. */
export function changeNumber<S extends CommonState>(store: Store<S>, name: keyof S & string, at: readonly number[], value: number): void {
  store.change({ [name]: withNumber(store.state[name] as Numbers, at, value) } as Partial<S>, `${name} ${at.join()}`);
}

/** One axis, or all of them at once. */
export type Axis = number | "all";

/** As large as an array can be along an axis before it has too many cells. */
export function largestSide(shape: readonly number[], axis: Axis): number {
  const most = axis === "all" ? MOST_CELLS ** (1 / shape.length) + 1e-9 : MOST_CELLS / product(shape.filter((_, i) => i !== axis));
  return Math.min(MOST_SIDE, Math.floor(most));
}

/** A list with one entry changed, or with all of them. */
export const withEntry = (list: readonly number[], axis: Axis, value: number): number[] =>
  list.map((old, i) => (axis === "all" || axis === i ? value : old));
