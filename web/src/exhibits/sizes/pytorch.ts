/** A stack as a program for PyTorch: the same layers in an nn.Sequential, which prints what each puts out. */

import type { ConvSpec } from "../../tensor/geometry.ts";
import type { PoolSpec } from "../../tensor/pool-geometry.ts";
import type { Layer, Stack } from "../../tensor/stack.ts";
import { tuple } from "../../export/python.ts";
import { product } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { blockOf } from "./blocks.ts";

const ACTIVATIONS: Record<string, string> = {
  relu: "ReLU()", relu6: "ReLU6()", "leaky-relu": "LeakyReLU()", elu: "ELU()", selu: "SELU()", gelu: "GELU()", silu: "SiLU()",
  mish: "Mish()", sigmoid: "Sigmoid()", tanh: "Tanh()", softplus: "Softplus()", softmax: "Softmax(dim=1)",
  hardswish: "Hardswish()", hardsigmoid: "Hardsigmoid()", dropout: "Dropout()", lrn: "LocalResponseNorm(5)", identity: "Identity()",
};

/** The border of a convolution that PyTorch's own layers do not have, or not as wide. */
const PAD = `class Pad(nn.Module):
    def __init__(self, pads, mode):
        super().__init__()
        self.pads, self.mode = pads, mode

    def forward(self, x):
        for axis, pads in enumerate(self.pads, start=2):
            cells = np.pad(np.arange(x.shape[axis]), pads, mode=self.mode)
            x = x.index_select(axis, torch.from_numpy(cells))
        return x
`;

export function pytorch(stack: Stack): string {
  const lines: string[] = [];
  for (const layer of stack.layers) {
    const written = modulesOf(layer);
    if (!written) {
      lines.push(`    # ${layer.name}: ${texts.sizes.code.notThere}`);
      break;
    }
    lines.push(...written.map((module) => `    ${module},`));
  }
  const own = lines.some((line) => line.includes(" Pad("));
  return [
    `${own ? "import numpy as np\n" : ""}import torch\nfrom torch import nn\n`,
    ...(own ? [`\n${PAD}\n`] : []),
    `network = nn.Sequential(\n${lines.join("\n")}\n).eval()\n`,
    `x = torch.zeros${tuple([1, ...stack.inputShape])}\nwith torch.no_grad():\n    for layer in network:\n        x = layer(x)\n        print(tuple(x.shape[1:]), layer)`,
    'print(sum(weights.numel() for weights in network.parameters()), "parameters")\n',
  ].join("\n");
}

/** The modules of a layer, or null where PyTorch has none. */
function modulesOf(layer: Layer): string[] | null {
  const { kind } = blockOf(layer.name);
  const dims = layer.inputShape.length - 1;
  switch (layer.kind) {
    case "conv":
      return convolution(layer.spec as ConvSpec);
    case "transposed":
      return transposed(layer.spec as ConvSpec, layer);
    case "pool":
      return pooling(layer.spec as PoolSpec, kind);
    case "adaptive": {
      const pool = kind === "adaptive-max" || kind === "gmp" ? "Max" : "Avg";
      return [`nn.Adaptive${pool}Pool${dims}d(${shared(layer.outputSize)})`];
    }
    case "dense": {
      const bias = layer.parameters > layer.macs ? "" : ", bias=False";
      const flat = dims ? ["nn.Flatten()"] : [];
      return [...flat, `nn.Linear(${product(layer.inputShape)}, ${layer.outputShape[0]}${bias})`];
    }
    case "normalise":
      return [`nn.BatchNorm${Math.max(dims, 1)}d(${layer.inputShape[0]})`];
    case "flatten":
      return ["nn.Flatten()"];
    case "activation":
      if (kind === "lrn" && !dims) return null; // it wants maps
      return ACTIVATIONS[kind] ? [`nn.${ACTIVATIONS[kind]}`] : null;
  }
}

/** One number where all are alike, else one for each dimension. */
const shared = (values: readonly number[]): string => (new Set(values).size === 1 ? String(values[0]) : tuple(values));

