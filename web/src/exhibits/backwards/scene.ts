/** What is drawn of the layer, on the screen and in files: every cell with its colour, and what is lit for a chosen one. */

import { scaleOf, type Scale } from "../../parts/colours.ts";
import { cellText, factorsIn, roomOf, type Box, type CellView } from "../../parts/grid.ts";
import { softly, type Lit } from "../../parts/lit.ts";
import { number } from "../../parts/numbers.ts";
import { entryAt, type Tensor } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { spreadOf, type Selection, type Term, type Work, type WorkedCell } from "./layer.ts";

const words = texts.backwards;

/** Forward arrays and gradients; gradients of one kind share a scale with nothing else. */
export type ArrayName = "input" | "kernel" | "bias" | "output";
export const ARRAYS: readonly ArrayName[] = ["input", "kernel", "bias", "output"];

export interface Scales {
  forward: Record<ArrayName, Scale>;
  back: Record<ArrayName, Scale>;
}

export function scalesOf({ input, kernel, bias, layer }: Work, dark: boolean): Scales {
  const scale = (data: Iterable<number>) => scaleOf(data, dark);
  const found = layer?.gradients;
  return {
    forward: { input: scale(input.data), kernel: scale(kernel.data), bias: scale([bias]), output: scale(layer?.output.data ?? []) },
    back: {
      input: scale(found?.input.data ?? []), kernel: scale(found?.kernel.data ?? []), bias: scale(found?.bias.data ?? []),
      output: scale(layer?.grad.data ?? []),
    },
  };
}

/** The array of a name, forward or backward; undefined where there is none as the kernel does not fit. */
export function arrayOf(work: Work, name: ArrayName, back: boolean): Tensor | undefined {
  const { layer } = work;
  if (back) return name === "output" ? layer?.grad : layer?.gradients[name];
  if (name === "bias") return { shape: [1], data: Float64Array.of(work.bias) };
  return name === "output" ? layer?.output : work[name];
}

/** The input is drawn with its padding, so that weights can be seen to meet it. */
export function boxOf(work: Work, name: ArrayName, back: boolean): Box {
  const { shape } = arrayOf(work, name, back)!;
  if (name !== "input" || back) return { shape: [...shape], first: shape.map(() => 0) };
  return { shape: shape.map((size, axis) => size + 2 * work.pad[axis]!), first: work.pad.map((cells) => -cells) };
}

export function viewOf(work: Work, scales: Scales, name: ArrayName, back: boolean, cell: number, at: readonly number[]): CellView {
  const array = arrayOf(work, name, back)!;
  const scale = (back ? scales.back : scales.forward)[name];
  const value = entryAt(array, at);
  if (value === undefined) return { text: cellText(0, cell), colour: scale.colour(0), kind: "border", name: words.paddingCell(at) };
  const title = back ? words.gradients[name] : words[name];
  return {
    text: cellText(value, cell), colour: scale.colour(value), kind: "cell",
    name: name === "bias" ? words.biasName(title, number(value)) : words.cellName(title, at, number(value)),
  };
}

/** What is lit in each array for a chosen cell of a gradient. */
export interface Light {
  input: Lit[];
  kernel: Lit[];
  grad: Lit[];
}

export const NO_LIGHT: Light = { input: [], kernel: [], grad: [] };

export function lightOf(worked: WorkedCell, scales: Scales, cell: number): Light {
  const { side, terms } = worked;
  if (side === "bias") return { ...NO_LIGHT, grad: terms.map(({ output }) => softly(output)) };
  if (side === "kernel") {
    const input = terms.map((term): Lit => ({
      at: term.input!, hatched: term.border, ...asProduct(term, term.factor, term.grad, scales.forward.input.colour(term.factor), cell),
    }));
    return { ...NO_LIGHT, input, grad: terms.map(({ output }) => softly(output)) };
  }
  const grad = terms.map((term): Lit => ({
    at: term.output, ...asProduct(term, term.grad, term.factor, scales.back.output.colour(term.grad), cell),
  }));
  return { input: [softly(worked.cell)], kernel: terms.map(({ tap }) => softly(tap!)), grad };
}

/** A product as it stands in a cell: the factors small above it. */
function asProduct({ product }: Term, own: number, other: number, colour: Lit["colour"], cell: number): Omit<Lit, "at"> {
  if (roomOf(cell) === 0) return { text: "", colour };
  return { text: cellText(product, cell), above: factorsIn(own, other, cell), colour };
}

/** The picture of a gradient as a convolution: what is slid over, with the window of the chosen cell. */
export interface Sliding {
  box: Box;
  view: (at: readonly number[], cell: number) => CellView;
  lit: readonly (readonly number[])[];
  frame: { from: number[]; to: number[] };
}

export function slidingOf(work: Work, scales: Scales, { side, cell }: Selection): Sliding | null {
  const { kernel, stride, dilation, pad, layer } = work;
  if (!layer || side === "bias") return null;
  // The window's first cell, how many lie in it along each axis, and how far apart.
  const [first, count, apart] = side === "input"
    ? [cell.map((n, axis) => n + pad[axis]! - dilation[axis]! * (kernel.shape[axis]! - 1)), kernel.shape, dilation]
    : [cell.map((n, axis) => dilation[axis]! * n - pad[axis]!), layer.grad.shape, stride];
  const frame = { from: first, to: first.map((n, axis) => n + apart[axis]! * (count[axis]! - 1)) };
  let places: number[][] = [[]];
  count.forEach((many, axis) => {
    places = places.flatMap((at) => Array.from({ length: many }, (_, i) => [...at, first[axis]! + i * apart[axis]!]));
  });
  if (side === "kernel") {
    return { box: boxOf(work, "input", false), view: (at, size) => viewOf(work, scales, "input", false, size, at), lit: places, frame };
  }
  const spread = spreadOf(work);
  const view = (at: readonly number[], size: number): CellView => {
    const { value, source } = spread.at(at);
    return {
      text: cellText(value, size), colour: scales.back.output.colour(value), kind: source ? "cell" : "border",
      name: words.spreadCell(at, number(value), source),
    };
  };
  return { box: { shape: spread.shape, first: spread.first }, view, lit: places, frame };
}
