/** How a cell of the output is made, written out in a line. */

import { number, summed } from "../../parts/numbers.ts";
import { countsAsZero, power, winnerOf, type Member, type Work } from "./work.ts";

export interface Written {
  /** The numbers put in: max(1, 3, 5, 6). */
  put: string;
  /** What comes between that and the result: 15 / 4. */
  between: string | null;
}

const MOST = 24; // numbers of a line

/** Numbers in a list or a sum, the later ones of many left out. */
const listed = (texts: readonly string[], sign: string): string =>
  texts.length <= MOST ? texts.join(sign) : `${texts.slice(0, MOST).join(sign)}${sign}…`;

export const magnitude = (value: number): string => (value < 0 ? `|${number(value)}|` : number(value));

const raised = (exponent: number): string => ({ 1: "", 2: "²", 3: "³" })[exponent] ?? `^${number(exponent)}`;

/** A cell's power as the norm adds it up. */
export const powered = (value: number, p: number): string => `${magnitude(value)}${raised(p)}`;

export function writtenOf(work: Work, members: readonly Member[]): Written {
  const values = members.flatMap(({ value }) => (value === null ? [] : [value]));
  const { kind } = work.setup;
  if (kind === "max") return { put: `max(${listed(values.map((value) => number(value)), ", ")})`, between: null };
  if (kind === "average") {
    const sum = values.reduce((all, value) => all + value, 0);
    const terms = summed(values.slice(0, MOST)) + (values.length > MOST ? " + …" : "");
    return { put: `(${terms}) / ${values.length}`, between: `${number(sum)} / ${values.length}` };
  }
  const p = power(work.setup);
  if (p === Infinity) return { put: `max(${listed(values.map(magnitude), ", ")})`, between: null };
  const sum = values.reduce((all, value) => all + Math.abs(value) ** p, 0);
  const root = (inner: string, bare: string) => (p === 1 ? bare : p === 2 ? `√${inner}` : `${inner}^(1/${number(p)})`);
  const terms = listed(values.map((value) => powered(value, p)), " + ");
  return { put: root(`(${terms})`, terms), between: p === 1 ? null : root(number(sum), number(sum)) };
}

/** How many members take no part, and how many pads count as zeros. */
export function outsidersOf(work: Work, members: readonly Member[]): { absent: number; zeros: number } {
  const absent = members.filter(({ value }) => value === null).length;
  return { absent, zeros: members.filter(({ outside, position }) => outside && countsAsZero(work, position)).length };
}

/** How many members are as large as the winner. */
export function tiesOf(work: Work, members: readonly Member[]): number {
  const best = members[winnerOf(work, members)]?.value;
  if (best == null) return 0;
  return members.filter(({ value }) => value === best || (work.setup.kind === "lp" && value === -best)).length;
}
