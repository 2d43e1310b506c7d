/** The padded picture of every border as LaTeX for amsmath, border cells in boxes. */

import { MINUS, number } from "../../parts/numbers.ts";
import { unflatten } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { inside, numberAt, type Panel, type Work } from "./work.ts";

const AMSMATH_COLUMNS = 10;

export function latexOf(work: Work): string {
  const columns = work.panels[0]!.padded.shape.at(-1)!;
  const head = columns > AMSMATH_COLUMNS ? `\\setcounter{MaxMatrixCols}{${columns}}\n` : "";
  const lines = work.panels.map((panel) => `\\text{${texts.borders.modes[panel.mode].title}}: & \\begin{bmatrix}\n${rowsOf(work, panel)}\n\\end{bmatrix}`);
  return `${head}\\begin{align*}\n${lines.join(" \\\\\n")}\n\\end{align*}\n`;
}

function rowsOf(work: Work, { mode, padded: { shape, first } }: Panel): string {
  const columns = shape.at(-1)!;
  const cells = Array.from({ length: shape.reduce((all, size) => all * size, 1) }, (_, flat) => {
    const at = unflatten(shape, flat).map((n, axis) => n + first[axis]!);
    const text = number(numberAt(work, mode, at)).replaceAll(MINUS, "-").replace("∞", "\\infty").replace("nan", "\\text{nan}");
    return inside(at, work.input.shape) ? text : `\\boxed{${text}}`;
  });
  return Array.from({ length: cells.length / columns }, (_, row) => cells.slice(row * columns, (row + 1) * columns).join(" & ")).join(" \\\\\n");
}
