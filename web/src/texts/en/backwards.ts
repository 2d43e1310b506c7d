import { toolbarControls } from "./common.ts";
import { inSteps, place, spoken } from "./spoken.ts";

/** Backwards. */
export const backwards = {
  title: "Backwards",
  preset: "Example",
  ownNumbers: "Your own numbers",
  ownNote: {
    layer: "Every number can be changed: input, kernel, bias, and what comes back from the loss.",
    descent: "Picture, target, first kernel, rate and momentum are yours to choose.",
  },
  presets: {
    "by-hand": { title: "Small enough for a pencil", note: "The example of the documentation: [[3, 1], [2, 2]] was wanted instead of Y, so dL/dY is the difference. Choose a cell of dL/dX, dL/dW or dL/db to see which products make it." },
    "every-overlap": { title: "One output sends back", note: "A single 1 comes back. In dL/dX it leaves the kernel as it stands, in dL/dW the window of the input that this output saw." },
    "same-size": { title: "Padding that keeps the size", note: "What flows back to the padding is lost: cells at the rim get fewer products. Weights meet its zeros, which add nothing." },
    stride: { title: "Stride 2", note: "Seen from behind, zeros stand between the cells of dL/dY: the gradient of the input is a transposed convolution." },
    dilation: { title: "Dilation 2", note: "Weights that lie apart send their gradients apart. In dL/dW stride and dilation change places." },
    signal: { title: "A signal", note: "1, 10 and 100 come back to three outputs, so that every sum can be read off its digits." },
    sobel: { title: "Learn Sobel from noise", note: "A kernel of zeros sees noise, and what Sobel makes of it. It goes against the gradient until it is Sobel." },
    "sobel-picture": { title: "Learn Sobel from a picture", note: "The same from a smooth picture: neighbours look alike, many kernels do nearly the same, and the loss is a long valley." },
    momentum: { title: "The picture again, with momentum", note: "A velocity that remembers 0.9 of itself goes along the valley in far fewer steps, swinging now and then." },
    "too-large": { title: "Too large a rate", note: "Each step overshoots. At first the loss falls in the flat directions; then the steepest one takes over." },
    even: { title: "An even picture", note: "The loss becomes 0 and the kernel another one: where every cell is alike, only the sum of the weights can be learned." },
  } as Record<string, { title: string; note: string }>,

  part: "Part",
  parts: { layer: "One layer, cell by cell", descent: "Gradient descent" },
  dims: "Dimensions",
  dimsName: { 1: "1-D", 2: "2-D" } as Record<number, string>,
  settings: "Settings",
  sizes: "Sizes and steps",
  inputSize: "Input",
  kernelSize: "Kernel",
  stride: "Stride",
  dilation: "Dilation",
  pad: "Padding",
  gradientOf: "Gradient of",
  fill: "Fill dL/dY",
  fills: { ones: "ones", one: "a single 1", zeros: "zeros", random: "random digits" },
  outputKept: "dL/dY keeps its numbers where sizes change; new cells are 0.",

  input: "Input",
  kernel: "Kernel",
  bias: "Bias",
  output: "Output",
  letters: { input: "X", kernel: "W", bias: "b", output: "Y" },
  gradients: { input: "Gradient of the input", kernel: "Gradient of the kernel", bias: "Gradient of the bias", output: "Gradient of the output" },
  symbols: { input: "dL/dX", kernel: "dL/dW", bias: "dL/db", output: "dL/dY" },
  given: "comes back from the loss",
  shapes: "Each gradient has the shape of its array: it says how the loss L changes with each of those numbers.",
  cellName: (array: string, cell: readonly number[], value: string) => `${array} ${spoken(cell)}: ${value}`,
  biasName: (array: string, value: string) => `${array}: ${value}`,
  paddingCell: (cell: readonly number[]) => `Padding ${spoken(cell).replaceAll("-", "minus ")}: 0`,
  tooLarge: "The kernel spans more cells than the padded input has: no output, and nothing comes back. Pad more, or use a smaller kernel or less dilation.",

  work: "How this cell is made",
  workedTitle: (symbol: string, cell: readonly number[] | null, value: string) => `${symbol}${cell ? ` ${place(cell)}` : ""} = ${value}`,
  lead: {
    input: (cell: string, windows: number) =>
      windows === 0
        ? `X ${cell} lies in no window: the loss does not depend on it.`
        : windows === 1
          ? `X ${cell} lies in one window. What comes back to its output, times the weight that lay on the cell:`
          : `X ${cell} lies in ${windows} windows. What comes back to each of their outputs, times the weight that lay on the cell:`,
    kernel: (cell: string, windows: number) =>
      `W ${cell} is used in ${windows === 1 ? "the only window" : `all ${windows} windows`}. What comes back to each output, times the input cell that the weight met there:`,
    bias: (_: string, windows: number) => `b is added to ${windows === 1 ? "the only output" : `all ${windows} outputs`}. What comes back to them, added up:`,
  },
  factors: { input: "weights, from the other end", kernel: "cells of X", bias: "" },
  comesBack: "dL/dY",
  products: "products",
  moreTerms: (count: number) => `${count} products in all`,
  spoken: (name: string, cell: readonly number[] | null, terms: number, sum: string, value: string) =>
    `${name}${cell ? `, ${spoken(cell)}` : ""}: ${terms > 9 ? `${terms} products add up to` : terms > 1 ? `${sum} equals` : ""} ${value}`.replace(":  ", ": "),

  convolution: {
    input: "dL/dX is a convolution of dL/dY",
    kernel: "dL/dW is a correlation of X",
  },
  convolutionWords: {
    input: (zeros: number, plain: boolean) =>
      `The kernel is turned by 180° and slides over dL/dY${zeros ? `, ${zeros === 1 ? "a zero" : `${zeros} zeros`} between its cells for the stride` : ""}. ` +
      (plain ? "Zeros around let in every overlap: a “full” convolution." : "Zeros around let in every overlap that the padding does not cut off: dilation · (kernel − 1) − padding of them."),
    kernel: (stride: string, dilation: string) =>
      `dL/dY lies on X as a kernel lies on an input; each place gives one weight's gradient.` +
      (stride === "1" && dilation === "1" ? "" : ` Stride and dilation change places: the cells of dL/dY lie ${stride} apart, and go on by ${dilation}.`),
  },
  spreadTitle: "dL/dY and zeros",
  paddedTitle: (padded: boolean) => (padded ? "X and padding" : "X"),
  turnedTitle: "W, turned by 180°",
  gradTitle: "dL/dY as the kernel",
  spreadCell: (cell: readonly number[], value: string, source: readonly number[] | null) =>
    `${source ? `dL/dY ${spoken(source)}` : `Zero at ${spoken(cell).replaceAll("-", "minus ")}`}: ${value}`,

  check: "Nudge it: a small proof",
  checkLead: (name: string, before: string) =>
    `Let L be half the sum of (Y − T)², where T = Y − dL/dY is what was wanted: then dL/dY is its gradient, and L = ${before}. Make ${name} a little larger, and see by how much L grows:`,
  checkColumns: ["ε", "L then", "(L then − L) / ε"],
  checkEnd: (symbol: string, value: string) => `The smaller ε, the nearer to ${symbol} = ${value}.`,
  numberOf: (letter: string, cell: readonly number[] | null) => `${letter}${cell ? ` ${place(cell)}` : ""}`,

  picture: "Picture",
  pictures: { noise: "noise", hill: "a sun above a hill", even: "even" },
  newNoise: "Draw new noise",
  target: "Target",
  targetKernel: "Target kernel",
  start: "First kernel",
  starts: { zeros: "zeros", random: "random" },
  own: "your own numbers",
  rate: "Learning rate",
  momentum: "Momentum",
  steps: "Steps to take",
  learning: "Learning",
  largest: (rate: string) => `Largest stable rate: ${rate}`,
  rateSlider: "Learning rate, up to a quarter more than the largest stable one",

  learned: "Kernel",
  difference: "Difference",
  slope: "dL/dW",
  outputNow: "Output",
  wantedOutput: "Wanted output",
  error: "Error",
  differenceHint: "kernel − target",
  errorHint: "output − wanted",
  slopeHint: "steps go against it",
  loss: "Loss",
  lossWords: "mean of the squared errors",
  atStep: (step: number, loss: string) => (step === 0 ? `Before the first step: loss ${loss}` : `After ${inSteps(step)}: loss ${loss}`),
  curveLabel: (first: string, step: number, now: string, last: number, end: string) =>
    `Loss by step, on a logarithmic scale: ${first} at the start, ${now} at step ${step}, ${end} at step ${last}`,
  stepAxis: "step",
  spokenStep: (step: number, loss: string, most: string) => `Step ${step}: loss ${loss}, largest difference from the target ${most}`,

  verdicts: {
    diverges: (rate: string, limit: string) => `Diverges: the rate ${rate} is above ${limit}. Along the steepest direction each step overshoots to a place that is higher than where it came from.`,
    edge: (rate: string) => `The rate ${rate} is the largest stable one exactly: along the steepest direction the kernel swings to and fro for ever.`,
    arrives: (steps: number, most: string) => `Arrives: after ${inSteps(steps)} no weight is further than ${most} from the target.`,
    nears: (steps: number, most: string) => `Comes nearer: after ${inSteps(steps)} the weight furthest from the target is still ${most} off.`,
    untold: (flat: number, most: string) =>
      `Finds another kernel: in ${flat === 1 ? "one direction" : `${flat} directions`} the kernel can change without any change in the output, so this picture cannot tell it from the target, which is up to ${most} away.`,
  },
  limitTitle: "How large may the rate be?",
  limitFormula: { plain: "2 / λmax", momentum: "2 · (1 + momentum) / λmax" },
  limitWords: "λmax says how the loss bends along its steepest direction: it is the largest eigenvalue of 2 / cells · Σ window ⊗ window, the second derivatives of the loss.",
  valley: (ratio: string) => `The steepest direction bends ${ratio} times as much as the flattest: the larger that number, the longer the valley, and the more steps it takes.`,
  flatWords: (flat: number) => `${flat === 1 ? "One direction is" : `${flat} directions are`} flat: this picture says nothing about ${flat === 1 ? "it" : "them"}.`,
  noLimit: "The picture is 0 everywhere: no rate is too large, and nothing can be learned.",
  arrayName: (array: string, row: number, column: number, value: string) => `${array}, row ${row} column ${column}: ${value}`,
  
  latexHint: "this step of the descent, for amsmath",

  controls: {
    preset: "Example",
    part: "Which part",
    dims: "Dimensions",
    size: "Sizes",
    stride: "Stride",
    dilation: "Dilation",
    padding: "Padding",
    input: "Changing the input",
    kernel: "Changing the kernel",
    bias: "Changing the bias",
    grad: "Changing dL/dY",
    picture: "Changing the picture to learn from",
    target: "Changing the target kernel",
    start: "Changing the first kernel",
    rate: "Learning rate",
    momentum: "Momentum",
    steps: "How many steps",
    player: "Steps",
    ...toolbarControls,
  } as Record<string, string>,
};
