/** One cell worked out as LaTeX for amsmath: each channel's window, weights, products and sum, then the total. */

import type { Term, WorkedCell } from "../../tensor/window.ts";
import { matrix, tex } from "../../export/latex.ts";
import type { Work } from "./work.ts";

export function latexOf(work: Work, { kernel, cell, channels, terms, sums, bias, result }: WorkedCell): string {
  const columns = work.weight.shape[3]!;
  const planes = channels.map((channel, i) => {
    const own = terms.filter((term) => term.channel === channel);
    const write = (text: (term: Term) => string) => matrix(own.map(text), columns);
    const boxed = (term: Term) => (term.border ? `\\boxed{${tex(term.value)}}` : tex(term.value));
    const parts = [write(boxed), "\\odot", write((term) => tex(term.weight)), "=", write((term) => tex(term.product))];
    return ["\\[", ...parts, `\\quad s_{${channel}} = ${tex(sums[i]!)}`, "\\]"].join("\n");
  });
  const named = [...channels.map((channel) => `s_{${channel}}`), ...(bias === null ? [] : [`b_{${kernel}}`])];
  const values = [...sums, ...(bias === null ? [] : [bias])].map((value, i) => (i && value < 0 ? `(${tex(value)})` : tex(value)));
  const total = `y_{${kernel}, ${cell.join(", ")}} = ${named.join(" + ")} = ${values.join(" + ")} = ${tex(result)}`;
  return `${planes.join("\n")}\n\\[\n${total}\n\\]\n`;
}
