/** Why there is no output, and why an array is no larger, in words. */

import { MOST_CELLS } from "../../generated/states.ts";
import { largestSide, withEntry, type Axis } from "../../model/numbers.ts";
import { times } from "../../parts/numbers.ts";
import { product } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { MOST_CELLS_DRAWN, MOST_DRAWN, type Problem } from "./work.ts";

export function problemText(problem: Problem, dims: number): string {
  const words = texts.slidingWindow;
  if (problem.kind === "tooMany") return words.tooMany(problem.cells, MOST_CELLS_DRAWN);
  const axis = texts.axisTitle(dims as 1 | 2 | 3)[problem.axis]!.toLowerCase();
  if (problem.kind === "impossible") return words.impossible(axis, problem.window, problem.room);
  if (problem.kind === "nothingLeft") return words.nothingLeft(axis);
  return words.tooLarge(axis, problem.size, MOST_DRAWN);
}

/** Why an array is not so large along an axis. */
export const tooMuchText = (shape: readonly number[], axis: Axis, wanted: number): string => {
  const asked = withEntry(shape, axis, wanted);
  return texts.slidingWindow.tooMuch(times(asked), product(asked), MOST_CELLS, largestSide(shape, axis));
};
