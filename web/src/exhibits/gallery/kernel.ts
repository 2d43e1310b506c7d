/** The kernel of a state: its weights, its name in the catalogue, and the parameters that can be turned. */

import { fixedWeights } from "../../generated/kernel-weights.ts";
import { namedKernels, type NamedKernel } from "../../generated/kernels.ts";
import type { Numbers } from "../../generated/states.ts";
import { findKernel, kernelLabel, type Parameters } from "../../tensor/kernels.ts";
import { tensor, type Tensor } from "../../tensor/tensor.ts";

const LONGEST_TEXT = 200;
/** The longest side that the gallery lays over a photograph. */
const LARGEST_SIDE = 127;

export interface Kernel {
  weights: Tensor;
  /** What it is in the catalogue, if it is there. */
  entry: NamedKernel | null;
  parameters: Parameters;
}

export interface Range {
  least: number;
  most: number;
  step: number;
}

/** Where sliders end; parameters that are not here follow from others. */
const RANGES: Readonly<Record<string, Range>> = {
  sigma: { least: 0.3, most: 8, step: 0.1 },
  size: { least: 1, most: 41, step: 2 },
  length: { least: 1, most: 41, step: 1 },
  angle: { least: 0, most: 180, step: 5 },
  amount: { least: 0.1, most: 5, step: 0.1 },
  ratio: { least: 1.1, most: 2.5, step: 0.1 },
  orientation: { least: 0, most: 175, step: 5 },
  wavelength: { least: 2, most: 10, step: 0.5 },
  phase: { least: -180, most: 180, step: 15 },
  aspect: { least: 0.4, most: 1.5, step: 0.1 },
};
/** How many times as far from grey signed sums are shown. */
export const GAINS: Range = { least: 1, most: 16, step: 1 };
const COMPASS: Range = { least: 0, most: 315, step: 45 };

export function isKernelText(text: string): boolean {
  if (text.length > LONGEST_TEXT) return false;
  try {
    return Math.max(...findKernel(namedKernels, fixedWeights, text).weights.shape) <= LARGEST_SIDE;
  } catch {
    return false;
  }
}

export function kernelOf(found: Numbers | string): Kernel {
  if (typeof found !== "string") return { weights: tensor(found.shape, found.data.map(Number)), entry: null, parameters: {} };
  const { entry, weights } = findKernel(namedKernels, fixedWeights, found);
  return { entry, weights, parameters: { ...entry.parameters, ...parametersIn(found) } };
}

/** The sliders of a kernel: names, ranges and where they stand. */
export function slidersOf({ entry, parameters }: Kernel): { name: string; range: Range; value: number }[] {
  if (!entry) return [];
  return Object.entries(entry.parameters).flatMap(([name, usual]) => {
    const compass = name === "angle" && (entry.name === "robinson" || entry.name === "kirsch");
    const range = compass ? COMPASS : RANGES[name];
    return range && usual !== null ? [{ name, range, value: parameters[name] ?? usual }] : [];
  });
}

/** The text of a kernel with one parameter changed. */
export function withParameter({ entry, parameters }: Kernel, name: string, value: number): string {
  return kernelLabel(entry!, { ...parameters, [name]: Number(value.toPrecision(6)) });
}

function parametersIn(text: string): Record<string, number | null> {
  const [, options = ""] = text.split(/:(.*)/s);
  const pairs = options.split(",").filter((part) => part.trim()).map((part) => part.split("=").map((side) => side.trim()));
  return Object.fromEntries(pairs.map(([name = "", value = ""]) => [name, value.toLowerCase() === "none" ? null : Number(value)]));
}

/** Rows and columns added or taken at both sides alike, so that the middle stays the middle. */
export function resizedAbout(weights: Tensor, rows: number, columns: number): Numbers {
  const [oldRows, oldColumns] = weights.shape as [number, number];
  const [down, right] = [Math.floor(rows / 2) - Math.floor(oldRows / 2), Math.floor(columns / 2) - Math.floor(oldColumns / 2)];
  const data = Array.from({ length: rows * columns }, (_, flat) => {
    const [row, column] = [Math.floor(flat / columns) - down, (flat % columns) - right];
    const inside = row >= 0 && row < oldRows && column >= 0 && column < oldColumns;
    return inside ? weights.data[row * oldColumns + column]! : 0;
  });
  return { shape: [rows, columns], data };
}
