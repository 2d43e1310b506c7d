/** Tables of one column, values, or of two, times and values; with or without a line of names. */

import { readNumber } from "../../parts/numbers.ts";
import type { Sound } from "./sources.ts";
import { LARGEST_SAMPLE } from "./state.ts";
import { Unreadable } from "./wav.ts";

const EVEN = 1e-3; // of a step: by how much times may be off

/** Reads a table; an error names its line, counted from 1. */
export function readCsv(text: string): Sound {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  const rows: { line: number; cells: number[] }[] = [];
  let named = false;
  lines.forEach((content, i) => {
    if (!content.trim()) return;
    const parts = cellsOf(content);
    const cells = parts.map(numberOf);
    if (!rows.length && !named && cells.every((cell) => cell === null)) {
      named = true;
      return;
    }
    const bad = cells.findIndex((cell) => cell === null);
    if (bad >= 0) throw new Unreadable("numbers", [i + 1, parts[bad]!.slice(0, 40)]);
    const wanted = rows[0]?.cells.length;
    if (cells.length > 2 || (wanted && cells.length !== wanted)) throw new Unreadable("columns", [i + 1, cells.length, wanted ?? 2]);
    rows.push({ line: i + 1, cells: cells as number[] });
  });
  if (!rows.length) throw new Unreadable("empty");
  return { samples: Float64Array.from(rows, ({ cells }) => cells.at(-1)!), rate: rows[0]!.cells.length === 2 ? rateOf(rows) : null };
}

/** Semicolons and tabs part cells where there are any: commas may then be decimal. */
function cellsOf(line: string): string[] {
  const mark = line.includes("\t") ? "\t" : line.includes(";") ? ";" : ",";
  const cells = line.split(mark).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  return cells.at(-1) === "" ? cells.slice(0, -1) : cells;
}

function numberOf(cell: string): number | null {
  const value = cell === "" ? null : readNumber(cell);
  return value !== null && Math.abs(value) <= LARGEST_SAMPLE ? value : null;
}

/** Samples a second, where times rise evenly. */
function rateOf(rows: readonly { line: number; cells: readonly number[] }[]): number | null {
  if (rows.length < 2) return null;
  const [first, last] = [rows[0]!.cells[0]!, rows.at(-1)!.cells[0]!];
  const step = (last - first) / (rows.length - 1);
  rows.forEach(({ line, cells }, i) => {
    if (!(step > 0) || Math.abs(cells[0]! - (first + i * step)) > EVEN * step) throw new Unreadable("times", [line, cells[0]!]);
  });
  return Number((1 / step).toPrecision(9));
}

/** Writes columns under their names. */
export function writeCsv(names: readonly string[], columns: readonly ArrayLike<number>[]): string {
  const rows = Array.from({ length: columns[0]!.length }, (_, i) => columns.map((column) => column[i]).join(","));
  return `${[names.join(","), ...rows].join("\n")}\n`;
}
