/** A layer worked out: where its field comes from, which padding keeps the size, what a fully connected layer would have. */

import { alike } from "../../model/state.ts";
import { equals, factors, transposedFormulas, windowFormula } from "../../tensor/formula.ts";
import type { ConvSpec } from "../../tensor/geometry.ts";
import type { Work } from "./work.ts";
import { paddingThatKeeps } from "../../tensor/solve.ts";
import type { Layer, Stack } from "../../tensor/stack.ts";
import { transposedSpec } from "../../tensor/transposed-geometry.ts";
import { product } from "../../tensor/tensor.ts";
import { fraction, ratio } from "./counts.ts";

/** How a layer adds to the field before it, along one dimension. */
export interface Growth {
  before: number;
  window: number;
  jump: string;
  after: number;
}

/** Where a window's field comes from: before + (window − 1) · jump; the same along all dimensions once, null elsewhere. */
export function growthOf(stack: Stack, number: number): Growth[] | null {
  const layer = stack.layers[number - 1]!;
  if (layer.kind !== "conv" && layer.kind !== "pool") return null;
  const earlier = stack.layers[number - 2];
  const found = layer.spec!.windowSize.map((window, axis): Growth | null => {
    const [over, under] = earlier?.field.jump[axis] ?? [1, 1];
    const [before, after] = [earlier?.field.size[axis] ?? 1, layer.field.size[axis]!];
    return before + ((window - 1) * over) / under === after ? { before, window, jump: fraction([over, under]), after } : null;
  });
  if (found.includes(null)) return null; // after transposed layers cells see unlike many
  return [...new Map((found as Growth[]).map((one) => [Object.values(one).join(), one])).values()];
}

/** Which padding keeps a size, along one dimension. */
export interface Kept {
  /** What comes in, and what is to come out: as much, or where steps are left out, a share. */
  size: number;
  wanted: number;
  kernel: number;
  dilation: number;
  stride: number;
  pads: readonly [number, number];
  /** The size formula with these pads. */
  formula: string;
  /** Whether the layer has them already. */
  holds: boolean;
}

/** The pads of a convolution or pooling that keep the size, or of a transposed one that make it s times as large. */
export function keptBy(layer: Layer): Kept[] | null {
  const { spec, kind } = layer;
  if (!spec) return null;
  const back = kind === "transposed" ? enlarging(layer, spec as ConvSpec) : null;
  if (kind === "transposed" && !back) return null;
  const lines = spec.kernelSize.map((kernel, axis): Kept => {
    const [dilation, stride] = [spec.dilation[axis]!, spec.stride[axis]!];
    if (back) {
      const size = layer.inputShape[axis + 1]!;
      const [pads, wanted] = [back.pads[axis]!, back.inputSize[axis]!];
      const holds = alike(pads, spec.pads[axis]!) && spec.inputSize[axis] === wanted;
      return { size, wanted, kernel, dilation, stride, pads, formula: transposedFormulas(back)[axis]!, holds };
    }
    const size = spec.inputSize[axis]!;
    const pads = paddingThatKeeps(kernel, { stride, dilation, inputSize: size });
    const formula = windowFormula(size, kernel, { pads, stride, dilation });
    return { size, wanted: Math.ceil(size / stride), kernel, dilation, stride, pads, formula, holds: alike(pads, spec.pads[axis]!) };
  });
  return [...new Map(lines.map((line) => [JSON.stringify(line), line])).values()];
}

/** The transposed convolution that makes its input exactly as many times as large as its stride. */
function enlarging(layer: Layer, spec: ConvSpec): ConvSpec | null {
  const { stride, dilation, groups, weightShape } = spec;
  const found = transposedSpec(layer.inputShape, weightShape, { stride, dilation, groups, padding: "same" });
  return found.inputSize.every((size, axis) => size === layer.inputShape[axis + 1]! * stride[axis]!) ? found : null;
}

/** A layer beside the fully connected one between the same input and output. */
export interface Connected {
  parameters: number;
  weights: number;
  formula: string;
  times: string;
}

export function connectedOf({ inputShape, outputShape, parameters }: Pick<Layer, "inputShape" | "outputShape" | "parameters">): Connected {
  const weights = product(inputShape) * product(outputShape);
  return {
    parameters,
    weights,
    formula: `${factors(inputShape)} · ${factors(outputShape)} ${equals(weights)}`,
    times: parameters ? ratio(weights, parameters) : "",
  };
}

/** Of the stack as one layer. */
export const connectedWhole = ({ stack, totals }: Work): Connected =>
  connectedOf({ inputShape: stack!.inputShape, outputShape: stack!.layers.at(-1)?.outputShape ?? stack!.inputShape, parameters: totals!.parameters });

