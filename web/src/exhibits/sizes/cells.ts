/** Which cells of each map a cell really depends on: dilation and strides leave some of its field out. */

import type { Range } from "../../tensor/receptive.ts";
import { sees } from "../../tensor/receptive.ts";
import type { Layer, Stack } from "../../tensor/stack.ts";

const MOST_CELLS = 600; // that are followed one by one; more are taken for all between the first and the last
const MOST_RUNS = 64;

/** Unbroken runs of cells, in order: along each axis of each map, the input's first. */
export type Runs = readonly Range[];

/** The cells behind one cell of what a layer puts out; 0 is the input. */
export function runsBehind(stack: Stack, layer: number, cell: readonly number[]): Runs[][] {
  const found: Runs[][] = [cell.map((at): Runs => [[at, at]])];
  for (const one of stack.layers.slice(0, layer).reverse()) {
    found.unshift(found[0]!.map((runs, axis) => joined(runs.flatMap((run) => behind(one, axis, run)))));
  }
  return found;
}

/** The cells of a layer's input behind a run of its output's. */
function behind({ kind, spec, reach }: Layer, axis: number, run: Range): Range[] {
  const whole = sees(reach[axis]!, run);
  if (!spec) return [whole];
  const [stride, apart, taps] = [spec.stride[axis]!, spec.dilation[axis]!, spec.kernelSize[axis]!];
  const before = spec.pads[axis]![0];
  const back = kind === "transposed";
  const alone = run[0] === run[1];
  const unbroken = back ? apart === 1 && taps >= stride : apart === 1 && (alone || stride <= taps);
  if (unbroken || (run[1] - run[0] + 1) * taps > MOST_CELLS) return [whole];
  const cells: Range[] = [];
  for (let at = run[0]; at <= run[1]; at++) {
    for (let tap = 0; tap < taps; tap++) {
      const place = back ? (at + before - apart * tap) / stride : stride * at - before + apart * tap;
      if (Number.isInteger(place)) cells.push([place, place]);
    }
  }
  return cells;
}

/** Runs that touch become one; too many are taken for all between. */
function joined(runs: readonly Range[]): Runs {
  const found: [number, number][] = [];
  for (const [first, last] of runs.filter(([from, to]) => to >= from).sort(([a], [b]) => a - b)) {
    const before = found.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else found.push([first, last]);
  }
  return found.length > MOST_RUNS ? [[found[0]![0], found.at(-1)![1]]] : found;
}

/** How many cells of an axis are seen. */
export const countOf = (runs: Runs): number => runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);

/** Whether cells between are left out along some axis. */
export const hasGaps = (axes: readonly Runs[]): boolean => axes.some((runs) => runs.length > 1);
