/** The receptive field: which input cells an output cell depends on, through one layer and through many. */

import type { Sliding } from "./geometry.ts";
import type { Shape } from "./tensor.ts";

const MOST_PHASES = 4096;

/**
 * Which input cells lie under an output cell, along one dimension of one layer: output cell o depends on those from
 * ⌈(step · o + low) / over⌉ to ⌊(step · o + high) / over⌋. Convolution and pooling have over = 1 and step = stride,
 * transposed convolution step = 1 and over = stride.
 */
export interface Reach {
  readonly step: number;
  readonly over: number;
  readonly low: number;
  readonly high: number;
}

/** First and last cell. */
export type Range = readonly [number, number];

/** A layer whose cells see their own place alone: an activation. */
export const SAME: Reach = { step: 1, over: 1, low: 0, high: 0 };

/** A window that slides: convolution and pooling. */
export function windowReach(window: number, stride = 1, before = 0): Reach {
  return { step: stride, over: 1, low: -before, high: window - 1 - before };
}

/** A transposed convolution: the input cells that write into an output cell. */
export function transposedReach(window: number, stride = 1, before = 0): Reach {
  return { step: 1, over: stride, low: before - window + 1, high: before };
}

/** Adaptive pooling: `inputs` cells shared out evenly to `outputs`. */
export function shareReach(inputs: number, outputs: number): Reach {
  return { step: inputs, over: outputs, low: 1 - outputs, high: inputs - 1 };
}

/** A fully connected layer: all cells. */
export function everyReach(inputs: number): Reach {
  return windowReach(inputs, inputs);
}

/** The reach of a convolution or pooling along each dimension. */
export function reachOf({ windowSize, stride, pads }: Sliding): Reach[] {
  return windowSize.map((window, i) => windowReach(window, stride[i]!, pads[i]![0]));
}

/** The reach of what goes the other way: the transposed convolution that a spec is given for. */
export function transposedReachOf({ windowSize, stride, pads }: Sliding): Reach[] {
  return windowSize.map((window, i) => transposedReach(window, stride[i]!, pads[i]![0]));
}

/** The first and last input cell under the output cells of a range. */
export function sees(reach: Reach, [first, last]: Range): Range {
  const { step, over, low, high } = reach;
  return [Math.ceil((step * first + low) / over) + 0, Math.floor((step * last + high) / over)]; // + 0 makes −0 to 0
}

/** Follows output cells back through layers, given in forward order, to the input. */
export function traceBack(reaches: readonly Reach[], range: Range): Range {
  return reaches.reduceRight((cells, reach) => sees(reach, cells), range);
}

/** The input cells that one cell of a layer depends on; one entry a dimension. */
export interface ReceptiveField {
  /** Cells seen by one output cell, those in the border included; where cells differ, the most. */
  readonly size: Shape;
  /** How far apart the fields of neighbouring cells are, in input cells: a fraction after transposed layers. */
  readonly jump: readonly (readonly [number, number])[];
  /** First input cell that output cell 0 sees; negative when it lies in the border. */
  readonly start: Shape;
}

/**
 * The receptive field of a chain of layers: for each dimension one reach a layer, in forward order.
 *
 * A. Araujo, W. Norris, J. Sim, Computing Receptive Fields of Convolutional Neural Networks, Distill, 2019.
 */
export function receptiveField(reaches: readonly (readonly Reach[])[], outputSize: Shape): ReceptiveField {
  return {
    size: reaches.map((chain, i) => mostSeen(chain, outputSize[i]!)),
    jump: reaches.map((chain) =>
      chain.reduce((all, { step, over }) => reduced(all[0] * step, all[1] * over), [1, 1] as readonly [number, number]),
    ),
    start: reaches.map((chain) => traceBack(chain, [0, 0])[0]),
  };
}

/** Counts the cells under the output cell that sees most: the numbers seen repeat after some cells. */
function mostSeen(chain: readonly Reach[], cells: number): number {
  const period = Math.min(cells, chain.reduce((all, reach) => all * reach.over, 1), MOST_PHASES);
  let most = 1 - cells;
  for (let cell = 0; cell < period; cell++) {
    const [first, last] = traceBack(chain, [cell, cell]);
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function reduced(a: number, b: number): readonly [number, number] {
  let [x, y] = [a, b];
  while (y) [x, y] = [y, x % y];
  return [a / x, b / x];
}
