/** What is drawn, on the screen and in files: every cell with its colour and text, and what is lit for a chosen cell. */

import { placesUnder } from "../../tensor/window.ts";
import { sourceAt } from "../../tensor/cells.ts";
import { entryAt, flatIndex, inside, unflatten, type Tensor } from "../../tensor/tensor.ts";
import { scaleOf, type Scale } from "../../parts/colours.ts";
import { cellText, type Box, type CellView, type Frame, type Mark, type Place } from "../../parts/grid.ts";
import { SOFT, softly, type Lit } from "../../parts/lit.ts";
import { number } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import type { WorkedTile } from "./tile.ts";
import type { Links, Selection, Work } from "./work.ts";

const words = texts.matrixView;

export interface Scales {
  input: Scale;
  weight: Scale;
  output: Scale;
  back: Scale;
}

export const scalesOf = ({ input, weight, made }: Work, dark: boolean): Scales => ({
  input: scaleOf(input.data, dark),
  weight: scaleOf(weight.data, dark),
  output: scaleOf(made?.output.data ?? [], dark),
  back: scaleOf(made?.back.data ?? [], dark),
});

/** How large cells grow in a width; where that is a projector's, they are read from afar. */
export const mostIn = (width: number, narrow: number): number => (width <= 1000 ? narrow : width < 1400 ? 48 : 64);

/** A cell's coordinates as they are written: of one channel alone without it. */
export const placeIn = (shape: readonly number[], flat: number): string =>
  texts.place(shape[0] === 1 ? unflatten(shape, flat).slice(1) : unflatten(shape, flat));

/** The place of a weight: kernel and channel only where there are several. */
export function weightPlace({ weight }: Work, flat: number): string {
  const [kernel, channel, ...rest] = unflatten(weight.shape, flat);
  const [kernels, channels] = weight.shape as [number, number];
  return texts.place([...(kernels > 1 ? [kernel!] : []), ...(channels > 1 ? [channel!] : []), ...rest]);
}

export const mark = (row: number, column: number): Mark => ({ row, column, ...SOFT });

/** A number as it stands in a cell. */
export const inked = (value: number, cell: number, scale: Scale) => ({ text: cellText(value, cell), colour: scale.colour(value) });

/** An array as `Volume` draws it: one channel alone without an axis for it. */
export interface Picture {
  box: Box;
  view: (at: readonly number[]) => CellView;
  /** The number at a place that can be edited. */
  numberAt: (at: readonly number[]) => number | undefined;
  lit: Lit[];
  frame: { from: number[]; to: number[] } | null;
  current: number[] | null;
  /** From what is drawn to the array's own coordinates. */
  full: (at: readonly number[]) => readonly number[];
}

/** The coordinates of an array without its first axis where that has one cell. */
const drawn = (shape: readonly number[], at: readonly number[]): number[] => (shape[0] === 1 ? at.slice(1) : [...at]);

interface Look {
  selection: Selection | null;
  links: Links | null;
  transposed: boolean;
  /** The tile that is worked out, instead of a window. */
  tile?: WorkedTile | null;
}

