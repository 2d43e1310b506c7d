/** Counts in three digits, as `convolens shape` writes them. */

import { exactly, powers, thousands } from "../../tensor/formula.ts";

/** A count with a unit of a thousand's power; exactly below 10,000. */
export const rounded = (count: number): string =>
  count < 10_000 ? thousands(count) : threeDigits(count, 1000, ["", " k", " M", " G", " T", " P", " E"]);

/** Bytes with a binary unit. */
export const inBytes = (count: number): string => threeDigits(count, 1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"]);

function threeDigits(count: number, base: number, units: readonly string[]): string {
  let [number, steps] = [count, 0];
  for (; number >= 999.5 && steps < units.length - 1; steps++) number /= base;
  if (number >= 999.5) return `${powers(count)}${units[0]}`;
  const places = steps === 0 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
  return fixed(number, places) + units[steps];
}

/** Halves go to the even digit, as in Python; only halves of powers of two are exact. */
function fixed(number: number, places: 0 | 1 | 2): string {
  const half = (number * 2 ** (places + 1)) % 2 === 1;
  if (!half) return number.toFixed(places);
  const down = Math.floor(number * 10 ** places);
  return ((down + (down % 2)) / 10 ** places).toFixed(places);
}

/** How many times one count is another. */
export function ratio(over: number, under: number): string {
  const times = over / under;
  return times >= 100 ? exactly(Math.round(times)) : String(Number(times.toPrecision(3)));
}

/** A step between cells: a fraction after transposed layers. */
export const fraction = ([over, under]: readonly [number, number]): string => (under === 1 ? String(over) : `${over}/${under}`);

/** Numbers that are alike are written once. */
export function alikeOnce(texts: readonly string[]): string {
  return new Set(texts).size === 1 ? texts[0]! : texts.join(" × ");
}
