/** LaTeX for amsmath: a cell worked out, or the maps before and after a shift. */

import { matrix, tex } from "../../export/latex.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { curvesOf, mapsOf, SHIFTS, titleOf } from "./shift-work.ts";
import type { PoolingState } from "./state.ts";
import { membersOf, outputAt, power, type Work } from "./work.ts";

const AMSMATH_COLUMNS = 10;
const MOST = 24; // numbers of a line

export function latexOf(work: Work, at: readonly number[] | null): string {
  if (!at) return "";
  const values = membersOf(work, at).flatMap(({ value }) => (value === null ? [] : [value]));
  const { kind } = work.setup;
  const p = power(work.setup);
  const total = tex(outputAt(work, at));
  const size = (value: number) => (value < 0 ? `\\lvert ${tex(value)} \\rvert` : tex(value));
  const listed = (parts: readonly string[], sign: string) =>
    parts.length <= MOST ? parts.join(sign) : `${parts.slice(0, MOST).join(sign)}${sign}\\dots`;
  let put: string;
  if (kind === "max") put = `\\max(${listed(values.map(tex), ", ")})`;
  else if (kind === "average") {
    const terms = values.map((value, i) => (i && value < 0 ? `(${tex(value)})` : tex(value)));
    put = `\\frac{${listed(terms, " + ")}}{${values.length}}`;
  } else if (p === Infinity) put = `\\max(${listed(values.map(size), ", ")})`;
  else {
    const terms = listed(values.map((value) => (p === 1 ? size(value) : `${size(value)}^{${tex(p)}}`)), " + ");
    put = p === 1 ? terms : `\\sqrt${p === 2 ? "" : `[${tex(p)}]`}{${terms}}`;
  }
  return `\\[\ny_{${at.join(", ")}} = ${put} = ${total}\n\\]\n`;
}

export function shiftLatexOf(state: PoolingState): string {
  const [before, after] = [state.shift.map(() => 0), state.shift].map((shift) => mapsOf(state, state.method, shift).pooled);
  const columns = before!.shape.at(-1)!;
  const head = columns > AMSMATH_COLUMNS ? `\\setcounter{MaxMatrixCols}{${columns}}\n` : "";
  const written = ({ data, shape }: Tensor) => matrix([...data].map(tex), shape.at(-1)!);
  const now = curvesOf(state).find(({ method }) => method === state.method)!.values[SHIFTS.indexOf(state.shift[state.along]!)]!;
  return [
    `${head}% ${titleOf(state, state.method)}: ${texts.pooling.measures[state.measure]}`,
    "\\[",
    written(before!),
    `\\quad\\xrightarrow{\\;(${state.shift.join(", ")})\\;}\\quad`,
    written(after!),
    `\\qquad ${tex(now)}`,
    "\\]",
    "",
  ].join("\n");
}
