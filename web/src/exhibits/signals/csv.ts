/** Tables of numbers: one column or many, parted by tabs, semicolons, commas or spaces, with or without lines of names. */

import { LARGEST_SAMPLE } from "./state.ts";
import { Unreadable } from "./wav.ts";

export interface Column {
  name: string;
  /** Reads the samples; an error names the line of what is no number. */
  samples(): Float64Array;
}

export interface Table {
  /** Those that hold numbers; the times, if there are some, are the last. */
  columns: Column[];
  /** The first column, if it rises evenly, and its samples a second; or if its name says that it ought to: then without a rate. */
  times: { column: Column; rate: number | null } | null;
  /** Rows that the file has; more than were taken where it is long. */
  length: number;
  /** Lines before the numbers that were passed over, and are neither names nor remarks. */
  skipped: number;
  decimalCommas: boolean;
  thousands: boolean;
  /** Each line might as well be one number with a decimal comma. */
  ambiguous: boolean;
}

interface Row {
  /** Counted from 1. */
  line: number;
  cells: string[];
}

const MARKS = ["\t", ";", ",", " "] as const;
const EVEN = 1e-3; // of a step: by how much times may be off
const GAP = /^(|nan|n\/?a|null|none|-+|#n\/?a|[-+−]?(inf|infinity|∞))$/i;
const NUMBER = /^[-+−]?(\d[\d.,]*|[.,]\d+|\d{1,3}([\s'’]\d{3})+([.,]\d*)?)(e[-+]?\d+)?$/i;
const TIME = /^(times?|timestamps?|t|seconds?|secs?|index)(?![a-z\d])/i; // also `time (s)` and `t/s`
const WITH_COMMA = /^\s*[-+−]?\d+,\d+\s*$/; // one number, or two
const MOST_COLUMNS = 256;
const MOST_HEAD = 1000; // lines before the numbers

const looksNumber = (cell: string): boolean => NUMBER.test(cell);
const fits = (cell: string): boolean => looksNumber(cell) || GAP.test(cell);

/** Reads the first `most` rows of a table; an error names its line, counted from 1. With `whole` lines nothing parts columns. */
export function readTable(text: string, most: number, whole = false): Table {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/).map((content, i) => ({ line: i + 1, content }));
  const given = lines.filter(({ content }) => /[^\s;,]/.test(content));
  const mark = whole ? "" : markOf(given.map(({ content }) => content));
  const all = given.slice(0, most + MOST_HEAD).map(({ line, content }): Row => ({ line, cells: cellsOf(content, mark) }));
  const width = commonest(all.map(({ cells }) => cells.findLastIndex(Boolean) + 1)); // marks at the end part nothing
  const body = lastHalf(all.filter(({ cells }) => cells.length >= width));
  const numeric = Array.from({ length: Math.min(width, MOST_COLUMNS) }, (_, column) =>
    2 * count(body, ({ cells }) => looksNumber(cells[column]!)) >= body.length);
  const begin = all.findIndex(({ cells }) =>
    cells.length >= width && cells.some(looksNumber) && numeric.every((is, column) => !is || fits(cells[column]!)));
  if (begin < 0) throw new Unreadable("empty");
  const [head, rows] = [all.slice(0, begin), all.slice(begin, begin + most)];
  const { decimal, thousands } = signsOf(rows, mark);
  const read = (cell: string) => numberOf(cell, decimal);
  const names = head.findLast(({ cells }) => cells.length >= width)?.cells;
  const skipped = count(head, ({ cells }) => !cells[0]!.startsWith("#") && (cells !== names || cells.some(looksNumber)));
  const ambiguous = mark === "," && !names && given.slice(begin).every(({ content }) => WITH_COMMA.test(content));
  const about = { length: given.length - begin, skipped, decimalCommas: decimal === ",", thousands, ambiguous };
  if (rows.length === 1 && width > 2) {
    const [{ line, cells }] = rows as [Row];
    const across = cells.map((cell): Row => ({ line, cells: [cell] }));
    return { ...about, length: width, columns: [{ name: "1", samples: () => valuesOf(across, 0, 1, read) }], times: null };
  }
  const places = numeric.flatMap((is, column) => (is ? [column] : []));
  const nameOf = (column: number) => names?.[column]?.replace(/^#\s*/, "") || String(column + 1);
  const columns = places.map((column): Column => ({ name: nameOf(column), samples: () => valuesOf(rows, column, width, read) }));
  const [first, ...others] = columns as [Column, ...Column[]];
  const rate = others.length ? rateOf(rows, places[0]!, read) : null;
  const timed = rate !== null || (others.length > 0 && TIME.test(first.name));
  return { ...about, columns: timed ? [...others, first] : columns, times: timed ? { column: first, rate } : null };
}

/** The mark that parts the cells: the one by which most of them are numbers; none in tables of one column. */
function markOf(lines: readonly string[]): string {
  const begun = count(lines, (content) => /^[\s"+−.-]*\d/.test(content)); // with a number, not a word
  let [best, most] = ["", 0];
  for (const mark of MARKS) {
    const parted = lines.filter((content) => content.trim().includes(mark) && !(mark === "," && /\d \d/.test(content)));
    const rows = parted.map((content) => cellsOf(content, mark)).filter((cells) => cells.some(looksNumber));
    const score = rows.reduce((sum, cells) => sum + count(cells, fits) / cells.length, 0);
    if (2 * rows.length >= begun && score > most) [best, most] = [mark, score];
  }
  return best;
}

/** Cells in quotation marks may hold what parts others. */
function cellsOf(line: string, mark: string): string[] {
  if (mark === "") return [bare(line)];
  if (mark === " ") return line.trim().split(/ +/);
  const cells = [...line.matchAll(new RegExp(`( *"(?:[^"]|"")*" *|[^${mark}]*)(?:${mark}|$)`, "g"))].map(([, cell]) => bare(cell!));
  return line.endsWith(mark) ? cells : cells.slice(0, -1); // what is matched behind the end
}

const bare = (cell: string): string => cell.trim().replace(/^"(.*)"$/, "$1").replaceAll('""', '"').trim();

/** Which mark begins the decimals, as far as the numbers say: the last where there are two, never one that stands twice. */
function signsOf(rows: readonly Row[], mark: string): { decimal: "." | ","; thousands: boolean } {
  const cells = rows.flatMap(({ cells }) => cells.filter(looksNumber));
  const commas = cells.filter((cell) => cell.includes(","));
  const both = commas.find((cell) => cell.includes("."));
  const twice = (sign: string) => cells.find((cell) => cell.split(sign).length > 2);
  const grouped = commas.length > 0 && commas.every((cell) => /^[-+−]?\d{1,3}(,\d{3})+(\.|$)/.test(cell));
  const decimal =
    both ? (both.lastIndexOf(",") > both.lastIndexOf(".") ? "," : ".")
    : twice(",") ? "."
    : twice(".") || (commas.length && !(mark === "," && grouped)) ? "," : ".";
  return { decimal, thousands: cells.some((cell) => /[\s'’]/.test(cell) || cell.includes(decimal === "," ? "." : ",")) };
}

/** A number with its decimals after `decimal`; what groups its digits does so by three. */
function numberOf(cell: string, decimal: "." | ","): number {
  if (!looksNumber(cell)) return NaN;
  const [whole = "", ...decimals] = cell.replace("−", "-").split(decimal);
  const parts = whole.split(decimal === "," ? /[\s'’.]/ : /[\s'’,]/);
  if (parts.length > 1 && !(/^[-+]?\d{1,3}$/.test(parts[0]!) && parts.slice(1).every((part) => /^\d{3}$/.test(part)))) return NaN;
  return Number([parts.join(""), ...decimals].join("."));
}

function valuesOf(rows: readonly Row[], column: number, width: number, read: (cell: string) => number): Float64Array {
  return Float64Array.from(rows, ({ line, cells }) => {
    const cell = cells[column];
    if (cell === undefined || cells.slice(width).some(Boolean)) throw new Unreadable("columns", [line, cells.length, width]);
    const value = read(cell);
    if (Number.isNaN(value)) throw new Unreadable("numbers", [line, cell.slice(0, 40)]);
    if (Math.abs(value) > LARGEST_SAMPLE) throw new Unreadable("large", [line, cell.slice(0, 40)]);
    return value;
  });
}

/** Samples a second, where a column rises evenly, as times do; they may be rounded to the digits that they have. Null elsewhere. */
function rateOf(rows: readonly Row[], column: number, read: (cell: string) => number): number | null {
  const found = rows.map(({ cells }) => cells[column] ?? "");
  const times = found.map(read);
  const step = (times.at(-1)! - times[0]!) / (times.length - 1);
  const digits = Math.max(...found.slice(0, 1000).map((cell) => (/e/i.test(cell) ? 12 : (/[.,](\d+)$/.exec(cell)?.[1]?.length ?? 0))));
  const unit = 10 ** -digits;
  const off = 4 * unit <= step ? Math.max(EVEN * step, unit) : EVEN * step;
  const even = times.every((time, i) => Math.abs(time - (times[0]! + i * step)) <= off);
  return step > 0 && even ? Number((1 / step).toPrecision(9)) : null;
}

const lastHalf = <T>(list: readonly T[]): T[] => list.slice(Math.floor(list.length / 2));

const count = <T>(list: readonly T[], is: (item: T) => boolean): number => list.reduce((sum, item) => sum + Number(is(item)), 0);

function commonest(sizes: readonly number[]): number {
  const seen = new Map<number, number>();
  for (const size of sizes) seen.set(size, (seen.get(size) ?? 0) + 1);
  return [...seen].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0])[0];
}

/** Writes columns under their names. */
export function writeCsv(names: readonly string[], columns: readonly ArrayLike<number>[]): string {
  const rows = Array.from({ length: columns[0]!.length }, (_, i) => columns.map((column) => column[i]).join(","));
  return `${[names.join(","), ...rows].join("\n")}\n`;
}
