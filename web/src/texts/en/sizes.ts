import { paddings, toolbarControls } from "./common.ts";
import { axes, minus, spoken } from "./spoken.ts";

/** Sizes. */
export const sizes = {
  title: "Sizes",
  preset: "Example",
  ownNumbers: "Your own stack",
  presets: {
    lenet: { title: "LeNet-5", note: "Each 5 × 5 kernel takes 4 cells off a side, each pooling halves it: 32, 28, 14, 10, 5. Of its 61,706 parameters 78 % are in the first fully connected layer." },
    stem: { title: "ResNet's first layers", note: "7 × 7 with stride 2, then pooling with stride 2: 224 to 56, and a cell already sees 11 × 11." },
    vgg: { title: "VGG-16", note: "Padding 1 keeps the size under every 3 × 3, so that pooling alone halves it. 138 million parameters, nine in ten of them in the three dense layers; nearly all multiply-adds in the others." },
    alexnet: { title: "AlexNet, one tower", note: "11 × 11 with stride 4 first. A cell of the last pooling sees 195 × 195 of the 224 × 224." },
    shrinking: { title: "7, 5, 3, 1: no padding", note: "Each 3 × 3 takes two cells off every side, and after the third one cell is left. It sees everything." },
    keeping: { title: "7, 7, 7, 7: padding that keeps", note: "One cell of padding around makes up for what 3 × 3 takes away: it stays 7 × 7 for ever." },
    "three-small": { title: "Three of 3 × 3 …", note: "Together they see 7 × 7, with 27 weights." },
    "one-large": { title: "… or one of 7 × 7", note: "The same field with 49 weights, and no activations in between." },
    dilated: { title: "Dilation 1, 2, 4, 8", note: "Each layer adds its dilation on both sides: fields of 3, 7, 15 and 31, and the size stays. Each leaves cells out, but in the end none is skipped." },
    gridding: { title: "Dilation 4, three times", note: "25 × 25 cells are spanned, but only 7 × 7 of them seen: the same gaps over and over. Growing dilations, as in the example before, leave none." },
    separable: { title: "Depthwise, then 1 × 1", note: "9 weights a channel, then a mix of channels: 2,432 weights and biases where 3 × 3 over all channels would have 18,496." },
    "there-and-back": { title: "Down, and up again", note: "Strides halve the size twice, transposed convolutions double it twice: 28, 14, 7, 14, 28. The field is a fraction of cells apart on the way up." },
    signal: { title: "A signal", note: "One dimension: the same rules along one side." },
    connected: { title: "Fully connected instead", note: "A weight for every pair of an input and an output: 150,528,000, where 64 kernels of 3 × 3 have 1,728." },
    impossible: { title: "A stack that cannot be", note: "After the first layer 6 × 6 cells are left, and the second wants a window of 7 × 7. Pad, or use a smaller kernel." },
  } as Record<string, { title: string; note: string }>,

  settings: "The layer that is looked into",
  dtype: "A number is a",
  picture: "Picture",
  pictures: { digit: "Digit", cat: "Cat", shapes: "Shapes", rings: "Rings", own: "Yours", none: "None" },
  open: "Open yours",
  openHint: "The middle of a picture of your own, shrunk to the input's rows and columns. It stays in this browser.",
  text: "The stack in words: the input, then the layers",
  language: "How it is written",
  grammar: [
    ["3x224x224", "the input: channels, then 1, 2 or 3 sizes; one number alone is a vector"],
    ["conv:64,k3,s2,p1", "64 kernels of 3 × 3, stride 2, padding 1; also d2, g4, same, full, nobias, reflect …"],
    ["dw:k3   deconv:32,k4,s2,p1", "depthwise; transposed, whose output padding is op1"],
    ["max:3,s2   avg:2   lp:2", "pooling; the stride is the window unless given; ceil rounds up"],
    ["adaptive:7x7   gap", "pooling to a wanted size, or to one cell"],
    ["dense:10   flatten   bn   relu", "fully connected, the map as a vector, batch normalisation, activations"],
    ["k3x5   p1x2   p0+1", "one number a dimension; before and after"],
    ["2*(conv:64,k3,same relu)", "the layers in brackets, twice"],
  ] as readonly (readonly [string, string])[],
  impossible: "This cannot be:",
  toLayer: (layer: number) => `Look into layer ${layer}`,

  input: "Input",
  layers: "Layers",
  table: "Sizes and costs of all layers",
  layer: "Layer",
  output: "Output",
  parameters: "Parameters",
  macs: "Multiply-adds",
  memory: "Memory",
  sees: "Sees",
  step: "Step",
  total: "In all",
  totalLead: (layers: number) => `${layers} ${layers === 1 ? "layer" : "layers"}`,
  tableNote: "Memory: a layer's input, parameters and output; in all, every parameter and the largest input and output. Sees: the cells of the input that one cell depends on, border included. Step: how far apart the fields of neighbours are.",
  keys: "Rows can be dragged. Arrow keys go from layer to layer, with Alt they move it, Delete removes it.",
  cannot: "cannot be: see above",
  after: "comes after the mistake",

  field: "The receptive field",
  fieldOf: (layer: number, name: string) => `What a cell of layer ${layer}, ${name}, sees`,
  fieldOfInput: "A cell of the input",
  fieldLead: (seen: readonly number[], counts: readonly number[], size: readonly number[], ranges: readonly (readonly [number, number])[], outside: readonly number[]) => {
    const where = ranges.map(([first, last], axis) => `${axes[ranges.length as 1 | 2 | 3][axis]}s ${minus(first)} to ${minus(last)}`).join(", ");
    const border = outside.some(Boolean) ? `, of which ${outside.map((cells, axis) => `${cells} ${axes[ranges.length as 1 | 2 | 3][axis]}s`).filter((text) => !text.startsWith("0 ")).join(" and ")} lie in the border` : "";
    const gaps = counts.join() === seen.join() ? "" : ` The gaps leave ${counts.join("\u00a0×\u00a0")} of them.`;
    return `${seen.join(" × ")} cells of the input's ${size.join(" × ")}: ${where}${border}.${gaps}`;
  },
  cell: "The cell that is traced",
  axes: { 1: ["Position"], 2: ["Row", "Column"], 3: ["Depth", "Row", "Column"] } as Record<number, readonly string[]>,
  seen: (lengths: readonly number[], counts: readonly number[]) =>
    counts.join() === lengths.join() ? `${lengths.join(" × ")} seen` : `${counts.join(" × ")} seen in ${lengths.join(" × ")}`,
  thisCell: "this cell",
  maps: "Maps, in the order of the layers",
  mapLabel: (layer: number, name: string, shape: readonly number[], said: string) =>
    said ? `${name}. ${said}. Arrow keys choose another cell.` : `Layer ${layer}, ${name}: ${shape.join(" × ")}`,
  mapsNote: "Point at a map to see what a cell of it sees, click to keep it. Sides are drawn by the square roots of their cells; more edges behind a map are more channels.",
  inputCell: (cell: readonly number[]) => `Input, ${spoken(cell)}`,
  sentence: (layer: number, name: string, cell: readonly number[], ranges: readonly (readonly [number, number])[], lengths: readonly number[], border: boolean) =>
    `Layer ${layer}, ${name}, ${spoken(cell)}, sees ${lengths.join(" by ")} cells of the input: ${ranges
      .map(([first, last], axis) => `${axes[ranges.length as 1 | 2 | 3][axis]}s ${first} to ${last}`.replaceAll("-", "minus "))
      .join(", ")}${border ? ", partly border" : ""}`,

  layerTitle: (layer: number) => `Layer ${layer}`,
  actions: "Move and remove",
  up: "Move up",
  down: "Move down",
  remove: "Remove",
  kind: "Kind of layer",
  kinds: {
    conv: "conv: convolution", dw: "dw: depthwise convolution", deconv: "deconv: transposed convolution", max: "max: largest of a window",
    avg: "avg: mean of a window", lp: "lp: norm of a window", adaptive: "adaptive: mean, to a size", "adaptive-max": "adaptive-max: largest, to a size",
    gap: "gap: mean of the whole map", gmp: "gmp: largest of the whole map", dense: "dense: fully connected", bn: "bn: batch normalisation",
    flatten: "flatten: the map as a vector",
  } as Record<string, string>,
  inputNames: { 1: ["Features"], 2: ["Channels", "Length"], 3: ["Channels", "Rows", "Columns"], 4: ["Channels", "Depth", "Rows", "Columns"] } as Record<number, readonly string[]>,
  mains: {
    conv: "Kernels", deconv: "Kernels", dw: "Kernels a channel", max: "Window", avg: "Window", lp: "Window", adaptive: "Size", "adaptive-max": "Size", dense: "Outputs",
  } as Record<string, string>,
  options: { kernel: "Kernel size", stride: "Stride", dilation: "Dilation", groups: "Groups", outputPadding: "Output padding", padding: "Padding" } as Record<string, string>,
  paddings,
  pad: "Pad",
  padBefore: "Pad before",
  padAfter: "Pad after",
  border: "Border",
  borders: { constant: "zeros", edge: "edge: the last cell again", reflect: "reflect: mirrored, edge once", symmetric: "symmetric: mirrored, edge twice", wrap: "wrap: round again" },
  withBias: "Bias: one number a map",
  ceil: "A last window may stick out (ceil)",
  unreadable: "What it says cannot be read; write it anew in the stack's words, or choose its kind.",
  add: "Add a layer",
  addAfter: (layer: number) => `Add after layer ${layer}`,
  addFirst: "Add after the input",
  chips: { conv: "Conv", dw: "Depthwise", deconv: "Transposed", max: "Max pool", avg: "Mean pool", gap: "Global pool", bn: "Batch norm", relu: "ReLU", dropout: "Dropout", flatten: "Flatten", dense: "Dense" },
  added: (kind: string, layer: number) => `${kind} added as layer ${layer}`,
  movedTo: (name: string, layer: number) => `${name} is layer ${layer} now`,
  removed: (name: string) => `${name} removed`,

  worked: "The layer worked out",
  workedTitle: (layer: number, name: string) => `Layer ${layer} worked out: ${name}`,
  size: "Size",
  sizeWords: {
    conv: "(input + padding − kernel) / stride + 1, rounded down; a dilated kernel spans d · (k − 1) + 1",
    pool: "(input + padding − window) / stride + 1, rounded down unless ceil is said",
    transposed: "(input − 1) · stride − padding + kernel + output padding",
    adaptive: "the input shared out evenly",
  } as Record<string, string>,
  parameterWords: {
    conv: "kernels · channels that each sees · kernel size, and a bias a kernel; the input's size is not in it",
    transposed: "channels · kernels · kernel size, and a bias a kernel",
    dense: "a weight for every pair of an input and an output, and a bias an output",
    normalise: "a factor and an offset a channel",
  } as Record<string, string>,
  macWords: {
    conv: "every weight once for each cell of a map of the output",
    transposed: "every weight once for each cell of a map of the input",
    dense: "every weight once",
    normalise: "one a value",
  } as Record<string, string>,
  memoryWords: "(input + parameters + output) · bytes of a number",
  seesTitle: "Sees, along a side",
  seesWords: "before + (window − 1) · step before",
  learnsNothing: {
    activation: "It keeps the shape, and learns nothing.",
    flatten: "The same numbers in one row; nothing is copied.",
  } as Record<string, string>,
  keepTitle: "Which padding keeps the size?",
  keep: ({ size, wanted, kernel, dilation, stride, pads: [before, after] }: { size: number; wanted: number; kernel: number; dilation: number; stride: number; pads: readonly [number, number] }) => {
    const window = dilation > 1 ? `${dilation} · (${kernel} − 1)` : `${kernel} − 1`;
    const sides = before === after ? `${before} on both sides` : `${before} before and ${after} after`;
    return stride === 1
      ? `What the window takes away: ${window} = ${before + after} cells, so ${sides}, whatever the size.`
      : `With stride ${stride} no padding does. What comes nearest is ${stride === 2 ? "every second cell" : `one cell in ${stride}`}, ⌈${size} / ${stride}⌉ = ${wanted}: for ${size} cells that takes ${sides}.`;
  },
  enlargeTitle: (stride: number) => (stride === 1 ? "Which padding keeps the size?" : `Which padding makes it exactly ${stride} times as large?`),
  enlarge: ({ pads: [before, after] }: { pads: readonly [number, number] }) =>
    `Cut off ${before === after ? `${before} on both sides` : `${before} before and ${after} after`}:`,
  holds: "This layer has it.",
  useIt: "Pad like that",

  connected: "Beside fully connected",
  connectedLead: "A fully connected layer between the same shapes has a weight for every pair of an input and an output value. A convolution shares its few weights among all places.",
  connectedTable: "Parameters beside fully connected ones",
  connectedWeights: "Weights, fully connected",
  timesAsMany: "Times as many",
  asOne: "The whole stack as one layer",

  code: {
    pytorch: "PyTorch", network: "Network (cl.nn)", sizes: "Sizes (cl.parse_stack)",
    single: "A stack is for libraries that have layers; one layer in each of these is in Channels, Pooling and Matrix view.",
    notThere: "there is no such layer here; what comes before it stands",
    until: (why: string) => `As far as the stack goes: ${why}`,
  },
  gifHint: "what the chosen cell sees, layer by layer back to the input",
  latexHint: "the table of sizes, for any LaTeX",
  controls: {
    preset: "Example",
    text: "The stack in words",
    layers: "Changing layers",
    cell: "Choosing cells",
    picture: "Picture",
    dtype: "Type of number",
    worked: "The layer worked out",
    connected: "Beside fully connected",
    ...toolbarControls,
  } as Record<string, string>,
};
