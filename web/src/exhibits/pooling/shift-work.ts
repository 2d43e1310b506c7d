/** What the shifts show: input, feature map and pooled map before and after, and how far the maps are apart. */

import { toTensor } from "../../model/numbers.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { apart, cellBefore, differing, featureMap, reachOf, shifted, thinned, type Method } from "../../tensor/shifts.ts";
import { times } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import { METHODS, MOST_SHIFT, type PoolingState } from "./state.ts";

/** What of the state decides the maps. */
export type Shifting = Pick<PoolingState, "input" | "window" | "stride" | "entering" | "feature">;

export interface Maps {
  input: Tensor;
  features: Tensor;
  pooled: Tensor;
}

export const strideOf = ({ stride, window }: Pick<Shifting, "stride" | "window">): readonly number[] => stride ?? window;

export function mapsOf(state: Shifting, method: Method, shift: readonly number[]): Maps {
  const input = shifted(toTensor(state.input), shift, state.entering);
  const features = featureMap(input, state.feature, state.entering);
  return { input, features, pooled: pooledBy(method, state, features) };
}

const pooledBy = (method: Method, state: Shifting, features: Tensor): Tensor =>
  thinned(features, method, state.window, strideOf(state), state.entering);

/** The shifts that are compared. */
export const SHIFTS = Array.from({ length: 2 * MOST_SHIFT + 1 }, (_, i) => i - MOST_SHIFT);

export interface Curve {
  method: Method;
  /** For each shift, how far the map is from the one before. */
  values: number[];
}

/** For every method how far the maps are apart, over shifts along one axis; the other is shifted as the state says. */
export function curvesOf(state: Shifting & Pick<PoolingState, "measure" | "along" | "shift">): Curve[] {
  const zero = state.shift.map(() => 0);
  const by = SHIFTS.map((cells) => state.shift.map((own, axis) => (axis === state.along ? cells : own)));
  const input = toTensor(state.input);
  const features = [zero, ...by].map((shift) => featureMap(shifted(input, shift, state.entering), state.feature, state.entering));
  return METHODS.map((method) => {
    const [before, ...after] = features.map((map) => pooledBy(method, state, map));
    const values = after.map((map, i) => apart(state.measure, before!, map, movedBy(state, by[i]!), state.entering));
    return { method, values };
  });
}

/** By how many cells of the pooled map the input was moved. */
export const movedBy = (state: Pick<Shifting, "stride" | "window">, shift: readonly number[]): number[] =>
  shift.map((cells, axis) => cells / strideOf(state)[axis]!);

/** The cells of the pooled map that differ from those before. */
export function changedCells(before: Tensor, after: Tensor): number[] {
  return differing(before, after).flatMap((differs, flat) => (differs ? [flat] : []));
}

/** The cells of the feature map that go into a cell of the pooled one. */
export function sourcesOf(state: Shifting, method: Method, features: Tensor, at: readonly number[]): number[][] {
  const { shape } = features;
  const along = at.map((place, axis) => {
    const [first, last] = reachOf(method, state.window[axis]!);
    const start = place * strideOf(state)[axis]!;
    return Array.from({ length: last - first + 1 }, (_, i) => start + first + i);
  });
  const places = along.reduce<number[][]>((all, own) => all.flatMap((cell) => own.map((place) => [...cell, place])), [[]]);
  const zero = shape.map(() => 0);
  const cells = places.map((place) => cellBefore(shape, place, zero, state.entering)).filter((cell) => cell !== null);
  return [...new Map(cells.map((cell) => [cell.join(), cell])).values()];
}

/** What a method is called, with its window and stride. */
export function titleOf(state: Pick<Shifting, "window" | "stride">, method: Method): string {
  return texts.pooling.methodTitle(method, times(state.window), stepText(strideOf(state)));
}

const stepText = (steps: readonly number[]): string => (new Set(steps).size === 1 ? String(steps[0]) : times(steps));
