/** How much border each side of an image gets: the ways of saying it, resolved to pairs of cells. */

import { refuse } from "./refusals.ts";
import type { Shape } from "./tensor.ts";

export const PADDING_NAMES = ["valid", "same", "same-upper", "same-lower", "full"] as const;

export type PaddingName = (typeof PADDING_NAMES)[number];

/** Cells before and after. */
export type Pair = readonly [number, number];
export type Pads = readonly Pair[];

/** One number for all dimensions, or one for each. */
export type PerDimension = number | Shape;

/** A name, a number for all sides, one a dimension, or (before, after) a dimension. */
export type Padding = PaddingName | PerDimension | Pads;

/** Takes `value` as an integer that is at least `least`. */
export function wholeNumber(value: unknown, name: string, least: number): number {
  if (typeof value !== "number" || !Number.isInteger(value)) refuse("whole", name, value);
  if (value < least) refuse("least", name, least, value);
  return value;
}

/** Takes a shape as whole numbers, none of them negative. */
export function wholeShape(shape: Shape, name: string): number[] {
  return shape.map((n) => wholeNumber(n, name, 0));
}

/** Takes one whole number for all dimensions, or one for each. */
export function perDimension(value: PerDimension, dims: number, name: string, least = 1): number[] {
  if (typeof value === "number") return new Array<number>(dims).fill(wholeNumber(value, name, least));
  if (value.length !== dims) refuse("perDimension", name, dims, value);
  return value.map((n) => wholeNumber(n, name, least));
}

/** Reads the name of a padding, whatever its case and blanks; null for one in numbers. */
export function paddingName(padding: Padding): PaddingName | null {
  if (typeof padding !== "string") return null;
  const name = (padding as string).trim().toLowerCase().replaceAll("_", "-");
  return PADDING_NAMES.find((known) => known === name) ?? refuse("unknown", "padding", padding, PADDING_NAMES);
}

/**
 * Resolves a padding to (before, after) cells for every dimension.
 *
 * "same" makes output = ceil(input / stride), an odd cell going after ("same-lower": before); "full" lets every
 * window in that meets the input.
 */
export function resolvePadding(padding: Padding, inputSize: Shape, windowSize: Shape, stride: Shape): Pair[] {
  const name = paddingName(padding);
  if (name !== null) return inputSize.map((size, i) => namedPadding(name, size, windowSize[i]!, stride[i]!));
  const dims = inputSize.length;
  if (typeof padding === "object" && padding.some((side) => typeof side === "object")) {
    const sides = padding as readonly (number | Pair)[];
    const fits = sides.length === dims && sides.every((side) => typeof side === "object" && side.length === 2);
    if (!fits) refuse("pairs", dims, padding);
    return (sides as Pads).map(([a, b]) => [wholeNumber(a, "padding", 0), wholeNumber(b, "padding", 0)]);
  }
  return perDimension(padding as PerDimension, dims, "padding", 0).map((p) => [p, p]);
}

function namedPadding(name: PaddingName, size: number, window: number, stride: number): Pair {
  if (name === "valid") return [0, 0];
  if (name === "full") return [window - 1, window - 1];
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + window - size, 0);
  const less = Math.floor(total / 2);
  return name === "same-lower" ? [total - less, less] : [less, total - less];
}