/** The input, with the border around it; the way back has the result there instead. */
export function inputPicture(work: Work, scales: Scales, cell: number, { selection, links, transposed, tile }: Look): Picture {
  const { input, made } = work;
  const spec = made?.spec;
  const pads = !transposed && spec ? spec.pads : input.shape.slice(1).map(() => [0, 0] as const);
  const shown = transposed && made ? made.back : input;
  const scale = transposed ? scales.back : scales.input;
  const full = (at: readonly number[]) => (input.shape[0] === 1 ? [0, ...at] : at);
  const size = [input.shape[0]!, ...input.shape.slice(1).map((n, axis) => n + pads[axis]![0] + pads[axis]![1])];
  const window = selection?.side === "output" && spec && !transposed ? windowOf(work, selection.cell) : null;
  const frame = tile && spec ? tileFrame(tile.first.map((n, axis) => n - spec.pads[axis]![0]), 4, work.channels) : window;
  return {
    box: { shape: drawn(input.shape, size), first: drawn(input.shape, [0, ...pads.map(([before]) => -before)]) },
    full,
    view: (at) => {
      const place = full(at);
      const name = transposed ? words.back : words.input;
      const [channel, ...rest] = place as [number, ...number[]];
      const source = spec ? rest.map((n, axis) => sourceAt(spec, axis, n)) : rest;
      const value = source.includes(-1) ? 0 : shown.data[flatIndex(shown.shape, [channel, ...source])]!;
      const seen = inked(value, cell, scale);
      if (inside(place, shown.shape)) return { ...seen, kind: "cell", name: words.cell(name, drawn(shown.shape, place), number(value)) };
      const note = source.includes(-1) ? undefined : source.join(",");
      return { ...seen, kind: "border", note, name: words.borderCell(drawn(shown.shape, place), number(value)) };
    },
    numberAt: (at) => (transposed ? undefined : entryAt(input, full(at))),
    lit: [...(links?.inputs ?? [])].map((flat) => softly(drawn(input.shape, unflatten(input.shape, flat)))),
    frame: frame && { from: drawn(input.shape, frame.from), to: drawn(input.shape, frame.to) },
    current: selection?.side === "input" ? drawn(input.shape, selection.cell) : null,
  };
}

/** Cells of a tile from its first corner, in all channels. */
const tileFrame = (first: readonly number[], side: number, channels: number): { from: number[]; to: number[] } => ({
  from: [0, ...first], to: [channels - 1, ...first.map((n) => n + side - 1)],
});

function windowOf({ channels, made }: Work, [, ...cell]: readonly number[]): { from: number[]; to: number[] } {
  const places = placesUnder(made!.spec, cell);
  return { from: [0, ...places[0]!.position], to: [channels - 1, ...places.at(-1)!.position] };
}

export function kernelPicture(work: Work, { weight: scale }: Scales, cell: number, { selection, links }: Look): Picture {
  const { weight, channels, kernels } = work;
  const flat = [kernels * channels, ...weight.shape.slice(2)];
  const full = (at: readonly number[]) => {
    const [slice, ...rest] = flat[0] === 1 ? [0, ...at] : (at as [number, ...number[]]);
    return [Math.floor(slice! / channels), slice! % channels, ...rest];
  };
  const own = ([kernel, channel, ...rest]: readonly number[]) => drawn(flat, [kernel! * channels + channel!, ...rest]);
  const valueAt = (at: readonly number[]) => weight.data[flatIndex(weight.shape, full(at))]!;
  return {
    box: { shape: drawn(flat, flat), first: drawn(flat, flat.map(() => 0)) },
    full,
    view: (at) => ({
      ...inked(valueAt(at), cell, scale), kind: "cell",
      name: words.cell(words.kernel, at, number(valueAt(at))),
    }),
    numberAt: valueAt,
    lit: [...(links?.weights ?? [])].map((at) => softly(own(unflatten(weight.shape, at)))),
    frame: null,
    current: selection?.side === "kernel" ? own(selection.cell) : null,
  };
}

export function outputPicture(work: Work, { output: scale }: Scales, cell: number, { selection, links, tile }: Look): Picture {
  const { output } = work.made!;
  const corner = tile ? [tile.kernel, ...tile.first] : null;
  const full = (at: readonly number[]) => (output.shape[0] === 1 ? [0, ...at] : at);
  return {
    box: { shape: drawn(output.shape, output.shape), first: drawn(output.shape, output.shape.map(() => 0)) },
    full,
    view: (at) => {
      const value = output.data[flatIndex(output.shape, full(at))]!;
      return { ...inked(value, cell, scale), kind: "cell", name: words.cell(words.output, at, number(value)) };
    },
    numberAt: () => undefined,
    lit: [...(links?.outputs ?? [])].map((flat) => softly(drawn(output.shape, unflatten(output.shape, flat)))),
    frame: corner && tile ? {
      from: drawn(output.shape, corner),
      to: drawn(output.shape, corner.map((n, axis) => (axis ? n + tile.size[axis - 1]! - 1 : n))),
    } : null,
    current: selection?.side === "output" ? drawn(output.shape, selection.cell) : null,
  };
}

