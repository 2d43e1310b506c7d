/** The spectra as they are drawn: strengths with zero frequency in the middle, and the numbers that come back. */

import { scaleOf } from "../../parts/colours.ts";
import { cellText, type CellView, type Mark, type Place } from "../../parts/grid.ts";
import { number } from "../../parts/numbers.ts";
import { flatIndex, unflatten } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { inked, mark, placeIn, type Scales } from "./scene.ts";
import { frequencyAt, strength, type Spectra, type Spectrum } from "./spectra.ts";
import type { Selection, Work } from "./work.ts";

const words = texts.matrixView;

export interface SpectrumPanel {
  title: string;
  /** What stands before it. */
  sign: string;
  /** Whether its cells are frequencies. */
  spectrum: boolean;
  view: (row: number, column: number) => CellView;
  marks: (selection: Selection | null) => Mark[];
  select: (place: Place) => Selection | null;
}

export function spectrumPanels(work: Work, spectra: Spectra, scales: Scales, cell: number, dark: boolean): SpectrumPanel[] {
  const { channels } = work;
  const { size, product, result, kept, kernel } = spectra;
  const flat = size.length === 1;
  const windows = work.made!.output.data.length / work.kernels;
  const drawn = (name: string, sign: string, spectrum: Spectrum): SpectrumPanel => {
    const values = strength(spectrum);
    const scale = scaleOf(values, dark);
    return {
      title: name, sign, spectrum: true, marks: () => [], select: () => null,
      view: (row, column) => {
        const frequency = frequencyAt(size, [row, column]);
        const value = tidy(values[flatIndex(size, frequency.map((n, axis) => (n + size[axis]!) % size[axis]!))]!, scale.most);
        return { ...inked(value, cell, scale), kind: "cell", name: words.spectrumCell(name, frequency, number(value, 4)) };
      },
    };
  };
  const channelPanels = spectra.channels.flatMap(({ input, weights }, channel) => [
    drawn(words.spectrumOf(words.spectra.input, channel, channels), channel ? "+" : "", input),
    drawn(words.spectrumOf(words.spectra.weights, channel, channels), "·", weights),
  ]);
  const place = (row: number, column: number) => flatIndex(size, flat ? [column] : [row, column]);
  const back: SpectrumPanel = {
    title: words.spectra.result, sign: "→", spectrum: false,
    view: (row, column) => {
      const at = place(row, column);
      const value = tidy(result.real[at]!, scales.output.most);
      const [window, shape] = [kept[at]!, work.made!.output.shape];
      const output = window < 0 ? null : placeIn(shape, kernel * windows + window);
      return {
        text: cellText(value, cell), colour: scales.output.colour(window < 0 ? 0 : value), kind: window < 0 ? "cut" : "cell",
        name: words.resultCell(flat ? [column] : [row, column], number(value, 5), output),
      };
    },
    marks: (selection) => {
      if (selection?.side !== "output" || selection.cell[0] !== kernel) return [];
      const at = kept.indexOf(flatIndex(work.made!.output.shape, selection.cell) % windows);
      return [flat ? mark(0, at) : mark(...(unflatten(size, at) as [number, number]))];
    },
    select: ([row, column]) => {
      const window = kept[place(row, column)]!;
      return window < 0 ? null : { side: "output", cell: unflatten(work.made!.output.shape, kernel * windows + window) };
    },
  };
  return [...channelPanels, drawn(words.spectra.product, "=", product), back];
}

/** Roundings of a transform are no numbers. */
export const tidy = (value: number, most: number): number => {
  const whole = Math.round(value);
  if (Math.abs(value - whole) < 1e-9 * Math.max(1, most)) return whole === 0 ? 0 : whole;
  return value;
};
