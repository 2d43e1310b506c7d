/** Arrays of numbers in any number of dimensions: a shape, and the numbers row by row. */

import { refuse } from "./refusals.ts";

export type Shape = readonly number[];

/** Numbers of a shape; the last axis counts fastest. Functions make new tensors and leave theirs alone. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Numbers in lists, as JSON and people write them. */
export type Nested = number | readonly Nested[];

/** The product of all entries: the cells of an array of that shape. */
export function product(numbers: Shape): number {
  return numbers.reduce((all, n) => all * n, 1);
}

/** Makes a tensor of `shape`, of zeros unless numbers are given. */
export function tensor(shape: Shape, numbers?: ArrayLike<number>): Tensor {
  const cells = product(shape);
  if (numbers && numbers.length !== cells) refuse("cells", shape, numbers.length);
  return { shape: [...shape], data: numbers ? new Float64Array(numbers) : new Float64Array(cells) };
}

/** Reads lists of lists; all must be as long as the first of their depth. */
export function fromNested(lists: Nested): Tensor {
  const shape: number[] = [];
  for (let part: Nested | undefined = lists; typeof part === "object"; part = part[0]) shape.push(part.length);
  const numbers: number[] = [];
  const gather = (part: Nested, axis: number): void => {
    if (typeof part === "number" ? axis !== shape.length : part.length !== shape[axis]) refuse("ragged", shape);
    if (typeof part === "number") numbers.push(part);
    else part.forEach((inner) => gather(inner, axis + 1));
  };
  gather(lists, 0);
  return tensor(shape, numbers);
}

/** Writes a tensor as lists of lists. */
export function toNested({ shape, data }: Tensor): Nested {
  const part = (axis: number, start: number, cells: number): Nested => {
    if (axis === shape.length) return data[start]!;
    const step = cells / shape[axis]!;
    return Array.from({ length: shape[axis]! }, (_, i) => part(axis + 1, start + i * step, step));
  };
  return part(0, 0, data.length);
}

/** Where in `data` the cell at `index` lies. */
export function flatIndex(shape: Shape, index: Shape): number {
  return index.reduce((flat, i, axis) => flat * shape[axis]! + i, 0);
}

/** The inverse of `flatIndex`. */
export function unflatten(shape: Shape, flat: number): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = flat % shape[axis]!;
    flat = Math.floor(flat / shape[axis]!);
  }
  return index;
}

/** The number at `index`. */
export function valueAt({ shape, data }: Tensor, ...index: number[]): number {
  return data[flatIndex(shape, index)]!;
}

/** Whether an array has such a cell. */
export function inside(at: Shape, shape: Shape): boolean {
  return at.length === shape.length && at.every((n, axis) => n >= 0 && n < shape[axis]!);
}

/** The number of a cell; undefined where there is no such cell. */
export function entryAt({ shape, data }: Tensor, at: Shape): number | undefined {
  return inside(at, shape) ? data[flatIndex(shape, at)] : undefined;
}

/** The same numbers in another shape, which are not copied. */
export function reshape({ data }: Tensor, shape: Shape): Tensor {
  if (product(shape) !== data.length) refuse("cells", shape, data.length);
  return { shape: [...shape], data };
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}

/** The kernels turned by 180° along all axes but the first two. */
export function turned(weight: Tensor): Tensor {
  const taps = product(weight.shape.slice(2));
  return { shape: weight.shape, data: weight.data.map((_, i, all) => all[i - (i % taps) + taps - 1 - (i % taps)]!) };
}

/** The sum of two matrices' products: rows of `a` by columns of `b`. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  const [rows, inner] = a.shape as [number, number];
  const columns = b.shape[1]!;
  if (b.shape[0] !== inner) refuse("matrices", a.shape, b.shape);
  const result = tensor([rows, columns]);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = a.data[i * inner + k]!;
      for (let j = 0; j < columns; j++) result.data[i * columns + j]! += factor * b.data[k * columns + j]!;
    }
  }
  return result;
}

/** A matrix with rows and columns exchanged. */
export function transpose({ shape, data }: Tensor): Tensor {
  const [rows, columns] = shape as [number, number];
  return tensor([columns, rows], Float64Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!));
}
