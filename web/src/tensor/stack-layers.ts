/** The layers that a stack written as text may have: each reads its options and adds itself to the stack. */

import { convSpec } from "./geometry.ts";
import type { PerDimension } from "./padding.ts";
import { poolSpec } from "./pool-geometry.ts";
import { refuse } from "./refusals.ts";
import { type LayerOptions, type OptionName, readOptions } from "./stack-options.ts";
import {
  type Stack, outputShapeOf, thenActivation, thenAdaptive, thenDense, thenFlatten, thenNormalise, thenTransposed,
  thenWindow,
} from "./stack.ts";
import type { Shape } from "./tensor.ts";
import { transposedSpec } from "./transposed-geometry.ts";

type Adds = (stack: Stack, text: string, words: string[]) => Stack;

/** Adds the layer that a word such as "conv:64,k7,s2,p3" describes. */
export function addLayer(stack: Stack, text: string): Stack {
  const colon = text.indexOf(":");
  const name = (colon < 0 ? text : text.slice(0, colon)).toLowerCase();
  const options = colon < 0 ? "" : text.slice(colon + 1);
  const adds = LAYERS.get(name) ?? refuse("unknown", "layer", colon < 0 ? text : text.slice(0, colon), [...LAYERS.keys()]);
  return adds(stack, text, options ? options.toLowerCase().replaceAll("×", "x").split(",") : []);
}

function needed(value: PerDimension | undefined, what: "number" | "kernel", example: string): PerDimension {
  return value ?? refuse("missing", what, example);
}

function single(value: PerDimension, example: string): number {
  return typeof value === "number" ? value : refuse("single", value, example);
}

/** The input's channels and the kernel's size in every dimension; a lone pair of pads is for all. */
function windowed(stack: Stack, options: LayerOptions, kernel: PerDimension): { channels: number; size: Shape } {
  const shape = outputShapeOf(stack);
  if (shape.length < 2) refuse("notAMap", shape);
  const dims = shape.length - 1;
  const { padding } = options;
  if (Array.isArray(padding) && padding.length === 1 && Array.isArray(padding[0])) {
    options.padding = new Array(dims).fill(padding[0]);
  }
  const size = typeof kernel === "number" ? new Array<number>(dims).fill(kernel) : kernel;
  if (size.length !== dims) refuse("kernelSizes", size.length, dims);
  return { channels: shape[0]!, size };
}

const CONV: readonly OptionName[] = [
  "main", "kernel", "stride", "padding", "dilation", "groups", "bias", "border", "flip",
];
const DEPTHWISE = CONV.filter((name) => name !== "groups");
const TRANSPOSED: readonly OptionName[] = [
  "main", "kernel", "stride", "padding", "outputPadding", "dilation", "groups", "bias", "flip",
];
const POOL: readonly OptionName[] = ["main", "kernel", "stride", "padding", "dilation", "ceilMode"];

function addConvolution(stack: Stack, text: string, weightShape: Shape, options: LayerOptions, groups: number): Stack {
  const { main: _main, kernel: _kernel, outputPadding: _extra, ceilMode: _ceil, ...rest } = options;
  return thenWindow(stack, text, convSpec(outputShapeOf(stack), weightShape, { bias: true, ...rest, groups }));
}

const convolution: Adds = (stack, text, words) => {
  const options = readOptions(words, CONV);
  const kernels = single(needed(options.main, "number", "conv:64,k3"), "conv:64,k3");
  const { channels, size } = windowed(stack, options, needed(options.kernel, "kernel", "conv:64,k3"));
  const groups = single(options.groups ?? 1, "g4");
  if (groups < 1 || channels % groups) refuse("groupsOfInput", groups, channels, null);
  return addConvolution(stack, text, [kernels, channels / groups, ...size], options, groups);
};

const depthwise: Adds = (stack, text, words) => {
  const options = readOptions(words, DEPTHWISE);
  const times = single(options.main ?? 1, "dw:2,k3");
  const { channels, size } = windowed(stack, options, needed(options.kernel, "kernel", "dw:k3"));
  return addConvolution(stack, text, [times * channels, 1, ...size], options, channels);
};

const transposed: Adds = (stack, text, words) => {
  const example = "deconv:32,k4,s2,p1";
  const options = readOptions(words, TRANSPOSED);
  const kernels = single(needed(options.main, "number", example), example);
  const { channels, size } = windowed(stack, options, needed(options.kernel, "kernel", example));
  const groups = single(options.groups ?? 1, "g4");
  if (groups < 1 || kernels % groups || channels % groups) refuse("groupsOfInput", groups, channels, kernels);
  const { main: _main, kernel: _kernel, bias, border: _border, ceilMode: _ceil, ...rest } = options;
  const spec = transposedSpec(outputShapeOf(stack), [channels, kernels / groups, ...size], { ...rest, groups });
  return thenTransposed(stack, text, spec, bias ?? true);
};

const pooling: Adds = (stack, text, words) => {
  const options = readOptions(words, POOL);
  const window = options.main ?? options.kernel;
  if (window === undefined || (options.main !== undefined && options.kernel !== undefined)) refuse("windowOnce", "max:3,s2");
  const { size } = windowed(stack, options, window);
  const { stride, padding, dilation, ceilMode } = options;
  return thenWindow(stack, text, poolSpec(outputShapeOf(stack), size, {
    ...(stride !== undefined && { stride }),
    ...(padding !== undefined && { padding }),
    ...(dilation !== undefined && { dilation }),
    ...(ceilMode !== undefined && { ceilMode }),
  }));
};

const adaptive: Adds = (stack, text, words) =>
  thenAdaptive(stack, text, needed(readOptions(words, ["main"]).main, "number", "adaptive:7x7"));

const dense: Adds = (stack, text, words) => {
  const options = readOptions(words, ["main", "bias"]);
  const outputs = single(needed(options.main, "number", "dense:10"), "dense:10");
  return thenDense(stack, text, outputs, options.bias ?? true);
};

function plain(adds: (stack: Stack, text: string) => Stack): Adds {
  return (stack, text, words) => {
    readOptions(words, []);
    return adds(stack, text);
  };
}

function named(names: string, adds: Adds): [string, Adds][] {
  return names.split(" ").map((name) => [name, adds]);
}

const LAYERS: ReadonlyMap<string, Adds> = new Map([
  ...named("conv", convolution),
  ...named("dw depthwise", depthwise),
  ...named("deconv convt transposed", transposed),
  ...named("max avg lp", pooling),
  ...named("adaptive adaptive-avg adaptive-max", adaptive),
  ...named("global gap gmp", plain((stack, text) => thenAdaptive(stack, text, 1))),
  ...named("dense fc linear", dense),
  ...named("bn", plain(thenNormalise)),
  ...named("flatten", plain(thenFlatten)),
  ...named(
    "relu relu6 leaky-relu elu selu gelu silu swish mish sigmoid tanh softplus softmax hardswish hardsigmoid " +
      "dropout lrn identity",
    plain(thenActivation),
  ),
]);

/** The names of all layers that a text may have. */
export const LAYER_NAMES: readonly string[] = [...LAYERS.keys()];

const OPTIONS: ReadonlyMap<Adds, readonly OptionName[]> = new Map([
  [convolution, CONV], [depthwise, DEPTHWISE], [transposed, TRANSPOSED], [pooling, POOL], [adaptive, ["main"]],
  [dense, ["main", "bias"]],
]);

/** The options that a layer of that name takes. */
export const optionsOf = (name: string): readonly OptionName[] => OPTIONS.get(LAYERS.get(name)!) ?? [];
