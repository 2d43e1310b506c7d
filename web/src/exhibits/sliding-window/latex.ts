/** One cell worked out as LaTeX for amsmath, as the Python side writes it: border cells in boxes. */

import { planeOf, sumOf, tex } from "../../export/latex.ts";
import { termsOf, type Term, type Work } from "./work.ts";
import type { Side } from "./state.ts";

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
    const boxed = (term: Term) => (isBorder(term) ? `\\boxed{${tex(term.value)}}` : tex(term.value));
    return planeOf(columns!, own.map(boxed), own.map((term) => term.weight), own.map((term) => term.product));
  });
}

const isBorder = ({ input, source }: Term): boolean => !source || source.some((n, axis) => n !== input[axis]);

const spread = (terms: readonly Term[]): string[] =>
  terms.map(({ output, value, weight, product }) => `y_{${output.join(", ")}} &\\mathrel{+}= ${tex(value)} \\cdot ${tex(weight)} = ${tex(product)}`);
