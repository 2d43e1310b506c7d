/** What is drawn, on the screen and in files: every cell with its colour and text, and what is lit for a chosen cell. */

import { sourceIndex } from "../../tensor/borders.ts";
import { flatIndex, inside } from "../../tensor/tensor.ts";
import { scaleOf, type Scale } from "../../parts/colours.ts";
import { cellText, factorsIn, roomOf, type Box, type CellView } from "../../parts/grid.ts";
import { number } from "../../parts/numbers.ts";
import { softly, type Lit } from "../../parts/lit.ts";
import { texts } from "../../texts/index.ts";
import type { Side } from "./state.ts";
import { borderValue, stepOf, termsOf, type Term, type Work } from "./work.ts";

const words = texts.slidingWindow;

export interface Scales {
  input: Scale;
  kernel: Scale;
  output: Scale;
}

export function scalesOf(work: Work, dark: boolean): Scales {
  return {
    input: scaleOf([...work.input.data, ...(hasBorder(work) ? [borderValue(work.setup)] : [])], dark),
    kernel: scaleOf(work.kernel.data, dark),
    output: scaleOf(work.uncut?.data ?? [], dark),
  };
}

/** Whether a border is drawn: not one that is too much for that. */
export const hasBorder = ({ transposed, pads, problem }: Work): boolean =>
  !transposed && problem?.kind !== "tooLarge" && problem?.kind !== "tooMany" && pads.flat().some(Boolean);

export function inputBox(work: Work): Box {
  const { input, pads } = work;
  if (!hasBorder(work)) return { shape: [...input.shape], first: input.shape.map(() => 0) };
  return {
    shape: input.shape.map((size, axis) => size + pads[axis]![0] + pads[axis]![1]),
    first: pads.map(([before]) => -before),
  };
}

export function outputBox({ outputShape, pads, transposed }: Work): Box {
  if (!transposed) return { shape: [...outputShape], first: outputShape.map(() => 0) };
  return {
    shape: outputShape.map((size, axis) => size + pads[axis]![0] + pads[axis]![1]),
    first: pads.map(([before]) => -before),
  };
}

/** The input cell that is seen at a place, or null where a number stands that is no cell's. */
export function sourceOf(work: Work, at: readonly number[]): number[] | null {
  const source = at.map((place, axis) => sourceIndex(place, work.input.shape[axis]!, work.setup.border));
  return source.includes(-1) ? null : source;
}

export function inputView(work: Work, { input: scale }: Scales, cell: number, at: readonly number[]): CellView {
  const source = sourceOf(work, at);
  const value = source ? work.input.data[flatIndex(work.input.shape, source)]! : borderValue(work.setup);
  const [text, colour] = [cellText(value, cell), scale.colour(value)];
  if (inside(at, work.input.shape)) {
    return { text, colour, kind: "cell", get name() { return words.cellName(words.input, at, number(value)); } };
  }
  return {
    text, colour, kind: "border", note: source?.join(","),
    get name() { return words.borderCell(at, number(value), source ? words.shows(source) : words.showsConstant); },
  };
}

export function kernelView(work: Work, { kernel: scale }: Scales, cell: number, at: readonly number[]): CellView {
  const value = work.kernel.data[flatIndex(work.kernel.shape, at)]!;
  return { text: cellText(value, cell), colour: scale.colour(value), kind: "cell", get name() { return words.cellName(words.kernel, at, number(value)); } };
}

/** `upTo` is the last output cell that is shown; later ones are covered. */
export function outputView(work: Work, { output: scale }: Scales, cell: number, at: readonly number[], upTo: number | null): CellView {
  const { uncut, outputShape, pads, transposed } = work;
  const whole = transposed ? outputShape.map((size, axis) => size + pads[axis]![0] + pads[axis]![1]) : outputShape;
  const value = uncut!.data[flatIndex(whole, transposed ? at.map((place, axis) => place + pads[axis]![0]) : at)]!;
  const own = inside(at, outputShape);
  if (own && upTo !== null && stepOf(work, "output", at) > upTo) {
    return { text: roomOf(cell) ? "?" : "", colour: scale.colour(0), kind: "covered", get name() { return words.coveredCell(at); } };
  }
  const [text, colour] = [cellText(value, cell), scale.colour(value)];
  if (own) return { text, colour, kind: "cell", get name() { return words.cellName(words.output, at, number(value)); } };
  return { text, colour, kind: "cut", get name() { return words.cutCell(at, number(value)); } };
}

/** The cell that is looked at, of the output or the input. */
export interface Selection {
  side: Side;
  cell: readonly number[];
}

/** What is lit for a selection: cells with products in them, and the window around them. */
export interface Light {
  terms: Term[];
  input: Lit[];
  output: Lit[];
  kernel: Lit[];
  inputFrame: { from: number[]; to: number[] } | null;
  outputFrame: { from: number[]; to: number[] } | null;
}

export const NO_LIGHT: Light = { terms: [], input: [], output: [], kernel: [], inputFrame: null, outputFrame: null };

export function lightOf(work: Work, scales: Scales, cell: number, selection: Selection | null): Light {
  if (!selection || work.problem) return NO_LIGHT;
  const terms = termsOf(work, selection.side, selection.cell);
  if (selection.side === "output") {
    const input = terms.map((term): Lit => {
      const hatched = !inside(term.input, work.input.shape);
      return { at: term.input, hatched, ...asProduct(term, scales.input.colour(term.value), cell) };
    });
    const kernel = work.transposed ? terms.map(({ tap }) => softly(tap)) : [];
    return { ...NO_LIGHT, terms, input, kernel, inputFrame: around(terms.map((term) => term.input)) };
  }
  const output = terms.map((term): Lit => {
    const at = term.output;
    return work.transposed
      ? { at, hatched: !inside(at, work.outputShape), ...asProduct(term, scales.output.colour(term.product), cell) }
      : softly(at);
  });
  const kernel = work.transposed ? [] : terms.map(({ tap }) => softly(tap));
  const outputFrame = work.transposed ? around(terms.map((term) => term.output)) : null;
  return { ...NO_LIGHT, terms, output, kernel, outputFrame };
}

/** A product as it stands in a cell: the factors small above it. */
function asProduct(term: Term, colour: Lit["colour"], cell: number): Omit<Lit, "at"> {
  if (roomOf(cell) === 0) return { text: "", colour };
  return { text: cellText(term.product, cell), above: factorsIn(term.value, term.weight, cell), colour };
}

function around(cells: readonly (readonly number[])[]): { from: number[]; to: number[] } | null {
  const [first] = cells;
  if (!first) return null;
  const along = first.map((_, axis) => cells.map((cell) => cell[axis]!));
  return { from: along.map((places) => Math.min(...places)), to: along.map((places) => Math.max(...places)) };
}
