/** What tests read golden vectors with. */

import { expect } from "vitest";
import type { Padding, PerDimension } from "../tensor/padding.ts";
import { SpecError } from "../tensor/refusals.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { texts } from "../texts/index.ts";

/** An array as the Python writer holds it. */
export interface Held {
  readonly shape: number[];
  readonly data: number[];
}

/** Options in Python's names. */
export interface PythonOptions {
  stride?: PerDimension;
  padding?: Padding;
  border?: string | number;
  dilation?: PerDimension;
  groups?: number;
  flip?: boolean;
  bias?: boolean;
  output_padding?: PerDimension;
  ceil_mode?: boolean;
  count_include_pad?: boolean;
}

export interface Case<Given, Expected> {
  readonly name?: string;
  readonly given: Given;
  readonly expected: Expected;
}

const NAMES: Record<string, string> = {
  output_padding: "outputPadding", ceil_mode: "ceilMode", count_include_pad: "countPads", input_size: "inputSize",
};

/** Gives options the names that they have here. */
export function renamed(options: object): Record<string, never> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [NAMES[name] ?? name, value as never]));
}

/** Makes a tensor. */
export function array(held: Held): Tensor {
  return tensor(held.shape, held.data);
}

/** Holds a tensor to the reference: the same shape, numbers equal within 1e-12 of one another or of 1. */
export function expectAlike(found: Tensor, expected: Held): void {
  expect([...found.shape]).toEqual(expected.shape);
  expectNumbers(found.data, expected.data);
}

/** Holds numbers to the reference. */
export function expectNumbers(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((wanted, i) => {
    const off = Math.abs(found[i]! - wanted);
    if (!(off <= 1e-12 * Math.max(1, Math.abs(wanted)))) expect.fail(`number ${i} is ${found[i]}, not ${wanted}`);
  });
}

/** What a function refuses, in the words that a person is shown, or null. */
export function refusalOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return texts.refusal(error);
  }
}
