/** What is drawn, on the screen and in files: cells with their colours, and what is lit for the place looked at. */

import { scaleOf, type Scale } from "../../parts/colours.ts";
import type { CellView } from "../../parts/grid.ts";
import { softly, type Lit } from "../../parts/lit.ts";
import { number, summed } from "../../parts/numbers.ts";
import { inside } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { cellText } from "../../parts/grid.ts";
import type { Side } from "./state.ts";
import {
  numberAt, outputAt, productsAt, reachesOut, sourceOf, windowOf, within, type Mode, type Panel, type Work,
} from "./work.ts";

const words = texts.borders;

export interface Scales {
  input: Scale;
  output: Scale;
}

/** One scale for all pictures and one for all outputs, so that colours can be compared. */
export const scalesOf = (work: Work, dark: boolean): Scales => ({
  input: scaleOf([...work.input.data, work.value], dark),
  output: scaleOf(work.panels.flatMap(({ result }) => [...(result?.data ?? [])]), dark),
});

export function paddedView(work: Work, { input: scale }: Scales, mode: Mode, cell: number, at: readonly number[]): CellView {
  const value = numberAt(work, mode, at);
  const [text, colour] = [cellText(value, cell), scale.colour(value)];
  if (inside(at, work.input.shape)) {
    return { text, colour, kind: "cell", get name() { return words.cellName(words.picture, at, number(value)); } };
  }
  const source = sourceOf(work, mode, at);
  const { borderCell, shows, showsConstant } = texts.slidingWindow;
  return {
    text, colour, kind: "border", note: source?.join(","),
    get name() { return borderCell(at, number(value), source ? shows(source) : showsConstant); },
  };
}

/** Cells whose window reaches into the border are hatched as it is. */
export function outputView(work: Work, { output: scale }: Scales, panel: Panel, cell: number, at: readonly number[]): CellView {
  const value = outputAt(panel, at)!;
  const kind = reachesOut(work, at) ? "border" : "cell";
  return { text: cellText(value, cell), colour: scale.colour(value), kind, get name() { return words.cellName(words.output, at, number(value)); } };
}

/** The place that is looked at, in every border at once. */
export interface Selection {
  side: Side;
  cell: readonly number[];
}

export interface Light {
  padded: Lit[];
  output: Lit[];
  /** The window around the cells that make an output. */
  frame: { from: number[]; to: number[] } | null;
}

export function lightOf(work: Work, panel: Panel, selection: Selection | null): Light {
  if (!selection) return { padded: [], output: [], frame: null };
  const { side, cell } = selection;
  if (side === "output") {
    const there = outputAt(panel, cell) !== null;
    return { padded: [], output: there ? [softly(cell)] : [], frame: there ? windowOf(work, cell) : null };
  }
  if (!within(cell, panel.padded)) return { padded: [], output: [], frame: null };
  const source = sourceOf(work, panel.mode, cell);
  const away = source && !inside(cell, work.input.shape);
  return { padded: away ? [softly(source)] : [], output: [], frame: { from: [...cell], to: [...cell] } };
}

const LONGEST_SUM = 34; // characters

/** What is to be said of the place in one border. */
export function readingOf(work: Work, panel: Panel, { side, cell }: Selection): string {
  if (side === "output") {
    const value = outputAt(panel, cell);
    if (value === null) return words.noOutput;
    const sum = summed(productsAt(work, panel.mode, cell));
    return words.sum(sum.length <= LONGEST_SUM ? sum : "", number(value));
  }
  if (!within(cell, panel.padded)) return words.noCell;
  const value = number(numberAt(work, panel.mode, cell));
  if (inside(cell, work.input.shape)) return words.itself(value);
  const source = sourceOf(work, panel.mode, cell);
  return source ? words.shows(source, value) : words.showsNumber(value);
}

/** The same of all of them. */
export const spokenOf = (work: Work, selection: Selection): string =>
  [
    words.place(selection.side, selection.cell),
    ...work.panels.map((panel) => `${words.modes[panel.mode].title}: ${readingOf(work, panel, selection)}`),
  ].join("; ");