/** A matrix as `Grid` draws it. */
export interface Panel {
  label: string;
  rows: number;
  columns: number;
  view: (row: number, column: number) => CellView;
  marks: Mark[];
  frame: Frame | null;
  current: Place | null;
  /** Cells of a block, between which lines are drawn. */
  blocks: readonly [rows: number, columns: number] | null;
  /** What a cell selects. */
  select: (place: Place) => Selection;
}

/** A vector as a matrix of one row or column, from a tensor whose cells it lists. */
function vector(
  { shape, data }: Tensor, name: string, scale: Scale, cell: number, lit: ReadonlySet<number> | undefined, side: "input" | "output",
  down: boolean, selection: Selection | null,
): Panel {
  const at = (row: number, column: number): number => (down ? row : column);
  const chosen = selection?.side === side ? flatIndex(shape, selection.cell) : null;
  const place = (flat: number): Place => (down ? [flat, 0] : [0, flat]);
  return {
    label: words.vectorLabel(name, data.length),
    rows: down ? data.length : 1,
    columns: down ? 1 : data.length,
    view: (row, column) => {
      const flat = at(row, column);
      const value = data[flat]!;
      return { ...inked(value, cell, scale), kind: "cell", name: words.vectorCell(name, flat, placeIn(shape, flat), number(value)) };
    },
    marks: [...(lit ?? [])].map((flat) => mark(...place(flat))),
    frame: null,
    current: chosen === null ? null : place(chosen),
    blocks: null,
    select: ([row, column]) => ({ side, cell: unflatten(shape, at(row, column)) }),
  };
}

/** y = A x: x above, a row for each cell of the output, y beside. The way back has rows and columns exchanged. */
export function toeplitzPanels(work: Work, scales: Scales, cell: number, look: Look): { above: Panel; matrix: Panel; beside: Panel } {
  const { input, made } = work;
  const { output, matrix, terms, back } = made!;
  const { selection, links, transposed } = look;
  const [rows, columns] = matrix!.shape as [number, number];
  const turn = (row: number, column: number): Place => (transposed ? [column, row] : [row, column]);
  const real = terms.filter(({ source }) => source >= 0);
  const weights = new Map(real.map((term) => [term.output * columns + term.source, term.weight]));
  const view = (first: number, second: number): CellView => {
    const [row, column] = turn(first, second);
    const which = weights.get(row * columns + column);
    const value = matrix!.data[row * columns + column]!;
    const places = () => [placeIn(output.shape, row), placeIn(input.shape, column)] as const;
    if (which === undefined) {
      return { text: "", colour: SOFT.colour, kind: "covered", get name() { return words.emptyEntry(...places()); } };
    }
    return {
      ...inked(value, cell, scales.weight), kind: "cell",
      get name() { return words.entry(...places(), weightPlace(work, which), number(value)); },
    };
  };
  const whole: Frame | null = rowFrame(work, selection, transposed, [rows, columns]);
  const lastOf = (shape: readonly number[]) => (shape.length > 2 ? shape.at(-1)! : shape[0]! > 1 ? shape.at(-1)! : 0);
  const [high, wide] = [lastOf(output.shape), lastOf(input.shape)];
  return {
    above: vector(transposed ? output : input, transposed ? words.output : words.input, transposed ? scales.output : scales.input, cell,
      transposed ? links?.outputs : links?.inputs, transposed ? "output" : "input", false, selection),
    beside: vector(transposed ? back : output, transposed ? words.back : words.output, transposed ? scales.back : scales.output, cell,
      transposed ? links?.inputs : links?.outputs, transposed ? "input" : "output", true, selection),
    matrix: {
      label: words.matrixLabel(transposed, transposed ? columns : rows, transposed ? rows : columns),
      rows: transposed ? columns : rows,
      columns: transposed ? rows : columns,
      view,
      marks: (links?.terms ?? []).filter(({ source }) => source >= 0).map((term) => mark(...turn(term.output, term.source))),
      frame: whole,
      current: selection?.side === "matrix" ? turn(selection.cell[0]!, selection.cell[1]!) : null,
      blocks: high || wide ? [(transposed ? wide : high) || 1e9, (transposed ? high : wide) || 1e9] : null,
      select: (place) => ({ side: "matrix", cell: turn(...place) }),
    },
  };
}

