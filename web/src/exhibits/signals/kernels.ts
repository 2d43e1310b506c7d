/** The named kernels of signals, with their parameters: the same weights as Python's. */

import { bend, difference, echo, movingAverage, slope } from "../../tensor/signals.ts";

export interface Range {
  usual: number;
  least: number;
  most: number;
  /** What an arrow key adds. */
  step: number;
  whole: boolean;
}

type Values = Readonly<Record<string, number>>;

interface Design {
  parameters: Readonly<Record<string, Range>>;
  build(values: Values): Float64Array;
}

const whole = (usual: number, least: number, most: number, step = 1): Range => ({ usual, least, most, step, whole: true });
const real = (usual: number, least: number, most: number, step: number): Range => ({ usual, least, most, step, whole: false });

export const DESIGNS: Readonly<Record<string, Design>> = {
  "moving-average": { parameters: { size: whole(5, 1, 128) }, build: ({ size }) => movingAverage(size!).data },
  gaussian: { parameters: { sigma: real(2, 0.3, 20, 0.5) }, build: ({ sigma }) => toOne(bell(sigma!).weights) },
  hann: {
    parameters: { size: whole(9, 1, 128) },
    build: ({ size }) => toOne(Float64Array.from({ length: size! }, (_, i) => Math.sin((Math.PI * (i + 1)) / (size! + 1)) ** 2)),
  },
  exponential: {
    parameters: { decay: real(0.8, 0, 0.99, 0.05), size: whole(12, 1, 128) },
    build: ({ decay, size }) => toOne(Float64Array.from({ length: size! }, (_, i) => decay! ** i)),
  },
  difference: { parameters: {}, build: () => difference().data },
  slope: { parameters: {}, build: () => slope().data },
  bend: { parameters: {}, build: () => bend().data },
  "gaussian-slope": { parameters: { sigma: real(2, 0.3, 20, 0.5) }, build: ({ sigma }) => gaussianSlope(sigma!) },
  echo: {
    parameters: { delay: whole(8, 1, 16384), gain: real(0.6, -1, 1, 0.05), repeats: whole(3, 1, 8) },
    build: ({ delay, gain, repeats }) => echo(delay!, gain!, repeats!).data,
  },
  reverb: {
    parameters: { size: whole(16000, 2, 65536, 800), wet: real(1, 0, 4, 0.1), seed: whole(1, 0, 999) },
    build: ({ size, wet, seed }) => reverb(size!, wet!, seed!),
  },
};

/** White noise from −1 to 1: whole numbers hashed (lowbias32), the same on every machine and in Python. */
export function noise(count: number, seed: number): Float64Array {
  const start = (seed * 1_000_003) % 2 ** 32;
  return Float64Array.from({ length: count }, (_, i) => {
    let n = (i + start) >>> 0;
    n = Math.imul(n ^ (n >>> 16), 0x7feb352d);
    n = Math.imul(n ^ (n >>> 15), 0x846ca68b);
    return ((n ^ (n >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
}

function bell(sigma: number): { places: Float64Array; weights: Float64Array } {
  const reach = Math.ceil(3 * sigma);
  const places = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  return { places, weights: places.map((p) => Math.exp(-(p * p) / (2 * sigma * sigma))) };
}

function gaussianSlope(sigma: number): Float64Array {
  const { places, weights } = bell(sigma);
  const rise = total(places.map((p, i) => p * p * weights[i]!));
  return places.map((p, i) => (p * weights[i]!) / rise);
}

function reverb(size: number, wet: number, seed: number): Float64Array {
  const tail = noise(size, seed).map((value, i) => (i ? value * 10 ** ((-3 * i) / size) : 0));
  const factor = wet / Math.sqrt(total(tail.map((value) => value * value)));
  const weights = tail.map((value) => value * factor);
  weights[0] = 1;
  return weights;
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

function toOne(weights: Float64Array): Float64Array {
  const sum = total(weights);
  return weights.map((weight) => weight / sum);
}

export interface Named {
  name: string;
  values: Values;
}

/** Reads a text such as "gaussian:sigma=2"; null where there is no such kernel, or a value does not fit. */
export function readKernel(text: string): Named | null {
  const [name = "", options = ""] = text.split(/:(.*)/s);
  const design = Object.hasOwn(DESIGNS, name) ? DESIGNS[name]! : null;
  if (!design) return null;
  const values = Object.fromEntries(Object.entries(design.parameters).map(([key, range]) => [key, range.usual]));
  for (const option of options.split(",").filter(Boolean)) {
    const [key = "", value = ""] = option.split("=").map((part) => part.trim());
    const range = Object.hasOwn(design.parameters, key) ? design.parameters[key]! : null;
    const found = value === "" ? NaN : Number(value);
    if (!range || !(found >= range.least && found <= range.most) || (range.whole && !Number.isInteger(found))) return null;
    values[key] = found;
  }
  return { name, values };
}

/** The text of a kernel: its name, and the parameters that are not as usual. */
export function kernelText({ name, values }: Named): string {
  const changed = Object.entries(values).filter(([key, value]) => value !== DESIGNS[name]!.parameters[key]!.usual);
  return changed.length ? `${name}:${changed.map(([key, value]) => `${key}=${value}`).join(",")}` : name;
}

export const weightsOf = ({ name, values }: Named): Float64Array => DESIGNS[name]!.build(values);
