/** A stack: layers one after the other, and what each of them costs and sees; shapes and counts only. */

import type { ConvSpec } from "./geometry.ts";
import { type PerDimension, perDimension, wholeNumber, wholeShape } from "./padding.ts";
import type { PoolSpec } from "./pool-geometry.ts";
import {
  type Range, type Reach, type ReceptiveField, SAME, everyReach, reachOf, receptiveField, shareReach, traceBack,
  transposedReachOf,
} from "./receptive.ts";
import { refuse } from "./refusals.ts";
import { type Shape, product } from "./tensor.ts";

export type LayerKind =
  | "conv" | "transposed" | "pool" | "adaptive" | "dense" | "normalise" | "activation" | "flatten";

export interface Layer {
  /** What it was called, for example "conv:64,k7,s2,p3". */
  readonly name: string;
  readonly kind: LayerKind;
  /** Where a window slides; for "transposed" the convolution that goes back. */
  readonly spec: ConvSpec | PoolSpec | null;
  /** (C, size…), or (features,) after "flatten" and fully connected layers; no batch axis. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Cells of the feature map behind the output; flattening keeps it, a fully connected layer makes it 1. */
  readonly outputSize: Shape;
  readonly parameters: number;
  /** Multiply-adds for one item, in layers that have weights. */
  readonly macs: number;
  /** Bytes of input, parameters and output, which the layer needs at the same time. */
  readonly memory: number;
  /** For each dimension, which of the layer's input cells an output cell depends on. */
  readonly reach: readonly Reach[];
  /** Which cells of the stack's input a cell depends on. */
  readonly field: ReceptiveField;
}

export interface Stack {
  readonly inputShape: Shape;
  /** Bytes of a number. */
  readonly itemsize: number;
  readonly layers: readonly Layer[];
}

/** An empty stack: (C, size…) in 1, 2 or 3 dimensions, or (features,). */
export function stackOf(inputShape: Shape, itemsize = 4): Stack {
  const shape = wholeShape(inputShape, "input shape");
  if (shape.length < 1 || shape.length > 4 || shape.includes(0)) refuse("stackInput", shape);
  return { inputShape: shape, itemsize, layers: [] };
}

/** Shape that the last layer puts out. */
export function outputShapeOf({ inputShape, layers }: Stack): Shape {
  return layers.at(-1)?.outputShape ?? inputShape;
}

/** Cells of the last feature map along each dimension. */
export function outputSizeOf({ inputShape, layers }: Stack): Shape {
  return layers.at(-1)?.outputSize ?? inputShape.slice(1);
}

/** Adds a convolution or pooling that takes what the stack puts out. */
export function thenWindow(stack: Stack, name: string, spec: ConvSpec | PoolSpec): Stack {
  const convolves = "weights" in spec;
  return add(stack, name, convolves ? "conv" : "pool", spec.outputShape, {
    outputSize: spec.outputSize, reach: reachOf(spec), spec,
    parameters: convolves ? spec.parameters : 0,
    macs: convolves ? spec.macs : 0,
  });
}

/** Adds a transposed convolution, given as the convolution that goes back; see `transposedSpec`. */
export function thenTransposed(stack: Stack, name: string, spec: ConvSpec, bias = true): Stack {
  return add(stack, name, "transposed", spec.inputShape, {
    outputSize: spec.inputSize, reach: transposedReachOf(spec), spec,
    parameters: spec.weights + (bias ? spec.inChannels : 0),
    macs: spec.macs,
  });
}

/** Adds pooling to a wanted size; 1, the default, is global pooling. */
export function thenAdaptive(stack: Stack, name: string, outputSize: PerDimension = 1): Stack {
  const shape = outputShapeOf(stack);
  if (shape.length < 2) refuse("notAMap", shape);
  const [channels, ...size] = shape as [number, ...number[]];
  const wanted = perDimension(outputSize, size.length, "output size");
  const reach = size.map((cells, i) => shareReach(cells, wanted[i]!));
  return add(stack, name, "adaptive", [channels, ...wanted], { outputSize: wanted, reach });
}