/** The row of the matrix that makes a chosen output, or the column that a chosen input goes into. */
function rowFrame(work: Work, selection: Selection | null, transposed: boolean, [rows, columns]: Place): Frame | null {
  if (selection?.side !== "output" && selection?.side !== "input") return null;
  const shape = selection.side === "output" ? work.made!.output.shape : work.input.shape;
  const flat = flatIndex(shape, selection.cell);
  const from: Place = selection.side === "output" ? [flat, 0] : [0, flat];
  const to: Place = selection.side === "output" ? [flat, columns - 1] : [rows - 1, flat];
  return transposed ? { from: [from[1], from[0]], to: [to[1], to[0]] } : { from, to };
}

/** Y = W X: a window in each column of X, a kernel in each row of W, and below X what comes of them. */
export function columnPanels(work: Work, scales: Scales, cell: number, { selection, links }: Look): { weights: Panel; columns: Panel; result: Panel } {
  const { input, channels, kernels, weight } = work;
  const { unfolded, laid, output, spec } = made(work);
  const [rows, windows] = unfolded.columns.shape as [number, number];
  const taps = rows / channels;
  const terms = links?.terms ?? [];
  const unique = (places: Place[]): Mark[] => [...new Map(places.map((place) => [place.join(), mark(...place)])).values()];
  const window = selection?.side === "output" ? flatIndex(output.shape, selection.cell) % windows : null;
  const given = (kernel: number, tap: number): number =>
    kernel * rows + (spec.flip ? tap - (tap % taps) + taps - 1 - (tap % taps) : tap);
  const blocks = channels > 1 ? taps : work.dims > 1 ? weight.shape.at(-1)! : 1e9;
  const result = vector(output, words.output, scales.output, cell, links?.outputs, "output", false, selection);
  const place = (flat: number): Place => [Math.floor(flat / windows), flat % windows];
  return {
    weights: {
      label: words.rowsLabel(kernels, rows),
      rows: kernels,
      columns: rows,
      view: (kernel, tap) => {
        const value = laid.data[kernel * rows + tap]!;
        const name = words.cell(words.kernel, [], number(value)).replace(words.kernel, `${words.weight} ${weightPlace(work, given(kernel, tap))}`);
        return { ...inked(value, cell, scales.weight), kind: "cell", name };
      },
      marks: unique(terms.map(({ kernel, tap }): Place => [kernel, tap])),
      frame: selection?.side === "output" ? { from: [selection.cell[0]!, 0], to: [selection.cell[0]!, rows - 1] } : null,
      current: null,
      blocks: [1e9, blocks],
      select: ([kernel, tap]) => ({ side: "kernel", cell: unflatten(weight.shape, given(kernel, tap)) }),
    },
    columns: {
      label: words.columnsLabel(rows, windows),
      rows,
      columns: windows,
      view: (tap, column) => {
        const at = tap * windows + column;
        const [value, source] = [unfolded.columns.data[at]!, unfolded.sources[at]!];
        const shows = source < 0 ? null : placeIn(input.shape, source);
        return {
          ...inked(value, cell, scales.input), kind: source < 0 ? "border" : "cell",
          name: words.columnCell(placeIn([1, ...spec.outputSize], column), shows, number(value)),
        };
      },
      marks: unique(terms.map(({ tap, window: column }): Place => [tap, column])),
      frame: window === null ? null : { from: [0, window], to: [rows - 1, window] },
      current: selection?.side === "columns" ? [selection.cell[0]!, selection.cell[1]!] : null,
      blocks: [blocks, work.dims > 1 ? spec.outputSize[1]! : 1e9],
      select: (at) => ({ side: "columns", cell: at }),
    },
    result: {
      ...result,
      label: words.mapsLabel(kernels, windows),
      rows: kernels,
      columns: windows,
      view: (row, column) => result.view(0, row * windows + column),
      marks: result.marks.map(({ column, ...rest }) => ({ ...rest, row: place(column)[0], column: place(column)[1] })),
      current: result.current && place(result.current[1]),
      blocks: [1e9, work.dims > 1 ? spec.outputSize[1]! : 1e9],
      select: ([row, column]) => result.select([0, row * windows + column]),
    },
  };
}

const made = (work: Work) => work.made!;
