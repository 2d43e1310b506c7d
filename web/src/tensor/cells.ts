/** Which input cell lies under each cell of each window: the one index map that every operation goes by. */

import { sourceIndex } from "./borders.ts";
import type { Sliding } from "./geometry.ts";
import type { Shape } from "./tensor.ts";

/** The coordinate along one axis that tap t of output cell o lies on; outside the input where not in [0, size). */
export function positionAt(spec: Sliding, axis: number, output: number, tap: number): number {
  return output * spec.stride[axis]! - spec.pads[axis]![0] + tap * spec.dilation[axis]!;
}

/** The input cell that is seen at a coordinate along one axis; −1 where a constant lies or nothing takes part. */
export function sourceAt(spec: Sliding, axis: number, position: number): number {
  return sourceIndex(position, spec.inputSize[axis]!, spec.border?.mode ?? "constant");
}

/** What windows see, border included: places in it are flat. */
export interface Seen {
  /** For each place the flat input cell that is seen there; −1 where a constant lies or nothing takes part. */
  readonly cells: Int32Array;
  /** Where the window of each output cell begins. */
  readonly starts: Int32Array;
  /** How far behind its beginning each cell of a window lies. */
  readonly offsets: Int32Array;
}

export function seenBy(spec: Sliding): Seen {
  const { inputSize, kernelSize, outputSize, pads, stride, dilation, windowSize } = spec;
  const size = outputSize.map((outputs, axis) => (outputs - 1) * stride[axis]! + windowSize[axis]!);
  const along = (counts: Shape, place: (axis: number, i: number) => number): number[][] =>
    counts.map((count, axis) => Array.from({ length: count }, (_, i) => place(axis, i)));
  return {
    cells: flatPlaces(inputSize, along(size, (axis, i) => sourceAt(spec, axis, i - pads[axis]![0]))),
    starts: flatPlaces(size, along(outputSize, (axis, i) => i * stride[axis]!)),
    offsets: flatPlaces(size, along(kernelSize, (axis, i) => i * dilation[axis]!)),
  };
}

/** The flat places of all indices that can be made of those along each axis; −1 where one of them is. */
export function flatPlaces(shape: Shape, along: readonly Shape[]): Int32Array {
  return along.reduce((places, own, axis) => {
    const all = new Int32Array(places.length * own.length);
    for (let i = 0; i < places.length; i++) {
      const first = places[i]! * shape[axis]!;
      for (let j = 0; j < own.length; j++) all[i * own.length + j] = first < 0 || own[j]! < 0 ? -1 : first + own[j]!;
    }
    return all;
  }, new Int32Array(1));
}

/** The numbers at flat places, and `outside` where the place is −1. */
export function taken(data: Float64Array, places: Int32Array, outside: number): Float64Array {
  const result = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) result[i] = places[i]! < 0 ? outside : data[places[i]!]!;
  return result;
}

/**
 * Visits every window, in the order of the output cells, with the flat input cell under each of the kernel's cells.
 *
 * `cells` is −1 where a constant lies, or where nothing takes part. It is written anew for each window: copy what is
 * to be kept.
 */
export function eachWindow(spec: Sliding, visit: (output: number, cells: Int32Array) => void): void {
  const { cells, starts, offsets } = seenBy(spec);
  const under = new Int32Array(offsets.length);
  for (let output = 0; output < starts.length; output++) {
    const start = starts[output]!;
    for (let t = 0; t < under.length; t++) under[t] = cells[start + offsets[t]!]!;
    visit(output, under);
  }
}

/** The number outside: that of a constant border, else 0. */
export function outsideValue(spec: Sliding): number {
  return spec.border?.value ?? 0;
}
