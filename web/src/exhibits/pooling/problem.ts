/** Why there is no output, in words. */

import { texts } from "../../texts/index.ts";
import type { Dims } from "./state.ts";
import { MOST_CELLS_DRAWN, type Problem } from "./work.ts";

export function problemText(problem: Problem, dims: Dims): string {
  const words = texts.pooling;
  if (problem.kind === "tooMany") return words.tooMany(problem.cells, MOST_CELLS_DRAWN);
  const axis = texts.axisTitle(dims)[problem.axis]!.toLowerCase();
  return problem.kind === "outside" ? words.nothingThere(axis) : words.tooLarge(axis, problem.window, problem.room);
}
