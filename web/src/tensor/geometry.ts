/** The specification of one convolution: every shape, count and size that follows from its options. */

import { type Border, type BorderLike, parseBorder } from "./borders.ts";
import {
  type Pads, type Padding, type PerDimension, perDimension, resolvePadding, wholeNumber, wholeShape,
} from "./padding.ts";
import { refuse } from "./refusals.ts";
import { type Shape, product } from "./tensor.ts";

/** A window that slides over an image with pads; one entry a dimension. Convolution and pooling share it. */
export interface Sliding {
  /** (N, C, size…), or (C, size…) without a batch axis. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly dims: number;
  /** Items; 1 without a batch axis. */
  readonly batch: number;
  readonly hasBatch: boolean;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inputSize: Shape;
  /** Cells of a kernel or window along each dimension, without dilation. */
  readonly kernelSize: Shape;
  readonly stride: Shape;
  readonly dilation: Shape;
  readonly pads: Pads;
  /** What lies outside; null in pooling where nothing there takes part. */
  readonly border: Border | null;
  /** Cells that a window spans with its dilation: d (k − 1) + 1. */
  readonly windowSize: Shape;
  readonly paddedSize: Shape;
  readonly outputSize: Shape;
}

export interface ConvOptions {
  readonly stride?: PerDimension;
  readonly padding?: Padding;
  readonly border?: BorderLike;
  readonly dilation?: PerDimension;
  /** The channels are split into this many groups, each convolved by its own kernels. */
  readonly groups?: number;
  /** false: cross-correlation, as deep learning means it. true: convolution, the kernel turned by 180°. */
  readonly flip?: boolean;
  /** Whether each kernel has a bias that counts among the parameters. */
  readonly bias?: boolean;
}

/** What is asked of one convolution; shapes and options, no arrays. */
export interface ConvSpec extends Sliding {
  /** (K, C / groups, kernel size…): K kernels. */
  readonly weightShape: Shape;
  readonly border: Border;
  readonly groups: number;
  readonly flip: boolean;
  readonly bias: boolean;
  /** kernels × channels a group × kernel cells. */
  readonly weights: number;
  readonly parameters: number;
  /** Multiply-adds by the definition: one for each weight at each output cell. */
  readonly macs: number;
  /** Weights of the fully connected layer between the same input and output, a batch item each. */
  readonly fullyConnectedWeights: number;
}

/**
 * Specifies a convolution: along each dimension
 *
 *     output = ⌊(input + before + after − d (k − 1) − 1) / s⌋ + 1.
 *
 * Throws a `SpecError` if shapes and options do not fit; its message says which, and what would.
 */
export function convSpec(inputShape: Shape, weightShape: Shape, options: ConvOptions = {}): ConvSpec {
  const input = wholeShape(inputShape, "input shape");
  const weight = wholeShape(weightShape, "weight shape");
  const groups = wholeNumber(options.groups ?? 1, "groups", 1);
  const dims = weight.length - 2;
  if (dims < 1 || (input.length !== dims + 1 && input.length !== dims + 2)) refuse("axes", input, weight);
  const stride = perDimension(options.stride ?? 1, dims, "stride");
  const dilation = perDimension(options.dilation ?? 1, dims, "dilation");
  const border = parseBorder(options.border ?? "constant");
  const inputSize = input.slice(-dims);
  const kernelSize = weight.slice(2);
  checkChannels(input, weight, groups);
  const windowSize = spans(kernelSize, dilation);
  const pads = resolvePadding(options.padding ?? 0, inputSize, windowSize, stride);
  const paddedSize = inputSize.map((size, i) => size + pads[i]![0] + pads[i]![1]);
  windowSize.forEach((span, i) => {
    const around = pads[i]![0] + pads[i]![1];
    if (span > paddedSize[i]!) refuse("tooWide", "kernel", i, span, kernelSize[i]!, dilation[i]!, inputSize[i]!, around);
  });
  const outputSize = paddedSize.map((size, i) => Math.floor((size - windowSize[i]!) / stride[i]!) + 1);
  const hasBatch = input.length === dims + 2;
  const [batch, inChannels] = hasBatch ? [input[0]!, input[1]!] : [1, input[0]!];
  const outChannels = weight[0]!;
  const outputShape = [...(hasBatch ? [batch] : []), outChannels, ...outputSize];
  checkExtents(input, outputShape, [inChannels, ...paddedSize], pads);
  const bias = options.bias ?? false;
  const weights = product(weight);
  return {
    inputShape: input, weightShape: weight, outputShape, dims, batch, hasBatch, inChannels, outChannels, inputSize,
    kernelSize, stride, dilation, pads, border, groups, flip: options.flip ?? false, bias, windowSize, paddedSize,
    outputSize, weights,
    parameters: weights + (bias ? outChannels : 0),
    macs: batch * weights * product(outputSize),
    fullyConnectedWeights: inChannels * product(inputSize) * outChannels * product(outputSize),
  };
}

/** Cells that windows span with their dilation. */
export function spans(cells: Shape, dilation: Shape): number[] {
  return cells.map((n, i) => dilation[i]! * (n - 1) + 1);
}

/** Refuses arrays of more cells than can be counted. */
export function checkExtents(input: Shape, output: Shape, padded: Shape, pads: Pads): void {
  if (!Number.isSafeInteger(product(padded))) refuse("tooLarge", "padded", padded, input, pads);
  if (!Number.isSafeInteger(product(output))) refuse("tooLarge", "output", output, input, pads);
}

/** The options of a spec, as they were given to it. */
export function optionsOf(spec: ConvSpec): Required<ConvOptions> {
  const { stride, pads, border, dilation, groups, flip, bias } = spec;
  return { stride, padding: pads, border, dilation, groups, flip, bias };
}

/** Bytes of input, parameters and output, all of `itemsize` bytes a number. */
export function memoryOf(spec: ConvSpec, itemsize = 4): number {
  return (product(spec.inputShape) + spec.parameters + product(spec.outputShape)) * itemsize;
}

function checkChannels(input: readonly number[], weight: readonly number[], groups: number): void {
  const dims = weight.length - 2;
  const [kernels, perGroup] = weight as [number, number];
  const channels = input[input.length - dims - 1]!;
  if ([channels, ...input.slice(-dims), ...weight].some((n) => n < 1)) refuse("empty", input, weight);
  if (channels % groups) refuse("groups", groups, channels, "channels");
  if (kernels % groups) refuse("groups", groups, kernels, "kernels");
  if (channels !== perGroup * groups) refuse("channels", input, weight, perGroup, groups, channels);
}