/** Those of the options that say something. */
function options(list: Record<string, readonly [values: readonly number[], usual: number]>): string {
  return Object.entries(list)
    .filter(([, [values, usual]]) => values.some((value) => value !== usual))
    .map(([name, [values]]) => `, ${name}=${shared(values)}`)
    .join("");
}

const even = (pads: readonly (readonly [number, number])[]): boolean => pads.every(([before, after]) => before === after);
/** PyTorch counts sides from the last dimension on. */
const sides = (pads: readonly (readonly [number, number])[]): string => tuple([...pads].reverse().flat());

function convolution(spec: ConvSpec): string[] {
  const { dims, pads, border, stride, dilation, groups } = spec;
  const padded = pads.flat().some(Boolean);
  const inside = padded && even(pads) && border.mode === "constant";
  const before = !padded || inside
    ? []
    : border.mode === "constant"
      ? [`nn.ConstantPad${dims}d(${sides(pads)}, 0.0)`]
      : [`Pad(${tuple(pads.map((pair) => tuple(pair)))}, "${border.mode}")`];
  const more = options({
    stride: [stride, 1], padding: [inside ? pads.map(([side]) => side) : [0], 0], dilation: [dilation, 1], groups: [[groups], 1],
  });
  return [...before, `nn.Conv${dims}d(${spec.inChannels}, ${spec.outChannels}, ${shared(spec.kernelSize)}${more}${spec.bias ? "" : ", bias=False"})`];
}

/** `spec` is the convolution that goes the other way. */
function transposed(spec: ConvSpec, layer: Layer): string[] {
  const { dims, pads, stride, dilation, groups, windowSize } = spec;
  const extra = spec.inputSize.map((size, i) => size - (stride[i]! * (spec.outputSize[i]! - 1) - pads[i]![0] - pads[i]![1] + windowSize[i]!));
  const alike = even(pads);
  const added = alike ? extra : extra.map((more, i) => Math.max(0, more - pads[i]![1]));
  const more = options({
    stride: [stride, 1], padding: [alike ? pads.map(([side]) => side) : [0], 0], output_padding: [added, 0], groups: [[groups], 1],
    dilation: [dilation, 1],
  });
  const bias = layer.parameters > spec.weights ? "" : ", bias=False";
  const cut = alike ? [] : pads.map(([before, after], i): [number, number] => [0 - before, 0 - Math.max(0, after - extra[i]!)]);
  return [
    `nn.ConvTranspose${dims}d(${spec.outChannels}, ${spec.inChannels}, ${shared(spec.kernelSize)}${more}${bias})`,
    ...(cut.length ? [`nn.ConstantPad${dims}d(${sides(cut)}, 0.0)`] : []), // a negative pad cuts off
  ];
}

function pooling(spec: PoolSpec, kind: string): string[] | null {
  const { dims, pads, stride, dilation, kernelSize, windowSize, ceilMode } = spec;
  const padded = pads.flat().some(Boolean);
  const fits = even(pads) && pads.every(([side], i) => 2 * side <= (kind === "max" ? windowSize[i]! : kernelSize[i]!));
  const steps = stride.join() === kernelSize.join() ? "" : `, stride=${shared(stride)}`;
  const ceil = ceilMode ? ", ceil_mode=True" : "";
  const padding = options({ padding: [pads.map(([side]) => side), 0] });
  if (kind === "max") {
    const apart = options({ dilation: [dilation, 1] });
    if (fits) return [`nn.MaxPool${dims}d(${shared(kernelSize)}${steps}${padding}${apart}${ceil})`];
    if (ceilMode) return null;
    return [`nn.ConstantPad${dims}d(${sides(pads)}, -torch.inf)`, `nn.MaxPool${dims}d(${shared(kernelSize)}${steps}${apart})`];
  }
  if (dilation.some((cells) => cells > 1)) return null;
  if (kind === "lp") return padded ? null : [`nn.LPPool${dims}d(2, ${shared(kernelSize)}${steps}${ceil})`];
  if (!fits) return null;
  return [`nn.AvgPool${dims}d(${shared(kernelSize)}${steps}${padding}${ceil}${padded ? ", count_include_pad=False" : ""})`];
}
