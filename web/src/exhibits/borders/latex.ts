/** The padded picture of every border as LaTeX for amsmath, border cells in boxes. */

import { matrix, tex } from "../../export/latex.ts";
import { inside, unflatten } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { numberAt, type Panel, type Work } from "./work.ts";

const AMSMATH_COLUMNS = 10;

export function latexOf(work: Work): string {
  const columns = work.panels[0]!.padded.shape.at(-1)!;
  const head = columns > AMSMATH_COLUMNS ? `\\setcounter{MaxMatrixCols}{${columns}}\n` : "";
  const lines = work.panels.map((panel) => `\\text{${texts.borders.modes[panel.mode].title}}: & ${matrixOf(work, panel)}`);
  return `${head}\\begin{align*}\n${lines.join(" \\\\\n")}\n\\end{align*}\n`;
}

function matrixOf(work: Work, { mode, padded: { shape, first } }: Panel): string {
  const cells = Array.from({ length: shape.reduce((all, size) => all * size, 1) }, (_, flat) => {
    const at = unflatten(shape, flat).map((n, axis) => n + first[axis]!);
    const text = tex(numberAt(work, mode, at));
    return inside(at, work.input.shape) ? text : `\\boxed{${text}}`;
  });
  return matrix(cells, shape.at(-1)!);
}
