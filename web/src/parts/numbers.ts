/** How numbers are written: a real minus sign, no more digits than say something. */

import { texts } from "../texts/index.ts";

export const MINUS = "−";
/** Of what is typed, either way. */
export const LARGEST = 1e15;

/** Integers in full, other numbers to `digits` significant digits, as the Python side writes them. */
export function number(value: number, digits = 5): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return signed(String(value === 0 ? 0 : value));
  const text = value.toPrecision(digits);
  const [mantissa = "", exponent] = text.split("e");
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return signed(exponent === undefined ? trimmed : `${trimmed}e${Number(exponent)}`);
}

const signed = (text: string): string => text.replace(/-/g, MINUS);

const SEVERAL = [4, 3, 2]; // digits
const NARROW = 5; // characters, in less than which no number has a 0 before its point

/**
 * The number in `room` characters and a sign if it can be: fewer digits where it is too long. Before one alone is left it may
 * take `most` characters, and then has no 0 before the point.
 */
export function shortNumber(value: number, room: number, most = room): string {
  if (value < 0) return MINUS + shortNumber(-value, room, most);
  const bare = (text: string): string => text.replace(/^0\./, ".");
  const plain = (value: number, digits: number): string => (room < NARROW ? bare(number(value, digits)) : number(value, digits));
  const whole = plain(value, 4);
  if (whole.length <= room) return whole;
  const written = (digits: number): string[] =>
    [plain(value >= 1e4 ? Number(value.toExponential(digits - 1)) : value, digits), powered(value, digits)];
  const fitting = (digits: readonly number[], most: number, change = (text: string) => text): string | undefined => {
    for (const count of digits) {
      const text = written(count).map(change).find((text) => text.length <= most);
      if (text !== undefined) return text;
    }
  };
  const short =
    fitting(SEVERAL, room) ?? (whole.length <= most ? whole : fitting(SEVERAL, most)) ?? fitting(SEVERAL, room, bare) ??
    fitting([1], room) ?? fitting([1], room, bare) ?? powered(value, 1);
  return short.length < whole.length ? short : whole;
}

/** With a power of ten, and no zeros at the end of what is before it. */
const powered = (value: number, digits: number): string => signed(value.toExponential(digits - 1).replace(/\.?0*e\+?/, "e"));

/** A factor or a term that follows an operator: in brackets if it is negative. */
export const bracketed = (value: number): string => (value < 0 ? `(${number(value)})` : number(value));

/** Two factors of a product: a later one of a sum has the operator before it. */
export const factored = (one: number, other: number, place = 0): string =>
  `${place ? `+ ${bracketed(one)}` : number(one)}·${bracketed(other)}`;

/** Numbers as a sum, the signs of later ones as its operators: `−10 + 0 − 2.5`. */
export function summed(values: readonly number[]): string {
  return values
    .map((value, index) => {
      const text = number(value);
      if (index === 0) return text;
      return text.startsWith(MINUS) ? `${MINUS} ${text.slice(1)}` : `+ ${text}`;
    })
    .join(" ");
}

/** Whether a comma may part thousands as well as decimals: `1,000` is 1 to some and 1000 to others. */
export const isAmbiguous = (text: string): boolean => /^\s*[-+−]?[1-9]\d{0,2}(,\d{3})+(?!\d)/.test(text);

/** Reads a number as a person types it: either minus, decimal comma or point, simple fractions; null if it is none, or not only one. */
export function readNumber(text: string): number | null {
  const value = numberIn(text);
  return Math.abs(value) <= LARGEST ? value : null;
}

/** The same of any size, infinity too; NaN if it is none. */
export function numberIn(text: string): number {
  const plain = text.trim().replaceAll(MINUS, "-").replace(/^([-+]?)(inf|∞)$/i, "$1Infinity");
  const [over = "", under, ...rest] = plain.split("/").map((part) => (isAmbiguous(part) ? "?" : part.replace(",", ".")));
  if (rest.length || !over.trim()) return NaN;
  if (under === undefined) return Number(over);
  const value = under.trim() ? Number(over) / Number(under) : NaN;
  return Number.isFinite(value) ? value : NaN;
}

/** Says that a number is more or less than it may be; nothing where it is neither. */
export const beyond = (value: number, least = -LARGEST, most = LARGEST): string =>
  value > most ? texts.field.atMost(number(most)) : value < least ? texts.field.atLeast(number(least)) : "";

/** Why `readNumber` did not take what was typed; `noNumber` says that it is none. */
export const whyUnread = (typed: string, noNumber: string): string =>
  isAmbiguous(typed) ? texts.field.ambiguous(typed.trim()) : beyond(numberIn(typed)) || noNumber;

export const times = (shape: readonly number[]): string => shape.join(" × ");
