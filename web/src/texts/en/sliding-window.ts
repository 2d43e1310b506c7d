import { borders, paddings, toolbarControls } from "./common.ts";
import { minus, place, spoken } from "./spoken.ts";

/** Sliding window. */
export const slidingWindow = {
  title: "Sliding window",
  preset: "Example",
  ownNumbers: "Your own numbers",
  presets: {
    ramp: { title: "A ramp under Sobel", note: "The horizontal gradient is constant along a row, but grows from row to row." },
    edge: { title: "An edge", note: "Three rows, black, anything, white: only the white row counts, 3 · 255 = 765." },
    "one-window": { title: "One window under Sobel", note: "Nine products, one sum: the horizontal gradient of a single window." },
    "vertical-edge": { title: "A vertical edge", note: "Nothing where the image is even, 3 where it falls." },
    signal: { title: "A signal, correlated", note: "Each number less the one two places on: −2 everywhere." },
    "signal-convolution": { title: "A signal, convolved", note: "The same kernel turned by 180° gives the opposite sign." },
    "same-size": { title: "Padding that keeps the size", note: "One cell around 7 × 7 gives 7 × 7 back, however often." },
    stride: { title: "Stride 2", note: "(7 − 3) / 2 + 1 = 3: every second window." },
    dilation: { title: "Dilation 2", note: "Nine weights that span 5 × 5 cells." },
    borders: { title: "A border that mirrors", note: "The hatched cells say which cell they show." },
    "full-convolution": { title: "Every overlap", note: "With full padding a * b is b * a, for convolution." },
    transposed: { title: "Transposed convolution", note: "Each input cell stamps the kernel into the output, times itself." },
    volume: { title: "A volume", note: "Three dimensions, seen as slices." },
    disc: { title: "A disc, blurred", note: "32 × 32 cells under a kernel of 5 × 5." },
  } as Record<string, { title: string; note: string }>,

  dims: "Dimensions",
  dimsName: { 1: "1-D", 2: "2-D", 3: "3-D" } as Record<number, string>,
  operation: "Operation",
  operations: {
    correlation: "Correlation",
    convolution: "Convolution",
    transposed: "Transposed",
  },
  operationHint: {
    correlation: "The kernel lies on the window as it stands. Deep learning calls this convolution.",
    convolution: "The kernel is turned by 180° first: convolution as mathematics means it.",
    transposed: "Each input cell times the kernel is added into the output: the way back from output to input size.",
  },

  settings: "Settings",
  sizes: "Sizes and steps",
  around: "Pad",
  inputSize: "Input",
  kernelSize: "Kernel",
  stride: "Stride",
  dilation: "Dilation",
  before: "Pad before",
  after: "Pad after",
  outputPadding: "Output padding",
  padding: "Padding",
  paddings,
  border: "Border",
  borders,
  borderValue: "Number outside",
  fill: "Fill the input",
  fills: { zeros: "zeros", ones: "ones", count: "1, 2, 3 …", random: "random digits", impulse: "one 1 in the middle", ramp: "a ramp" },
  kernelFill: "Named kernel",
  covered: "Cover the cells to come",
  coveredHint: "Say the number before you step to it.",

  input: "Input",
  kernel: "Kernel",
  turned: "turned by 180°",
  output: "Output",
  window: "window",
  weights: "kernel",
  products: "products",
  cutOff: "cut off by the padding",
  turnAgain: "Turn it again",
  borderNote: (mode: string) => (mode === "constant" ? "hatched: the border, one number everywhere" : `hatched: the border, ${mode}; small: the cell it shows`),
  slice: (n: number, outside: boolean) => (outside ? `depth ${minus(n)}, border` : `depth ${n}`),

  cellName: (array: string, cell: readonly number[], value: string) => `${array} ${spoken(cell)}: ${value}`,
  borderCell: (cell: readonly number[], value: string, shows: string) =>
    `Border ${spoken(cell).replaceAll("-", "minus ")}: ${value}, ${shows}`,
  shows: (source: readonly number[]) => `shows ${spoken(source)}`,
  showsConstant: "the number outside",
  cutCell: (cell: readonly number[], value: string) => `Cut off, ${spoken(cell).replaceAll("-", "minus ")}: ${value}`,
  coveredCell: (cell: readonly number[]) => `Output ${spoken(cell)}: covered`,

  work: "How this cell is made",
  workInput: "Where this cell goes",
  gatherTitle: (cell: readonly number[], value: string) => `output ${place(cell)} = ${value}`,
  spreadTitle: (cell: readonly number[], value: string) => `input ${place(cell)} = ${value}`,
  spreadLead: (count: number) =>
    count === 1 ? "goes into 1 output cell, times a weight" : `goes into ${count} output cells, each time with its weight`,
  moreTerms: (count: number) => `${count} products in all`,
  spokenSum: (cell: readonly number[], terms: number, sum: string, value: string) =>
    terms <= 9 ? `Output ${spoken(cell)}: ${sum} equals ${value}` : `Output ${spoken(cell)}: ${terms} products add up to ${value}`,
  spokenSpread: (cell: readonly number[], value: string, count: number) =>
    `Input ${spoken(cell)}, ${value}, goes into ${count === 1 ? "1 output cell" : `${count} output cells`}`,

  size: "The size of the output",
  sizeNote: "rounded down: a last step that does not fit is left out",
  letters: { input: "input", kernel: "kernel", output: "output" },
  impossible: (axis: string, window: number, room: number) =>
    `Along ${axis} the kernel spans ${window} cells, but the padded input has ${room}: pad more, or use a smaller kernel, less dilation.`,
  nothingLeft: (axis: string) => `Along ${axis} the padding cuts off all of the output: use less.`,
  tooLarge: (axis: string, size: number, most: number) =>
    `Along ${axis} the output would have ${size} cells; up to ${most} are drawn here.`,
  tooMuch: (shape: string, cells: number, most: number, side: number) =>
    `${shape} would be ${cells} cells; an array has up to ${most} here, so at most ${side} along this side.`,
  tooMany: (cells: number, most: number) =>
    `With its border that would be ${cells} cells; up to ${most} are drawn here: pad less, or use a smaller input.`,

  controls: {
    preset: "Example",
    dims: "Dimensions",
    operation: "Operation",
    size: "Sizes",
    stride: "Stride",
    dilation: "Dilation",
    padding: "Padding",
    border: "Border",
    input: "Changing the input",
    kernel: "Changing the kernel",
    player: "Steps",
    covered: "Cover the cells to come",
    ...toolbarControls,
  } as Record<string, string>,
};
