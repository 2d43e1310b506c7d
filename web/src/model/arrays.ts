/** Arrays, places and settings a side of a state from anywhere: what does not fit is null or a fallback. */

import { MOST_CELLS, MOST_SIDE, paddingNames, type Numbers, type PaddingName } from "../generated/states.ts";
import { product } from "../tensor/tensor.ts";
import { asChoice, asNumber, asRecord, asWhole, plainNumber } from "./state.ts";

/** Arrays that were looked at before: they are never changed in place, and large ones take their time. */
const known = new WeakSet<Numbers>();

/** An array whose shape fits. */
export function asNumbers(raw: unknown, fits: (shape: readonly number[]) => boolean): Numbers | null {
  const { shape, data } = asRecord(raw);
  if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && n >= 1) || !fits(shape)) return null;
  if (!Array.isArray(data) || data.length !== product(shape)) return null;
  if (known.has(raw as Numbers)) return raw as Numbers;
  const taken = { shape: [...shape], data: data.map((value) => plainNumber(asNumber(value, 0))) };
  known.add(taken);
  return taken;
}

/** Whether an array of so many dimensions is as large as arrays may be. */
export const fitsIn = (dims: number) => (shape: readonly number[]): boolean =>
  shape.length === dims && shape.every((n) => n <= MOST_SIDE) && product(shape) <= MOST_CELLS;

/** Dimensions, which the shape of an array tells where nothing else does. */
export function asDims<D extends number>(raw: unknown, array: unknown, choices: readonly D[], fallback: D): D {
  const { shape } = asRecord(array);
  return asChoice(raw, choices, asChoice(Array.isArray(shape) ? shape.length : null, choices, fallback));
}

/** A whole number for each side. */
export function asSides(raw: unknown, dims: number, least: number, most: number, fallback: number): number[] {
  const given: unknown[] = Array.isArray(raw) ? raw : [];
  return Array.from({ length: dims }, (_, i) => asWhole(given[i], least, most, fallback));
}

/** Padding by its name, or cells before and after along each side. */
export function asPadding(raw: unknown, dims: number): PaddingName | [number, number][] {
  if (!Array.isArray(raw)) return asChoice<PaddingName>(raw, paddingNames, "valid");
  return Array.from({ length: dims }, (_, i) => asSides(raw[i], 2, 0, MOST_SIDE, 0) as [number, number]);
}

/** The place of a cell. */
export function asPlace(raw: unknown, axes: number, { least = 0, most = Infinity } = {}): number[] | null {
  const fits = Array.isArray(raw) && raw.length === axes && raw.every((n) => Number.isInteger(n) && n >= least && n <= most);
  return fits ? (raw as number[]) : null;
}
