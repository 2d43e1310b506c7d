/** What a layer's size, parameters and multiply-adds come from, with its numbers put in. */

import { type FormulaWords, equals, factors, macFormula, parameterFormula, sizeFormulas, thousands, transposedFormulas, weightFactors } from "./formula.ts";
import type { ConvSpec } from "./geometry.ts";
import type { Layer } from "./stack.ts";
import { product } from "./tensor.ts";

export interface LayerFormulas {
  size?: string;
  parameters?: string;
  "multiply-adds"?: string;
}

/** Writes the formulae of a layer; none of activations. Where one is the same along all dimensions, it is there once. */
export function layerFormulas(layer: Layer, words: FormulaWords): LayerFormulas {
  const { kind, spec } = layer;
  if (kind === "conv") return { size: once(sizeFormulas(spec!, words)), parameters: parameterFormula(spec as ConvSpec), "multiply-adds": macFormula(spec as ConvSpec) };
  if (kind === "transposed") return transposed(layer, spec as ConvSpec);
  if (kind === "pool") return { size: once(sizeFormulas(spec!, words)) };
  if (kind === "dense") return dense(layer);
  if (kind === "normalise") {
    return {
      parameters: `2·${thousands(layer.outputShape[0]!)} ${equals(layer.parameters)}`,
      "multiply-adds": `${factors(layer.outputShape)} ${equals(layer.macs)}`,
    };
  }
  if (kind !== "adaptive") return {};
  const shares = layer.inputShape.slice(1).map((cells, axis) => words.shared(cells, layer.outputSize[axis]!));
  return { size: once(shares) };
}

function transposed(layer: Layer, spec: ConvSpec): LayerFormulas {
  const weights = weightFactors(spec);
  return {
    size: once(transposedFormulas(spec)),
    parameters: `${weights}${bias(layer.parameters > spec.weights, spec.inChannels)} ${equals(layer.parameters)}`,
    "multiply-adds": `${weights} · ${factors(spec.outputSize)} ${equals(layer.macs)}`,
  };
}

function dense({ inputShape, outputShape, parameters, macs }: Layer): LayerFormulas {
  const outputs = outputShape[0]!;
  const weights = `${factors(inputShape)} · ${thousands(outputs)}`;
  return {
    parameters: `${weights}${bias(parameters > product(inputShape) * outputs, outputs)} ${equals(parameters)}`,
    "multiply-adds": `${weights} ${equals(macs)}`,
  };
}

const bias = (learned: boolean, count: number): string => (learned ? ` + ${thousands(count)}` : "");

const once = (formulas: readonly string[]): string => [...new Set(formulas)].join("; ");
