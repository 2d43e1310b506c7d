/** Pieces of the programs that exhibits show: arrays as NumPy takes them, tuples, nested loops. */

import type { Numbers } from "../generated/states.ts";
import { toTensor } from "../model/numbers.ts";
import type { Program } from "../parts/share.ts";
import { texts } from "../texts/index.ts";

/** What every exhibit is written with; one that cannot say it has a comment that says why. */
export const STYLES = ["numpy", "im2col", "pytorch", "scipy", "convolens"] as const;
export type Style = (typeof STYLES)[number];

export const inStyles = (write: (style: Style) => string): Program[] =>
  STYLES.map((style) => ({ name: texts.code.styles[style], text: write(style) }));

export const comment = (sentence: string): string => `# ${sentence}\n`;

const WIDTH = 100;

export function array(name: string, numbers: Numbers, more: string): string {
  const lists = nested(numbers.shape, [...toTensor(numbers).data].map(python));
  const flat = `${name} = np.array(${lists.join(" ")}${more})`;
  if (flat.length <= WIDTH) return flat;
  const rows = lists.map((line) => `    ${" ".repeat(numbers.shape.length - /^\[*/.exec(line)![0].length)}${line}`);
  return `${name} = np.array(\n${rows.join("\n")}${more}\n)`;
}

/** Lists in lists, a line for each of the innermost. */
function nested(shape: readonly number[], values: readonly string[]): string[] {
  if (shape.length === 1) return [`[${values.join(", ")}]`];
  const size = values.length / shape[0]!;
  const parts = Array.from({ length: shape[0]! }, (_, i) => nested(shape.slice(1), values.slice(i * size, (i + 1) * size)));
  return parts.flatMap((lines, i) =>
    lines.map((line, j) => {
      const opens = i === 0 && j === 0 ? "[" : "";
      const closes = j < lines.length - 1 ? "" : i === parts.length - 1 ? "]" : ",";
      return opens + line + closes;
    }),
  );
}

export const python = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "np.nan" : value > 0 ? "np.inf" : "-np.inf";

export const tuple = (values: readonly (string | number)[]): string => `(${values.join(", ")}${values.length === 1 ? "," : ""})`;

/** One number for all axes where they have the same. */
export const short = (values: readonly number[]): string => (new Set(values).size === 1 ? String(values[0]) : tuple(values));

export const pairs = (list: readonly (readonly number[])[]): string => tuple(list.map(tuple));

export const anyAbove = (values: readonly number[], least: number): boolean => values.some((value) => value > least);

/** A slice that keeps every so manieth. */
export const every = (by: number): string => (by > 1 ? `::${by}` : ":");

export function nest(names: readonly string[], counts: readonly number[], body: readonly string[]): string[] {
  const lines = names.map((name, i) => `${"    ".repeat(i)}for ${name} in range(${counts[i]}):`);
  return [...lines, ...body.map((line) => "    ".repeat(names.length) + line)];
}
