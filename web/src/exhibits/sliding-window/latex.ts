/** One cell worked out as LaTeX for amsmath, as the Python side writes it: border cells in boxes. */

import { matrix, tex } from "../../export/latex.ts";
import { termsOf, type Term, type Work } from "./work.ts";
import type { Side } from "./state.ts";

const TERMS_A_LINE = 9;
const AMSMATH_COLUMNS = 10;

export function latexOf(work: Work, side: Side, cell: readonly number[]): string {
  const terms = termsOf(work, side, cell);
  const columns = work.kernel.shape.at(-1)!;
  const head = columns > AMSMATH_COLUMNS ? `\\setcounter{MaxMatrixCols}{${columns}}\n` : "";
  const total = work.output?.data[flat(work, cell)] ?? 0;
  const whole = side === "output" && !work.transposed;
  const planes = whole ? planesOf(work, terms) : [];
  const sum = side === "output" ? sumOf(`y_{${cell.join(", ")}}`, terms.map((term) => term.product), total) : spread(terms);
  return `${head}${planes.join("\n")}\n\\begin{align*}\n${sum.join(" \\\\\n")}\n\\end{align*}\n`.trimStart();
}

const flat = (work: Work, cell: readonly number[]): number =>
  cell.reduce((place, n, axis) => place * work.outputShape[axis]! + n, 0);

/** window ⊙ weights = products, for each slice of the kernel. */
function planesOf(work: Work, terms: readonly Term[]): string[] {
  const [rows, columns] = work.kernel.shape.length > 1 ? work.kernel.shape.slice(-2) : [1, work.kernel.shape[0]!];
  const size = rows! * columns!;
  return Array.from({ length: terms.length / size }, (_, slice) => {
    const own = terms.slice(slice * size, (slice + 1) * size);
    const write = (text: (term: Term) => string) => matrix(own.map(text), columns!);
    const boxed = (term: Term) => (isBorder(term) ? `\\boxed{${tex(term.value)}}` : tex(term.value));
    const parts = [write(boxed), "\\odot", write((term) => tex(term.weight)), "=", write((term) => tex(term.product))];
    return ["\\[", ...parts, "\\]"].join("\n");
  });
}

const isBorder = ({ input, source }: Term): boolean => !source || source.some((n, axis) => n !== input[axis]);

function sumOf(name: string, values: readonly number[], total: number): string[] {
  const signed = values.map((value, i) => {
    const text = tex(value);
    return i === 0 ? text : text.startsWith("-") ? `- ${text.slice(1)}` : `+ ${text}`;
  });
  const pieces: string[] = [];
  for (let i = 0; i < signed.length; i += TERMS_A_LINE) pieces.push(signed.slice(i, i + TERMS_A_LINE).join(" "));
  const lines = pieces.map((piece, i) => (i === 0 ? `${name} &= ${piece || "0"}` : `&\\quad ${piece}`));
  if (!lines.length) lines.push(`${name} &= 0`);
  return values.length === 1 ? lines : [...lines, `&= ${tex(total)}`];
}

const spread = (terms: readonly Term[]): string[] =>
  terms.map(({ output, value, weight, product }) => `y_{${output.join(", ")}} &\\mathrel{+}= ${tex(value)} \\cdot ${tex(weight)} = ${tex(product)}`);
