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
