/** The size formula turned round: which padding keeps a size, and which settings give a wanted one. */

import { type WindowOptions, windowFormula } from "./formula.ts";
import { type Pair, resolvePadding, wholeNumber } from "./padding.ts";
import { refuse } from "./refusals.ts";
import type { Shape } from "./tensor.ts";

/** The options of a window along one dimension; `padding` on both sides. */
export interface Setting {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** Writes a setting as a layer's options: "k7,s2,p3". */
export function settingText({ kernel, stride, padding, dilation }: Setting): string {
  return `k${kernel},s${stride},p${padding}${dilation > 1 ? `,d${dilation}` : ""}`;
}

/** Writes the output size of a setting with the numbers put in. */
export function settingFormula({ kernel, stride, padding, dilation }: Setting, inputSize: number): string {
  const options: WindowOptions = { pads: [padding, padding], stride, dilation };
  return windowFormula(inputSize, kernel, options);
}

/**
 * The pads, before and after, with which the output is as large as the input.
 *
 * With a stride above 1, "keeps" means output = ceil(input / stride), and the pads depend on the input's size.
 */
export function paddingThatKeeps(
  kernelSize: number, options: { stride?: number; dilation?: number; inputSize?: number } = {},
): Pair {
  const { stride = 1, dilation = 1, inputSize } = options;
  wholeNumber(kernelSize, "kernel size", 1);
  wholeNumber(stride, "stride", 1);
  wholeNumber(dilation, "dilation", 1);
  if (stride > 1 && inputSize === undefined) refuse("noPaddingKeeps", stride);
  const size = inputSize === undefined ? 1 : wholeNumber(inputSize, "input size", 1);
  return resolvePadding("same", [size], [dilation * (kernelSize - 1) + 1], [stride])[0]!;
}

export interface Tried {
  readonly kernels?: Shape;
  readonly strides?: Shape;
  /** Pads to try on both sides; by default those from none to half the window. */
  readonly paddings?: Shape;
  readonly dilations?: Shape;
}

/** Every setting that turns one size into another, simplest first: least dilation, stride, kernel, then padding. */
export function settingsFor(inputSize: number, outputSize: number, tried: Tried = {}): Setting[] {
  wholeNumber(inputSize, "input size", 1);
  wholeNumber(outputSize, "output size", 1);
  const { kernels = numbers(1, 11), strides = numbers(1, 8), dilations = [1], paddings } = tried;
  const found: Setting[] = [];
  for (const dilation of dilations) {
    for (const stride of strides) {
      for (const kernel of kernels) {
        const window = dilation * (kernel - 1) + 1;
        for (const padding of paddings ?? numbers(0, Math.floor(window / 2))) {
          const outputs = Math.floor((inputSize + 2 * padding - window) / stride) + 1;
          if (outputs === outputSize) found.push({ kernel, stride, padding, dilation });
        }
      }
    }
  }
  return found;
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
