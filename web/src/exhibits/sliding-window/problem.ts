/** Why there is no output, in words. */

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
