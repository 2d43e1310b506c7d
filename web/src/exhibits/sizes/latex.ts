/** The table of sizes as LaTeX. */

import { texts } from "../../texts/index.ts";
import { exactly } from "../../tensor/formula.ts";
import { alikeOnce, fraction, inBytes } from "./counts.ts";
import type { Work } from "./work.ts";

const words = texts.sizes;

export function latexOf({ stack, totals }: Work): string {
  if (!stack || !totals) return "";
  const times = (sizes: readonly (number | string)[]): string => (sizes.length ? `$${sizes.join(" \\times ")}$` : "");
  const count = (value: number): string => (value ? exactly(value).replace("≈", "$\\approx$").replaceAll(",", "{,}") : "");
  const rows = stack.layers.map(({ name, outputShape, parameters, macs, memory, field }, i) => [
    String(i + 1), `\\texttt{${name.replaceAll(/[_#%&$]/g, "\\$&").replaceAll("×", "x")}}`, times(outputShape), count(parameters), count(macs),
    inBytes(memory), times(field.size), alikeOnce(field.jump.map(fraction)).replace(/(\d+)\/(\d+)/g, "$$\\tfrac{$1}{$2}$$").replaceAll("×", "$\\times$"),
  ]);
  const heads = ["", words.layer, words.output, words.parameters, words.macs, words.memory, words.sees, words.step];
  return [
    "\\begin{tabular}{rlrrrrrr}",
    "\\hline",
    `${heads.join(" & ")} \\\\`,
    "\\hline",
    `& ${words.input} & ${times(stack.inputShape)} &&&&& \\\\`,
    ...rows.map((cells) => `${cells.join(" & ")} \\\\`),
    "\\hline",
    `& ${words.total} && ${exactly(totals.parameters).replaceAll(",", "{,}")} & ${exactly(totals.macs).replaceAll(",", "{,}")} & ${inBytes(totals.memory)} && \\\\`,
    "\\hline",
    "\\end{tabular}",
    "",
  ].join("\n");
}
