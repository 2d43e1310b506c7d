/** Tables of numbers as text: from spreadsheets, CSV files and what NumPy prints, and to spreadsheets. */

import { readNumber } from "./numbers.ts";

/** The rows of what was copied elsewhere; null where something in it is no number, or has two readings. */
export function readTable(text: string): number[][] | null {
  const plain = text.replace(/^\s*(np\.|numpy\.)?(array|tensor)\(|,?\s*dtype=[\w.]+|\)\s*$/g, "");
  const lines = plain.includes("[") ? plain.split(/[[\]]+/) : plain.split(/\r?\n/);
  const rows = lines.filter((line) => /[^\s,]/.test(line)).map((line) => line.trim().replace(/,$/, ""));
  const mark = plain.includes("[") ? /[\s,]+/ : markOf(rows);
  if (mark === null) return null;
  const table = rows.map((row) => row.split(mark).map((cell) => readNumber(cell)));
  return table.length && table.every((row) => !row.includes(null)) ? (table as number[][]) : null;
}

/** Whether commas may part thousands, or decimals from thousands that points part. */
const isGrouped = (text: string): boolean => /^[-+−]?[1-9]\d{0,2}((,\d{3})+(\.\d*)?|(\.\d{3})+,\d*)$/.test(text);

/** What parts the numbers: where tabs or semicolons do, commas may be decimal. */
function markOf(rows: readonly string[]): RegExp | null {
  for (const [sign, mark] of [["\t", /\t/], [";", /\s*;\s*/]] as const) if (rows.some((row) => row.includes(sign))) return mark;
  if (rows.some(isGrouped)) return null; // 1,000: thousands or columns?
  const commas = rows.map((row) => row.split(",").length - 1);
  if (rows.some((row) => /,\s/.test(row)) || Math.max(...commas) > 1) return /\s*,\s*/;
  if (rows.length > 1 && commas.some(Boolean) && !rows.some((row) => /\s/.test(row))) return null; // 1,5 below 2,5: columns or decimals?
  return /\s+/;
}

/** The numbers of a list, as they stand in it; and what may be one of them or several, as `1,5`, `1,000,000` and `1.000,5` may. */
export function readList(text: string): { items: string[]; unclear?: string } {
  if (/[;\t]/.test(text)) return { items: text.split(/[;\s]+/).filter(Boolean) }; // commas may be decimal
  const unclear = text.split(/,?(?:\s+|$)/).find((item) =>
    item.includes(",") && (readNumber(item) !== null || isGrouped(item)));
  return { items: text.split(/[,\s]+/).filter(Boolean), unclear };
}

/** As spreadsheets take it in; a cell that is no number stays empty. */
export const writeTable = (rows: readonly (readonly (number | undefined)[])[]): string =>
  rows.map((row) => row.map((value) => value ?? "").join("\t")).join("\n");