/** Adds a fully connected layer: every output depends on all of the input, flattened or not. */
export function thenDense(stack: Stack, name: string, outputs: number, bias = true): Stack {
  wholeNumber(outputs, "outputs", 1);
  const weights = product(outputShapeOf(stack)) * outputs;
  const size = outputSizeOf(stack);
  return add(stack, name, "dense", [outputs], {
    outputSize: size.map(() => 1), reach: size.map(everyReach),
    parameters: weights + (bias ? outputs : 0), macs: weights,
  });
}

/** Adds batch normalisation: a learned factor and offset a channel, one multiply-add a value. */
export function thenNormalise(stack: Stack, name: string): Stack {
  const shape = outputShapeOf(stack);
  return add(stack, name, "normalise", shape, { parameters: 2 * shape[0]!, macs: product(shape) });
}

/** Adds something that keeps the shape and learns nothing, such as ReLU. */
export function thenActivation(stack: Stack, name: string): Stack {
  return add(stack, name, "activation", outputShapeOf(stack), {});
}

/** Adds the step from a map to a vector of its values; nothing is copied. */
export function thenFlatten(stack: Stack, name = "flatten"): Stack {
  return add(stack, name, "flatten", [product(outputShapeOf(stack))], {});
}

type Parts = Partial<Pick<Layer, "outputSize" | "reach" | "spec" | "parameters" | "macs">>;

function add(stack: Stack, name: string, kind: LayerKind, outputShape: Shape, parts: Parts): Stack {
  const inputShape = outputShapeOf(stack);
  const outputSize = parts.outputSize ?? outputSizeOf(stack);
  const reach = parts.reach ?? outputSize.map(() => SAME);
  const parameters = parts.parameters ?? 0;
  const outputs = kind === "flatten" ? 0 : product(outputShape);
  const reaches = byDimension([...stack.layers.map((one) => one.reach), reach], outputSize.length);
  const layer: Layer = {
    name, kind, spec: parts.spec ?? null, inputShape, outputShape, outputSize, parameters, macs: parts.macs ?? 0,
    memory: (product(inputShape) + parameters + outputs) * stack.itemsize,
    reach,
    field: receptiveField(reaches, outputSize),
  };
  return { ...stack, layers: [...stack.layers, layer] };
}

/** What a stack costs as a whole. */
export interface Totals {
  readonly parameters: number;
  readonly macs: number;
  /** Bytes that a forward run needs at its peak: all parameters, and one layer's input and output. */
  readonly memory: number;
  /** Weights that one fully connected layer from the stack's input to its output would have. */
  readonly fullyConnectedWeights: number;
}

/** Adds up what the layers cost. */
export function totals(stack: Stack): Totals {
  const { layers, itemsize, inputShape } = stack;
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  const held = layers.map((layer) => layer.memory - itemsize * layer.parameters);
  return {
    parameters,
    macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
    memory: itemsize * parameters + (held.length ? Math.max(...held) : itemsize * product(inputShape)),
    fullyConnectedWeights: product(inputShape) * product(outputShapeOf(stack)),
  };
}

/**
 * The cells of every map that one cell, or a range of them, of layer `last` depends on: entry 0 is the stack's input,
 * entry i + 1 what layer i puts out. Numbers below 0 or past the map lie in the border.
 */
export function fieldsBehind(stack: Stack, last: number, cell: readonly (number | Range)[]): Range[][] {
  const found: Range[][] = [cell.map((at): Range => (typeof at === "number" ? [at, at] : at))];
  for (let i = last; i >= 0; i--) {
    const { reach } = stack.layers[i]!;
    found.unshift(reach.map((one, axis) => traceBack([one], found[0]![axis]!)));
  }
  return found;
}

/** Turns one list a layer into one list a dimension. */
function byDimension(reaches: readonly (readonly Reach[])[], dims: number): Reach[][] {
  return Array.from({ length: dims }, (_, axis) => reaches.map((layer) => layer[axis]!));
}
