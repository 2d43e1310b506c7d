/** Named kernels: the catalogue that Python writes, and those of its kernels that have parameters. */

import {
  box, differenceOfGaussians, gabor, gaussian, identity, kirsch, laplacianOfGaussian, motionBlur, robinson, unsharp,
} from "./designs.ts";
import { refuse } from "./refusals.ts";
import { type Shape, type Tensor, tensor } from "./tensor.ts";

/** Values by the names of the Python package: sigma, size, angle, wavelength …; null is "as it follows". */
export type Parameters = Readonly<Record<string, number | null>>;

/** What of an entry of the generated catalogue makes its weights. */
export interface Entry {
  readonly name: string;
  /** Defaults by name. */
  readonly parameters: Parameters;
}

/** Weights by the names of their kernels, as generated/kernel-weights.ts has them. */
export type Weights = Readonly<Record<string, { readonly shape: Shape; readonly data: readonly (number | string)[] }>>;

type Build = (value: (name: string) => number, optional: (name: string) => number | null) => Tensor;

const BUILDERS: Readonly<Record<string, Build>> = {
  identity: (value) => identity(value("size")),
  box: (value) => box(value("size")),
  gaussian: (value, optional) => gaussian(value("sigma"), optional("size")),
  "motion-blur": (value) => motionBlur(value("length"), value("angle")),
  unsharp: (value, optional) => unsharp(value("sigma"), value("amount"), optional("size")),
  robinson: (value) => robinson(value("angle")),
  kirsch: (value) => kirsch(value("angle")),
  log: (value, optional) => laplacianOfGaussian(value("sigma"), optional("size")),
  dog: (value, optional) => differenceOfGaussians(value("sigma"), value("ratio"), optional("size")),
  gabor: (value, optional) =>
    gabor({
      orientation: value("orientation"), wavelength: value("wavelength"), phase: value("phase"),
      sigma: optional("sigma"), aspect: value("aspect"), size: optional("size"),
    }),
};

/** The weights of a catalogue's kernel, with some parameters changed; `fixed` has those of kernels that have none. */
export function weightsOf(entry: Entry, fixed: Weights, changed: Parameters = {}): Tensor {
  for (const name of Object.keys(changed)) {
    if (!(name in entry.parameters)) refuse("parameter", entry.name, name, takenBy(entry));
  }
  const build = BUILDERS[entry.name];
  if (!build) {
    const { shape, data } = fixed[entry.name] ?? refuse("notKept", entry.name);
    return tensor(shape, data.map(Number));
  }
  const all = { ...entry.parameters, ...changed };
  return build((name) => all[name] ?? Number.NaN, (name) => all[name] ?? null);
}

function takenBy({ parameters }: Entry): string[] {
  return Object.entries(parameters).map(([name, value]) => `${name}=${value ?? "None"}`);
}

/** Finds a kernel by a text such as "sobel-x" or "gaussian:sigma=2,size=9". */
export function findKernel<E extends Entry>(
  catalogue: readonly E[], fixed: Weights, text: string,
): { entry: E; weights: Tensor } {
  const [name = "", options = ""] = text.split(/:(.*)/s);
  const plain = name.trim().toLowerCase().replace(/[_ ]/g, "-");
  const entry = catalogue.find((one) => one.name === plain);
  if (!entry) refuse("unknown", "kernel", name, catalogue.map((one) => one.name));
  const changed: Record<string, number | null> = {};
  for (const option of options.split(",").filter((part) => part.trim())) {
    const [key = "", value = ""] = option.split("=").map((part) => part.trim());
    const none = value.toLowerCase() === "none" && entry.parameters[key] === null;
    const number = value === "" ? Number.NaN : Number(value);
    const whole = key === "size";
    if (!none && key in entry.parameters && (whole ? !Number.isInteger(number) : Number.isNaN(number))) {
      refuse("parameterValue", entry.name, key, whole ? "whole" : "number", value, takenBy(entry));
    }
    changed[key] = none ? null : number;
  }
  return { entry, weights: weightsOf(entry, fixed, changed) };
}

/** The text that makes a kernel again: its name, and the parameters that differ from their defaults. */
export function kernelLabel(entry: Entry, changed: Parameters): string {
  const different = Object.entries(changed).filter(([name, value]) => value !== entry.parameters[name]);
  const options = different.map(([name, value]) => `${name}=${value ?? "None"}`).join(",");
  return options ? `${entry.name}:${options}` : entry.name;
}

/** A kernel as the column and row whose product it is; null if it is none. */
export function asProduct(kernel: Tensor): { column: Float64Array; row: Float64Array } | null {
  const [rows, columns] = kernel.shape as [number, number];
  const most = kernel.data.reduce((best, w, i) => (Math.abs(w) > Math.abs(kernel.data[best]!) ? i : best), 0);
  const pivot = kernel.data[most]!;
  if (pivot === 0) return null;
  const [top, left] = [Math.floor(most / columns), most % columns];
  const column = Float64Array.from({ length: rows }, (_, i) => kernel.data[i * columns + left]!);
  const row = Float64Array.from({ length: columns }, (_, j) => kernel.data[top * columns + j]! / pivot);
  const least = 1e-12 * Math.abs(pivot);
  const apart = (w: number, i: number): number => Math.abs(w - column[Math.floor(i / columns)]! * row[i % columns]!);
  return kernel.data.some((w, i) => apart(w, i) > least) ? null : { column, row };
}

/** The sum of a kernel's weights: what an even area is multiplied by. A residue of rounding is given as 0. */
export function sumOf(kernel: Tensor): number {
  const sum = kernel.data.reduce((all, w) => all + w, 0);
  return Math.abs(sum) <= 1e-12 * kernel.data.reduce((all, w) => all + Math.abs(w), 0) ? 0 : sum;
}

/** Whether the response goes both ways from zero, so that zero is best shown as mid grey. */
export function isSigned(kernel: Tensor): boolean {
  return kernel.data.some((w) => w < 0) && sumOf(kernel) <= 0;
}

/** How far a kernel reaches from the cell that it lies on: cells before and after, along each dimension. */
export function reachAround(kernel: Tensor, flip = false): (readonly [number, number])[] {
  return kernel.shape.map((n) => {
    const [before, after] = [Math.floor(n / 2), n - 1 - Math.floor(n / 2)];
    return flip ? [after, before] : [before, after];
  });
}
