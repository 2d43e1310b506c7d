import { toolbarControls } from "./common.ts";
import { place } from "./spoken.ts";

/** Channels. */
export const channels = {
  title: "Channels",
  preset: "Example",
  ownNumbers: "Your own numbers",
  presets: {
    rgb: { title: "Red, green and blue to one map", note: "A slice of the kernel for each channel, here an edge across, an edge along and the blue cell itself: three products, three sums, one total." },
    grey: { title: "Colour to grey by 1 × 1", note: "Each cell is mixed for itself: 0.299 red + 0.587 green + 0.114 blue. The columns are red, green, blue, yellow and white." },
    "red-edge": { title: "An edge in red alone", note: "Red has an edge across, green one along. The kernel looks at red only, so green's edge leaves no trace." },
    many: { title: "Four kernels, four maps", note: "Each kernel sees all the channels and makes a map of its own, with a bias of its own." },
    full: { title: "Full convolution, 4 to 4", note: "Every kernel sees every channel: 4 · 4 · 9 weights." },
    groups: { title: "Two groups", note: "The first two kernels see the first two channels, the others the rest: half the weights." },
    depthwise: { title: "Depthwise", note: "As many groups as channels: each kernel sees one channel. A pointwise layer after it mixes them; the table below counts both together." },
    pointwise: { title: "Pointwise: 1 × 1, 4 to 4", note: "The other half of a separable layer: it mixes channels and sees no neighbours." },
  } as Record<string, { title: string; note: string }>,

  settings: "Settings",
  chosenKernel: "Map",
  groups: "Groups",
  groupsHint: (groups: number, channels: number) =>
    groups === 1
      ? "1 group: each kernel sees every channel."
      : groups === channels
        ? `${groups} groups, depthwise: each kernel sees one channel.`
        : `${groups} groups: each kernel sees ${channels / groups} of the ${channels} channels.`,
  sizes: "Sizes",
  inputSizes: ["Input channels", "Input rows", "Input columns"],
  kernels: "Kernels (maps)",
  kernelSizes: ["Kernel rows", "Kernel columns"],
  padding: "Padding",
  paddings: { valid: "none", same: "same size" },
  withBias: "Bias: one number added to each map",

  input: "Input",
  kernel: "Kernel",
  output: "Maps",
  bias: "Bias",
  biasOf: (kernel: number) => `Bias of kernel ${kernel}`,
  channel: (n: number, all: number) => (all === 3 ? ["red", "green", "blue"][n]! : `channel ${n}`),
  letter: (n: number, all: number) => (all === 3 ? "RGB"[n]! : String(n)),
  map: (n: number) => `map ${n}`,
  cell: (array: string, row: number, column: number, value: string) => `${array}, row ${row} column ${column}: ${value}`,
  borderCell: (array: string, row: number, column: number) =>
    `Border of ${array}, row ${row} column ${column}`.replaceAll("-", "minus ") + ": 0",
  weightName: (channel: string) => `weight for ${channel}`,
  kernelSlice: (kernel: number, channel: string) => `Kernel ${kernel}, ${channel}`,
  kernelNumber: (kernel: number) => `kernel ${kernel}`,
  connections: (seen: number, all: number, groups: number) =>
    `Each kernel sees ${seen === all ? "every channel" : seen === 1 ? "one channel" : `${seen} of ${all} channels`} and makes one map` +
    (groups > 1 ? `, in ${groups} groups.` : "."),
  connectionsLabel: (seen: readonly (readonly number[])[]) =>
    seen.map((channels, map) => `map ${map} is made from channel${channels.length > 1 ? "s" : ""} ${channels.join(", ")}`).join("; "),
  tooLarge: (kernel: string, input: string) =>
    `A kernel of ${kernel} does not fit into an input of ${input}: use a smaller one, or padding that keeps the size.`,

  work: "How this cell is made",
  worked: (kernel: number, cell: readonly number[], value: string) => `map ${kernel} ${place(cell)} = ${value}`,
  window: "window",
  products: "products",
  sum: "sum",
  spoken: ([map, row, column]: readonly number[], sum: string, value: string) =>
    `Map ${map}, row ${row}, column ${column}: ${sum} equals ${value}`,

  counts: "What it costs",
  weights: "Weights",
  weightsWords: "kernels · channels that each sees · rows · columns",
  parameters: "Parameters",
  parametersWords: "weights + biases",
  macs: "Multiply-adds",
  macsWords: "weights · rows · columns of a map",
  layer: "Layer",
  compared: (channels: number, kernels: number) =>
    `From ${channels} channel${channels > 1 ? "s" : ""} to ${kernels} map${kernels > 1 ? "s" : ""}, three ways`,
  thisLayer: (groups: number, channels: number, pointwise: boolean) =>
    `As it stands: ${groups === 1 ? (pointwise ? "1 × 1" : "1 group") : groups === channels ? "depthwise" : `${groups} groups`}`,
  full: "Full convolution",
  separable: "Depthwise, then 1 × 1",

  controls: {
    preset: "Example",
    size: "Sizes",
    groups: "Groups",
    bias: "Changing the bias",
    padding: "Padding",
    input: "Changing the input",
    kernel: "Changing the kernels",
    ...toolbarControls,
  } as Record<string, string>,
};
