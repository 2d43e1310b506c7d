/** What the exhibit shows: the layers that could be read, the cell that is traced, and what it depends on. */

import { readStack, type Problem, type Reading } from "../../tensor/stack-text.ts";
import { fieldsBehind, outputSizeOf, totals, type Layer, type Stack, type Totals } from "../../tensor/stack.ts";
import type { Range } from "../../tensor/receptive.ts";
import { runsBehind, type Runs } from "./cells.ts";
import { BYTES, MOST_LAYERS, type SizesState } from "./state.ts";

/** A layer as it is written, and what it is; null from the first mistake on. */
export interface Row {
  readonly number: number;
  readonly text: string;
  readonly layer: Layer | null;
}

export interface Work {
  reading: Reading;
  /** Up to the first mistake; null where there is not even an input. */
  stack: Stack | null;
  rows: Row[];
  problem: Problem | null;
  totals: Totals | null;
}

export function workOut({ stack: text, dtype }: Pick<SizesState, "stack" | "dtype">): Work {
  const reading = readStack(text, BYTES[dtype], MOST_LAYERS);
  const { stack, words, problem } = reading;
  const rows = words.map((word, i) => ({ number: i + 1, text: word.text, layer: stack?.layers[i] ?? null }));
  return { reading, stack, rows, problem, totals: stack && totals(stack) };
}

/** The row that is looked into: 0 is the input. */
export const chosenRow = ({ rows }: Work, wanted: number): number => Math.min(wanted, rows.length);

/** A cell and all that it depends on. */
export interface Trace {
  /** The layer whose cell it is; 0 is the input. */
  layer: number;
  cell: number[];
  /** The cells of each map: entry 0 the input's, entry n those that layer n puts out. */
  fields: Range[][];
  /** The same without cells between that are left out. */
  runs: Runs[][];
}

/** Traces a cell of a layer back; one that is not there yet is taken for the last that is. */
export function traceOf({ stack }: Work, wanted: number, cell: readonly number[] | null): Trace | null {
  if (!stack) return null;
  const layer = Math.min(wanted, stack.layers.length);
  const size = outputSizeAt(stack, layer);
  if (!size.length) return null;
  const own = cell?.length === size.length ? cell : null;
  const at = size.map((cells, axis) => (own ? Math.min(own[axis]!, cells - 1) : Math.floor(cells / 2)));
  return { layer, cell: at, fields: fieldsBehind(stack, layer - 1, at), runs: runsBehind(stack, layer, at) };
}

/** Cells along each dimension of what a layer puts out; 0 is the input. */
export function outputSizeAt(stack: Stack, layer: number): readonly number[] {
  return outputSizeOf({ ...stack, layers: stack.layers.slice(0, layer) });
}

/** A map that is drawn: what one layer puts out, and those after it that leave its cells where they are. */
export interface MapOf {
  /** The layers by their numbers; the input's map begins with 0. */
  layers: number[];
  shape: readonly number[];
  /** Cells along each dimension; all 1 for the features of a fully connected layer. */
  size: readonly number[];
}

const STAYING = ["activation", "normalise", "flatten"];

/** All maps, the input's first. */
export function mapsOf(stack: Stack): MapOf[] {
  const maps: MapOf[] = [{ layers: [0], shape: stack.inputShape, size: stack.inputShape.slice(1) }];
  stack.layers.forEach((layer, i) => {
    if (STAYING.includes(layer.kind)) maps.at(-1)!.layers.push(i + 1);
    else maps.push({ layers: [i + 1], shape: layer.outputShape, size: layer.outputSize });
  });
  return maps;
}

export const lengthOf = ([first, last]: Range): number => Math.max(0, last - first + 1);

/** How many of a range's cells lie in the border of an axis of so many cells. */
export const outsideOf = ([first, last]: Range, cells: number): number =>
  lengthOf([first, last]) - Math.max(0, Math.min(last, cells - 1) - Math.max(first, 0) + 1);
