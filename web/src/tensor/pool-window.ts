/** One output cell of a pooling with the cells that go into it: what a hover shows. */

import { outsideValue } from "./cells.ts";
import type { PoolSpec } from "./pool-geometry.ts";
import { type Shape, type Tensor, flatIndex, product } from "./tensor.ts";
import { type Place, checkCell, placesUnder } from "./window.ts";

/** A cell of a pooling's window. */
export interface Member extends Place {
  /** Its number; null where nothing takes part. */
  readonly value: number | null;
}

/** A window of pooling: all of its cells, row by row. */
export interface PooledCell {
  readonly item: number;
  readonly channel: number;
  readonly cell: Shape;
  readonly members: readonly Member[];
  /** Which of the members is the largest, the first of equals; −1 if there is none. */
  readonly largest: number;
}

/** Gives the cells under one window of a pooling. */
export function poolWindow(spec: PoolSpec, x: Tensor, cell: Shape, channel = 0, item = 0): PooledCell {
  checkCell([item, channel], [spec.batch, spec.inChannels]);
  const plane = (item * spec.inChannels + channel) * product(spec.inputSize);
  const members = placesUnder(spec, cell).map((place): Member => {
    if (place.source) return { ...place, value: x.data[plane + flatIndex(spec.inputSize, place.source)]! };
    return { ...place, value: spec.border ? outsideValue(spec) : null };
  });
  const largest = members.reduce((best, { value }, i) => {
    const beaten = best < 0 || (value !== null && (value > members[best]!.value! || Number.isNaN(value)));
    return value !== null && beaten ? i : best;
  }, -1);
  return { item, channel, cell: [...cell], members, largest };
}
