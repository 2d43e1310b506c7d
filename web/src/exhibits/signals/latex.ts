/** One output worked out as LaTeX for amsmath. */

import { tex } from "../../export/latex.ts";
import { termsOf, type Work } from "./work.ts";

const MOST_TERMS = 16;
const A_LINE = 4;

export function latexOf(work: Work, step: number): string {
  const place = work.first + step;
  const turned = work.operation === "convolution";
  const head = turned ? "y[n] &= \\sum_k w[k] \\, x[n - k]" : "y[n] &= \\sum_k w[k] \\, x[n + k]";
  const factor = (value: number) => (value < 0 ? `(${tex(value)})` : tex(value));
  const terms = termsOf(work, step).filter(({ product }) => product !== 0);
  const shown = terms.slice(0, MOST_TERMS).map(({ value, weight }) => `${factor(value)} \\cdot ${factor(weight)}`);
  if (terms.length > MOST_TERMS) shown.push("\\dots");
  const parts = Array.from({ length: Math.ceil(shown.length / A_LINE) }, (_, i) => shown.slice(A_LINE * i, A_LINE * (i + 1)).join(" + "));
  const sum = parts.join(" \\\\\n&\\quad + ") || "0";
  const lines = [...(work.mode === "same" ? [] : [head]), `y[${place}] &= ${sum}`, `&= ${tex(work.output?.[step] ?? 0)}`];
  return `\\begin{align*}\n${lines.join(" \\\\\n")}\n\\end{align*}\n`;
}
