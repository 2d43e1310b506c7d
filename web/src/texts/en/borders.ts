import { toolbarControls } from "./common.ts";
import { place, spoken } from "./spoken.ts";

/** Borders. */
export const borders = {
  title: "Borders",
  preset: "Example",
  ownNumbers: "Your own numbers",
  ownNote: "Every number of the picture and of the kernel can be changed, in any of the six.",
  presets: {
    count: { title: "1 to 12", note: "Two cells of border on every side. Go over the hatched cells: each says which cell it shows, in every border at once." },
    row: { title: "A row: 1 2 3 4", note: "Reflect is a mirror on the last cell, which stands once; symmetric is one behind it, so that it stands twice." },
    wide: { title: "A border wider than the picture", note: "Seven cells of border around three: mirrors and repeats go round again and again." },
    frame: { title: "An even picture under a box", note: "Nine everywhere. Zeros outside make a dark frame; every other border keeps the output even." },
    gradient: { title: "A slope under Sobel", note: "The same slope everywhere. Zeros invent an edge, wrap a steep one, reflect says there is no slope at all, edge and symmetric half of it." },
    picture: { title: "A picture", note: "A sun above a hill, continued in five ways." },
    "one-cell": { title: "One cell", note: "A picture of a single cell: whatever repeats or mirrors can only show that." },
  } as Record<string, { title: string; note: string }>,

  modes: {
    constant: { title: "constant", short: "0 0 | a b c | 0 0", words: "One number everywhere outside." },
    edge: { title: "edge", short: "a a | a b c | c c", words: "The last cell again and again." },
    reflect: { title: "reflect", short: "c b | a b c | b a", words: "A mirror on the last cell, which stands once." },
    symmetric: { title: "symmetric", short: "b a | a b c | c b", words: "A mirror behind the last cell, which stands twice." },
    wrap: { title: "wrap", short: "b c | a b c | a b", words: "The picture repeats." },
    none: { title: "no padding", short: "a b c", words: "Only windows that lie inside: the output shrinks." },
  },

  picture: "Picture",
  padded: "padded picture",
  kernel: "Kernel",
  output: "Output",
  value: "Number outside",
  sizeOf: (axis: string) => `Picture, ${axis}`,
  kernelSizeOf: (axis: string) => `Kernel, ${axis}`,
  padOf: { 1: ["Border, cells"], 2: ["Border, rows", "Border, columns"] } as Record<number, readonly string[]>,
  hint: "Go over any cell, by pointer or arrow keys, to see the same place in every border. Click or Space keeps it.",
  hatched: "hatched: border cells, with the place of the cell they show; in the output, cells whose window reaches into the border. All others are alike in every border.",
  tooLarge: "The kernel is larger than the picture: no window lies inside.",

  cellName: (array: string, cell: readonly number[], value: string) => `${array} ${spoken(cell).replaceAll("-", "minus ")}: ${value}`,
  place: (side: "padded" | "output", cell: readonly number[]) =>
    side === "padded" ? `Cell ${place(cell)}` : `Output with the window about ${place(cell)}`,
  shows: (source: readonly number[], value: string) => `shows ${place(source)} = ${value}`,
  showsNumber: (value: string) => `the number outside, ${value}`,
  itself: (value: string) => `in the picture, ${value}`,
  noCell: "no such cell",
  noOutput: "no such output",
  sum: (sum: string, value: string) => (sum && sum !== value ? `${sum} = ${value}` : `= ${value}`),

  wider: "A border wider than the picture",
  widerLead: (axis: string, cells: number, size: number) =>
    `${axis}: ${cells} cells of border around ${size} ${size === 1 ? "cell" : "cells"}. It goes round again:`,
  period: {
    reflect: (size: number, period: number) =>
      size === 1 ? "reflect always shows the only cell" : `reflect repeats every 2 · ${size} − 2 = ${period} cells`,
    symmetric: (size: number, period: number) => `symmetric every 2 · ${size} = ${period}`,
    wrap: (_: number, period: number) => `wrap every ${period}`,
  } as Record<string, (size: number, period: number) => string>,
  widerElsewhere: "NumPy, SciPy, OpenCV and Convolens go on like this; PyTorch refuses reflect from as many cells as the picture has, and circular beyond that.",

  names: "The same borders in other libraries",
  trap: "not NumPy's reflect",
  trapNote: "The trap: plain “reflect” of SciPy, OpenCV and scikit-image is NumPy's symmetric. NumPy's reflect is called mirror or 101 there.",

  gifHint: "place by place, in every border at once",
  latexHint: "the padded picture of every border, for amsmath",

  controls: {
    preset: "Example",
    dims: "Dimensions",
    size: "Size of the picture",
    pad: "Width of the border",
    value: "Number outside",
    input: "Changing the picture",
    kernel: "Changing the kernel",
    names: "Names in other libraries",
    ...toolbarControls,
  } as Record<string, string>,
};
