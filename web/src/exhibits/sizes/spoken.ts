/** What is said of a traced cell. */

import { texts } from "../../texts/index.ts";
import { lengthOf, outsideOf, type Trace, type Work } from "./work.ts";

const words = texts.sizes;

export function spokenOf({ stack, rows }: Work, trace: Trace | null): string {
  if (!trace || !stack) return "";
  const { layer, cell, fields } = trace;
  if (!layer) return words.inputCell(cell);
  const input = fields[0]!;
  const outside = input.map((range, axis) => outsideOf(range, stack.inputShape[axis + 1]!));
  return words.sentence(layer, rows[layer - 1]!.text, cell, input, input.map(lengthOf), outside.some(Boolean));
}
