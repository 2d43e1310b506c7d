/** The formulae of a layer with its own numbers put in. */

import type { ConvSpec, Sliding } from "./geometry.ts";
import type { Pair } from "./padding.ts";
import type { PoolSpec } from "./pool-geometry.ts";
import { type Shape, product } from "./tensor.ts";

export interface WindowOptions {
  readonly pads?: Pair;
  readonly stride?: number;
  readonly dilation?: number;
  /** Whether the last, incomplete step counts. */
  readonly ceil?: boolean;
}

/** Writes the output size of a window along one dimension: "(224 + 2·3 − 7) / 2 + 1 = 112.5 → 112". */
export function windowFormula(size: number, window: number, options: WindowOptions = {}): string {
  const { pads = [0, 0], stride = 1, dilation = 1, ceil = false } = options;
  const span = dilation === 1 ? ` − ${window}` : ` − ${dilation}·(${window} − 1) − 1`;
  const room = size + pads[0] + pads[1] - dilation * (window - 1) - 1;
  const steps = `${size}${sides("+", pads)}${span}`;
  const exact = room / stride + 1;
  const whole = ceil ? Math.ceil(exact) : Math.floor(exact);
  const rounded = Number.isInteger(exact) ? "" : ` → ${whole}`;
  return `${stride === 1 ? steps : `(${steps}) / ${stride}`} + 1 = ${decimal(room + stride, stride)}${rounded}`;
}

function sides(sign: string, [before, after]: Pair): string {
  if (before !== after) return ` ${sign} ${before} ${sign} ${after}`;
  return before ? ` ${sign} 2·${before}` : "";
}

/** A quotient to three decimals, halves to even; what rounds to a whole number that it is not, as a fraction. */
function decimal(numerator: number, denominator: number): string {
  if (numerator % denominator === 0) return String(numerator / denominator);
  const scaled = Math.abs(numerator) * 1000;
  let thousandths = Math.floor(scaled / denominator);
  const twice = 2 * (scaled % denominator);
  if (twice > denominator || (twice === denominator && thousandths % 2)) thousandths++;
  if (thousandths % 1000 === 0) return fraction(numerator, denominator);
  const text = `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, "0")}`;
  return (numerator < 0 ? "-" : "") + text.replace(/0+$/, "");
}

function fraction(numerator: number, denominator: number): string {
  let [a, b] = [Math.abs(numerator), denominator];
  while (b) [a, b] = [b, a % b];
  return `${numerator / a}/${denominator / a}`;
}

/** What formulae say in words, which stand with the other texts. */
export interface FormulaWords {
  leftOut: string;
  shared: (cells: number, windows: number) => string;
}

/** Writes the output size of a convolution or pooling along each dimension. */
export function sizeFormulas(spec: ConvSpec | PoolSpec, words: FormulaWords): string[] {
  const ceil = "ceilMode" in spec && spec.ceilMode;
  return spec.outputSize.map((outputs, i) => {
    const line = windowFormula(spec.inputSize[i]!, spec.kernelSize[i]!, {
      pads: spec.pads[i]!, stride: spec.stride[i]!, dilation: spec.dilation[i]!, ceil,
    });
    return line.endsWith(` ${outputs}`) ? line : `${line} → ${outputs} (${words.leftOut})`;
  });
}

/** Writes the output size of the transposed convolution that `spec` goes back from, along each dimension. */
export function transposedFormulas(spec: Sliding): string[] {
  return spec.pads.map((pads, i) => {
    const [cells, step, apart] = [spec.kernelSize[i]!, spec.stride[i]!, spec.dilation[i]!];
    const steps = (spec.outputSize[i]! - 1) * step;
    const extra = spec.inputSize[i]! - (steps - pads[0] - pads[1] + spec.windowSize[i]!);
    const span = apart === 1 ? ` + ${cells}` : ` + ${apart}·(${cells} − 1) + 1`;
    const more = extra ? ` + ${extra}` : "";
    return `(${spec.outputSize[i]} − 1)·${step}${sides("−", pads)}${span}${more} = ${spec.inputSize[i]}`;
  });
}

/** Writes where a convolution's parameters come from: "64·3·7·7 + 64 = 9,472". */
export function parameterFormula(spec: ConvSpec): string {
  const bias = spec.bias ? ` + ${thousands(spec.outChannels)}` : "";
  return `${weightFactors(spec)}${bias} ${equals(spec.parameters)}`;
}

/** Writes where a convolution's multiply-adds come from, those of one item: "64·3·7·7 · 112·112 = 118,013,952". */
export function macFormula(spec: ConvSpec): string {
  const cells = product(spec.outputSize);
  return `${weightFactors(spec)} · ${factors(spec.outputSize)} ${equals(spec.weights * cells)}`;
}

/** Writes how many weights a convolution has. */
export function weightFactors({ weightShape, groups, inChannels }: ConvSpec): string {
  const [kernels, perGroup, ...cells] = weightShape as [number, number, ...number[]];
  return `${thousands(kernels)}·${groups === 1 ? thousands(perGroup) : `${thousands(inChannels)}/${thousands(groups)}`}·${factors(cells)}`;
}

/** Numbers with the sign of multiplication between them. */
export function factors(numbers: Shape): string {
  return numbers.map(thousands).join("·");
}

/** A whole number with commas between thousands. */
export function thousands(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A count with all its digits where a number holds them, else as a power of ten. */
export const exactly = (count: number): string => (Number.isSafeInteger(count) ? thousands(count) : `≈ ${powers(count)}`);

/** What a formula comes to. */
export const equals = (count: number): string => (Number.isSafeInteger(count) ? `= ${exactly(count)}` : exactly(count));

/** In three digits: 1.02 · 10²⁸. */
export function powers(count: number): string {
  const [mantissa, exponent] = count.toExponential(2).split("e");
  return `${Number(mantissa)} · ${powerText(Number(exponent))}`;
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
/** A power of ten. */
export function powerText(power: number): string {
  if (power === 0) return "1";
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("");
  return `10${power < 0 ? "⁻" : ""}${digits}`;
}
