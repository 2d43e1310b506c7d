/** One cell of a gradient, and one step of the descent, as LaTeX for amsmath. */

import { matrix, tex } from "../../export/latex.ts";
import type { Descent } from "./descent.ts";
import { stepTaken } from "./descent-scene.ts";
import type { WorkedCell } from "./layer.ts";

const LETTERS = { input: "X", kernel: "W", bias: "b" };
const TERMS_A_LINE = 8;
const AMSMATH_COLUMNS = 10;

const bracketed = (value: number): string => (tex(value).startsWith("-") ? `(${tex(value)})` : tex(value));

export function cellLatex({ side, cell, terms, result }: WorkedCell): string {
  const name = `\\frac{\\partial L}{\\partial ${LETTERS[side]}${side === "bias" ? "" : `_{${cell.join(", ")}}`}}`;
  const parts = terms.map(({ grad, factor }, i) => {
    const own = i ? bracketed(grad) : tex(grad);
    return side === "bias" ? own : `${own} \\cdot ${bracketed(factor)}`;
  });
  const lines: string[] = [];
  for (let i = 0; i < parts.length; i += TERMS_A_LINE) {
    lines.push(`${i ? "&\\quad + " : `${name} &= `}${parts.slice(i, i + TERMS_A_LINE).join(" + ")}`);
  }
  if (!lines.length) lines.push(`${name} &= 0`);
  else lines.push(`&= ${tex(result)}`);
  return `\\begin{align*}\n${lines.join(" \\\\\n")}\n\\end{align*}\n`;
}

/** The kernel of this step, what is taken off it, and the kernel of the next; of the last step the kernel alone. */
export function stepLatex(descent: Descent, step: number): string {
  const columns = descent.target.shape[1]!;
  const head = columns > AMSMATH_COLUMNS ? `\\setcounter{MaxMatrixCols}{${columns}}\n` : "";
  const write = (data: Iterable<number>) => matrix([...data].map((value) => tex(Number(value.toPrecision(4)))), columns);
  const now = write(descent.moments[step]!.weight.data);
  const taken = stepTaken(descent, step);
  if (!taken) return `${head}\\[\nW_{${step}} =\n${now}\n\\]\n`;
  const { rate, momentum, moments } = descent;
  const off = momentum ? "v" : "\\frac{\\partial L}{\\partial W}";
  const slope = taken.data.map((change) => -change / (rate || 1));
  const next = write(moments[step + 1]!.weight.data);
  return [
    `${head}\\[`, `W_{${step + 1}} = W_{${step}} - ${tex(rate)} \\, ${off} =`, now, `- ${tex(rate)}`, write(slope), "=", next, "\\]\n",
  ].join("\n");
}
