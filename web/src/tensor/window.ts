/** One output cell of a convolution with everything that goes into it: what a hover shows. */

import { outsideValue, positionAt, sourceAt } from "./cells.ts";
import { checkShape, firstChannel, laidOn } from "./convolve.ts";
import type { ConvSpec, Sliding } from "./geometry.ts";
import { refuse } from "./refusals.ts";
import { type Shape, type Tensor, flatIndex, product, unflatten } from "./tensor.ts";

/** Where a cell of a window lies. */
export interface Place {
  /** Which cell of the window, as the kernel lies on it. */
  readonly tap: Shape;
  /** Coordinates in the image; outside it where they are negative or too large. */
  readonly position: Shape;
  /** The image cell that is seen there; null where a constant lies. */
  readonly source: Shape | null;
  /** Whether the position lies outside the image, in the border. */
  readonly border: boolean;
}

/** A cell of the window under a kernel, its weight and their product. */
export interface Term extends Place {
  /** Of the input. */
  readonly channel: number;
  /** Where in the kernel as given the weight stands: another place than `tap` if the kernel is turned. */
  readonly kernelCell: Shape;
  readonly value: number;
  readonly weight: number;
  readonly product: number;
}

/** An output cell worked out: result = bias + Σ terms. */
export interface WorkedCell {
  readonly item: number;
  readonly kernel: number;
  readonly cell: Shape;
  /** Channels of the input that the kernel's group sees. */
  readonly channels: Shape;
  /** Channel by channel, and in each of them row by row. */
  readonly terms: readonly Term[];
  /** The sum of each channel's products. */
  readonly sums: readonly number[];
  /** What is added at the end; null where there is no bias. */
  readonly bias: number | null;
  readonly result: number;
}

/** The cells under a window, row by row: where each lies, and which cell a border shows there. */
export function placesUnder(spec: Sliding, cell: Shape): Place[] {
  checkCell(cell, spec.outputSize);
  return Array.from({ length: product(spec.kernelSize) }, (_, flat) => {
    const tap = unflatten(spec.kernelSize, flat);
    return placeOf(spec, tap, tap.map((t, axis) => positionAt(spec, axis, cell[axis]!, t)));
  });
}

function placeOf(spec: Sliding, tap: Shape, position: Shape): Place {
  const source = position.map((p, axis) => sourceAt(spec, axis, p));
  const border = position.some((p, axis) => p < 0 || p >= spec.inputSize[axis]!);
  return { tap, position, source: source.some((s) => s < 0) ? null : source, border };
}

/** Works out one output cell: `cell` is its position, `kernel` its channel, `item` the one of the batch. */
export function workOut(
  spec: ConvSpec, x: Tensor, weight: Tensor, bias: Tensor | null, cell: Shape, kernel = 0, item = 0,
): WorkedCell {
  checkShape("input", x, spec.inputShape);
  checkShape("weight", weight, spec.weightShape);
  checkCell([item, kernel], [spec.batch, spec.outChannels]);
  const places = placesUnder(spec, cell);
  const perGroup = spec.weightShape[1]!;
  const laid = laidOn(spec, weight);
  const [inCells, taps, first] = [product(spec.inputSize), places.length, firstChannel(spec, kernel)];
  const channels = Array.from({ length: perGroup }, (_, c) => first + c);
  const terms = channels.flatMap((channel, c) =>
    places.map((place, flat): Term => {
      const plane = (item * spec.inChannels + channel) * inCells;
      const value = place.source ? x.data[plane + flatIndex(spec.inputSize, place.source)]! : outsideValue(spec);
      const factor = laid.data[(kernel * perGroup + c) * taps + flat]!;
      const kernelCell = kernelCellAt(spec, place.tap);
      return { ...place, channel, kernelCell, value, weight: factor, product: value * factor };
    }),
  );
  const sums = channels.map((channel) => total(terms.filter((term) => term.channel === channel)));
  const added = bias ? bias.data[kernel]! : null;
  const result = sums.reduce((all, sum) => all + sum, 0) + (added ?? 0);
  return { item, kernel, cell: [...cell], channels, terms, sums, bias: added, result };
}

/** An input cell under a window: which output cell's window it is, and where in it. */
export interface Meeting extends Place {
  readonly cell: Shape;
}

/** Every window that an input cell is under, once for each cell of the window that shows it, borders included. */
export function windowsOver(spec: Sliding, source: Shape): Meeting[] {
  checkCell(source, spec.inputSize);
  let found: { cell: number[]; tap: number[] }[] = [{ cell: [], tap: [] }];
  source.forEach((wanted, axis) => {
    const pairs: [number, number][] = [];
    for (let o = 0; o < spec.outputSize[axis]!; o++) {
      for (let t = 0; t < spec.kernelSize[axis]!; t++) {
        if (sourceAt(spec, axis, positionAt(spec, axis, o, t)) === wanted) pairs.push([o, t]);
      }
    }
    found = found.flatMap(({ cell, tap }) => pairs.map(([o, t]) => ({ cell: [...cell, o], tap: [...tap, t] })));
  });
  const order = (one: { cell: Shape; tap: Shape }): number =>
    flatIndex(spec.outputSize, one.cell) * product(spec.kernelSize) + flatIndex(spec.kernelSize, one.tap);
  return found
    .sort((a, b) => order(a) - order(b))
    .map(({ cell, tap }) => ({
      cell,
      ...placeOf(spec, tap, tap.map((t, axis) => positionAt(spec, axis, cell[axis]!, t))),
    }));
}

/** Where in a kernel as given the weight stands that lies on `tap`: another place if the kernel is turned. */
export function kernelCellAt(spec: ConvSpec, tap: Shape): Shape {
  return spec.flip ? tap.map((t, axis) => spec.kernelSize[axis]! - 1 - t) : tap;
}

/** The sum of products. */
export function total(terms: readonly { readonly product: number }[]): number {
  return terms.reduce((sum, term) => sum + term.product, 0);
}

/** Refuses a cell that is not there. */
export function checkCell(cell: Shape, sizes: Shape): void {
  const there = cell.length === sizes.length && cell.every((c, i) => Number.isInteger(c) && c >= 0 && c < sizes[i]!);
  if (!there) refuse("noCell", cell, sizes);
}
