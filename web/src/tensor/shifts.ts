/** What small shifts of an image do to its map once a stride has thinned it out, and how to measure it. */

import { sourceIndex } from "./borders.ts";
import { flatPlaces, taken } from "./cells.ts";
import { conv } from "./convolve.ts";
import { averagePool, maxPool } from "./pool.ts";
import { inside, reshape, tensor, type Shape, type Tensor } from "./tensor.ts";

export type Method = "subsample" | "max" | "average" | "blur" | "max-blur";
export type Measure = "distance" | "changed" | "moved";
/** What comes in where a shift moves the image away, and lies outside of it. */
export type Entering = "zeros" | "wrap";
export type Feature = "none" | "sobel-x" | "sobel-y";

/** The blur before a stride, along each axis: R. Zhang, Making convolutional networks shift-invariant again (2019). */
export const BINOMIAL: Shape = [0.25, 0.5, 0.25];

/** Cells that differ by less, beside the largest of them, count as equal. */
const SAME = 1e-9;

/** The cell that stands at a place after a shift, or lies outside where a window reaches; null where a zero does. */
export function cellBefore(shape: Shape, at: Shape, shift: Shape, entering: Entering): number[] | null {
  const from = at.map((place, axis) => place - shift[axis]!);
  if (entering === "wrap") return from.map((place, axis) => place - Math.floor(place / shape[axis]!) * shape[axis]!);
  return inside(from, shape) ? from : null;
}

/** Moves an image by whole cells. */
export function shifted({ shape, data }: Tensor, shift: Shape, entering: Entering): Tensor {
  const mode = entering === "wrap" ? "wrap" : "constant";
  const from = shape.map((size, axis) => Array.from({ length: size }, (_, i) => sourceIndex(i - shift[axis]!, size, mode)));
  return tensor(shape, taken(data, flatPlaces(shape, from), 0));
}

/** Correlates with an edge kernel at every cell and cuts negative sums to 0; or leaves the image as it is. */
export function featureMap(image: Tensor, feature: Feature, entering: Entering): Tensor {
  if (feature === "none") return image;
  const found = convolved(image, featureKernel(feature, image.shape.length), image.shape.map(() => 1), entering);
  return tensor(found.shape, found.data.map((value) => (value < 0 ? 0 : value)));
}

export function featureKernel(feature: Exclude<Feature, "none">, dims: number): Tensor {
  if (dims === 1) return tensor([3], [-1, 0, 1]);
  return tensor([3, 3], feature === "sobel-x" ? [-1, 0, 1, -2, 0, 2, -1, 0, 1] : [-1, -2, -1, 0, 0, 0, 1, 2, 1]);
}

/**
 * Does something at every cell, and keeps every `stride`-th of the results.
 *
 * Windows begin at the cell that they stand for and reach over the end, where zeros lie, or the beginning again; so
 * the method alone goes along with every shift, and only the stride does not.
 */
export function thinned(features: Tensor, method: Method, window: Shape, stride: Shape, entering: Entering): Tensor {
  const { shape } = features;
  if (method === "subsample") {
    const kept = shape.map((size, axis) => Math.ceil(size / stride[axis]!));
    const from = kept.map((size, axis) => Array.from({ length: size }, (_, i) => i * stride[axis]!));
    return tensor(kept, taken(features.data, flatPlaces(shape, from), 0));
  }
  if (method === "blur") return convolved(features, blurKernel(shape.length), stride, entering);
  const x = reshape(features, [1, ...shape]);
  const padding = window.map((cells): [number, number] => [0, cells - 1]);
  const options = { padding, border: borderOf(entering), stride: method === "max-blur" ? shape.map(() => 1) : stride };
  const pooled = method === "average" ? averagePool(x, window, options) : maxPool(x, window, options).values;
  const found = reshape(pooled, pooled.shape.slice(1));
  return method === "max-blur" ? convolved(found, blurKernel(shape.length), stride, entering) : found;
}

/** Along one axis, the first and the last cell that go into an output, counted from where its window begins. */
export function reachOf(method: Method, window: number): readonly [first: number, last: number] {
  if (method === "subsample") return [0, 0];
  const pooled = method === "blur" ? 0 : window - 1;
  return method === "blur" || method === "max-blur" ? [-1, pooled + 1] : [0, pooled];
}

/**
 * How far two maps are apart, 0 where they are alike: ‖a − b‖² / (‖a‖² + ‖b‖²), which is 1 where they have nothing in
 * common; the share of cells that differ; or the distance to the map before, moved along by whole cells on either side
 * of `moved`, as many cells of the map as the input was moved by.
 */
export function apart(measure: Measure, before: Tensor, after: Tensor, moved: Shape, entering: Entering): number {
  if (measure === "changed") return differing(before, after).filter(Boolean).length / before.data.length;
  if (measure === "distance") return distance(before, after);
  const moves = moved.reduce<number[][]>(
    (all, cells) => all.flatMap((move) => [...new Set([Math.floor(cells), Math.ceil(cells)])].map((whole) => [...move, whole])),
    [[]],
  );
  return Math.min(...moves.map((move) => distance(shifted(before, move, entering), after)));
}

/** Which cells of two maps differ. */
export function differing(before: Tensor, after: Tensor): boolean[] {
  const largest = ({ data }: Tensor): number => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const most = Math.max(largest(before), largest(after));
  return Array.from(before.data, (value, i) => Math.abs(value - after.data[i]!) > SAME * most);
}

function distance({ data: one }: Tensor, { data: other }: Tensor): number {
  let [difference, whole] = [0, 0];
  one.forEach((value, i) => {
    difference += (value - other[i]!) ** 2;
    whole += value ** 2 + other[i]! ** 2;
  });
  return whole ? difference / whole : 0;
}

const borderOf = (entering: Entering): string | number => (entering === "wrap" ? "wrap" : 0);

const blurKernel = (dims: number): Tensor =>
  dims === 1 ? tensor([3], BINOMIAL) : tensor([3, 3], BINOMIAL.flatMap((row) => BINOMIAL.map((column) => row * column)));

function convolved(image: Tensor, weight: Tensor, stride: Shape, entering: Entering): Tensor {
  const x = reshape(image, [1, ...image.shape]);
  const found = conv(x, reshape(weight, [1, 1, ...weight.shape]), null, { padding: 1, stride, border: borderOf(entering) });
  return reshape(found, found.shape.slice(1));
}
