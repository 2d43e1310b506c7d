/** Numbers and matrices in LaTeX. */

import { MINUS, number } from "../parts/numbers.ts";

export function matrix(values: readonly string[], columns: number): string {
  const rows = Array.from({ length: values.length / columns }, (_, row) =>
    values.slice(row * columns, (row + 1) * columns).join(" & "),
  );
  return `\\begin{bmatrix}\n${rows.join(" \\\\\n")}\n\\end{bmatrix}`;
}

export function tex(value: number): string {
  const text = number(value).replaceAll(MINUS, "-");
  const [mantissa, exponent] = text.split("e");
  if (exponent !== undefined) return `${mantissa} \\times 10^{${exponent}}`;
  return text.replace("∞", "\\infty").replace("nan", "\\text{nan}");
}

/** window ⊙ weights = products, numbers in LaTeX. */
export function planeOf(columns: number, window: readonly string[], weights: readonly number[], products: readonly number[]): string {
  const parts = [matrix(window, columns), "\\odot", matrix(weights.map(tex), columns), "=", matrix(products.map(tex), columns)];
  return ["\\[", ...parts, "\\]"].join("\n");
}

const TERMS_A_LINE = 9;

/** A sum of numbers, broken into the lines of an `align*`. */
export function sumOf(name: string, values: readonly number[], total: number): string[] {
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
