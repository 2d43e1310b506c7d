/** What is drawn, on the screen and in files: every cell with its colour and text, and what is lit for a chosen cell. */

import { scaleOf, type Scale } from "../../parts/colours.ts";
import { factorsIn, roomOf, type CellView } from "../../parts/grid.ts";
import type { Lit } from "../../parts/lit.ts";
import { number } from "../../parts/numbers.ts";
import type { Pads } from "../../tensor/padding.ts";
import { entryAt, flatIndex } from "../../tensor/tensor.ts";
import type { WorkedCell } from "../../tensor/window.ts";
import { texts } from "../../texts/index.ts";
import { cellText, type Box } from "../../parts/grid.ts";
import type { Work } from "./work.ts";

const words = texts.channels;

export interface Scales {
  input: Scale;
  weight: Scale;
  output: Scale;
}

export const scalesOf = ({ input, weight, layer }: Work, dark: boolean): Scales => ({
  input: scaleOf(input.data, dark),
  weight: scaleOf(weight.data, dark),
  output: scaleOf(layer?.output.data ?? [], dark),
});

/** The input with the border around each channel. */
export function inputBox({ input, channels, layer }: Work): Box {
  const pads: Pads = layer?.spec.pads ?? [[0, 0], [0, 0]];
  const size = input.shape.slice(1).map((n, axis) => n + pads[axis]![0] + pads[axis]![1]);
  return { shape: [channels, ...size], first: [0, ...pads.map(([before]) => -before)] };
}

export function inputView({ input, channels }: Work, { input: scale }: Scales, cell: number, at: readonly number[]): CellView {
  const [channel, row, column] = at as [number, number, number];
  const name = words.channel(channel, channels);
  const own = entryAt(input, at);
  const value = own ?? 0;
  const seen = { text: cellText(value, cell), colour: scale.colour(value) };
  if (own === undefined) return { ...seen, kind: "border", name: words.borderCell(name, row, column) };
  return { ...seen, kind: "cell", name: words.cell(name, row, column, number(value)) };
}

export function outputView({ layer }: Work, { output: scale }: Scales, cell: number, at: readonly number[]): CellView {
  const [map, row, column] = at as [number, number, number];
  const value = layer!.output.data[flatIndex(layer!.output.shape, at)]!;
  const name = words.cell(words.map(map), row, column, number(value));
  return { text: cellText(value, cell), colour: scale.colour(value), kind: "cell", name };
}

/** The window in every channel that the kernel sees, products in its cells. */
export interface Light {
  input: Lit[];
  frame: { from: number[]; to: number[] };
}

export function lightOf(worked: WorkedCell, { input: scale }: Scales, cell: number): Light {
  const room = roomOf(cell);
  const input = worked.terms.map(({ channel, position, value, weight, product, border }): Lit => {
    return {
      at: [channel, ...position],
      text: room ? cellText(product, cell) : "",
      above: room ? factorsIn(value, weight, cell) : undefined,
      colour: scale.colour(value),
      hatched: border,
    };
  });
  const [first, last] = [worked.terms[0]!, worked.terms.at(-1)!];
  return { input, frame: { from: [first.channel, ...first.position], to: [last.channel, ...last.position] } };
}

/** Where grids in a row lie: the width of each and the distance from one to the next. */
export interface Row {
  count: number;
  width: number;
  pitch: number;
}

export const GRID_GAP = 22;

export const middleOf = ({ width, pitch }: Row, index: number, lead: number): number => index * pitch + lead + (width - lead) / 2;
