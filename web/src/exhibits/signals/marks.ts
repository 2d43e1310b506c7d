/** What plots of an output mark. */

import { number } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import { peakOf, type Work } from "./work.ts";

export interface Mark {
  place: number;
  value: number;
  text: string;
}

/** Where a correlation matches best. */
export function marksOf({ operation, first, rate }: Work, output: ArrayLike<number> | null): Mark[] {
  if (operation !== "correlation" || !output || output.length < 2) return [];
  const at = peakOf(output, (value) => value);
  if (output[at] === output[peakOf(output, (value) => -value)]) return []; // all are alike
  return [{ place: first + at, value: output[at]!, text: texts.signals.peak(number((first + at) / (rate ?? 1), 4)) }];
}
