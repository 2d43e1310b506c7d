/** What the states of all exhibits have in common, and how values from outside are taken into one. */

import type { AnyNumber } from "../generated/states.ts";

export interface CommonState {
  exhibit: string;
  version: number;
  /** Names of controls that a teacher locked or hid. */
  locked: string[];
  hidden: string[];
}

/** Reads a state from anything: what is missing or wrong is the default's. */
export type Completion<S> = (raw: unknown) => S;

export type Raw = Record<string, unknown>;

export const asRecord = (raw: unknown): Raw =>
  typeof raw === "object" && raw !== null && !Array.isArray(raw) ? (raw as Raw) : {};

export const asBoolean = (raw: unknown, fallback: boolean): boolean => (typeof raw === "boolean" ? raw : fallback);

export function asChoice<T extends string | number>(raw: unknown, choices: readonly T[], fallback: T): T {
  return choices.includes(raw as T) ? (raw as T) : fallback;
}

export function asWhole(raw: unknown, least: number, most: number, fallback: number): number {
  return Number.isInteger(raw) && (raw as number) >= least && (raw as number) <= most ? (raw as number) : fallback;
}

/** Numbers that JSON has no signs for travel as "nan", "inf" and "-inf". */
export function asNumber(raw: unknown, fallback: number): number {
  if (typeof raw === "number") return raw;
  return raw === "nan" ? NaN : raw === "inf" ? Infinity : raw === "-inf" ? -Infinity : fallback;
}

export const plainNumber = (value: number): AnyNumber =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

/** Those of the names that are known, each once. */
export const asNames = (raw: unknown, known: readonly string[]): string[] =>
  Array.isArray(raw) ? [...new Set(raw)].filter((name) => known.includes(name)) : [];

/** The same value, in whatever order its parts are named. */
export function alike(one: unknown, other: unknown): boolean {
  if (one === other || typeof one !== "object" || typeof other !== "object" || !one || !other) return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => alike((one as Raw)[name], (other as Raw)[name]));
}

/** Names of the fields that were not taken as they were given: nobody knows them, or their values do not fit. */
export const notUnderstood = (given: Raw, taken: object): string[] =>
  Object.keys(given).filter((name) => !alike(given[name], (taken as Raw)[name]));
