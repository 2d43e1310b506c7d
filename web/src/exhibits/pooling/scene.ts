/** What is drawn of the windows, on the screen and in files: every cell, and what is lit for a chosen one. */

import { scaleOf, type Scale } from "../../parts/colours.ts";
import { cellText, roomOf, type CellView } from "../../parts/grid.ts";
import { softly, type Lit } from "../../parts/lit.ts";
import { number } from "../../parts/numbers.ts";
import { asNumber } from "../../model/state.ts";
import { sourceIndex } from "../../tensor/borders.ts";
import { entryAt, flatIndex } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { countsAsZero, membersOf, outputAt, power, winnerOf, windowsWith, type Member, type Work } from "./work.ts";
import { powered } from "./written.ts";

const words = texts.pooling;

/** One scale for input and output: a maximum has the colour of the cell that it was. */
export const scaleFor = ({ input, output, setup }: Work, dark: boolean): Scale =>
  scaleOf([...input.data, ...(output?.data ?? []), ...(setup.border === "constant" ? [asNumber(setup.border_value, 0)] : [])], dark);

export function inputView(work: Work, scale: Scale, cell: number, at: readonly number[]): CellView {
  const { input, spec } = work;
  const own = entryAt(input, at);
  if (own !== undefined) {
    return { text: cellText(own, cell), colour: scale.colour(own), kind: "cell", get name() { return words.cellName(words.input, at, number(own)); } };
  }
  const plain = { kind: "border", colour: scale.colour(0) } as const;
  if (!spec?.border) {
    const zero = countsAsZero(work, at);
    return { ...plain, text: zero && roomOf(cell) ? "0" : "", get name() { return words.padName(at, zero); } };
  }
  const source = at.map((place, axis) => sourceIndex(place, input.shape[axis]!, spec.border!.mode));
  const shown = source.includes(-1) ? null : source;
  const value = shown ? input.data[flatIndex(input.shape, shown)]! : spec.border.value;
  return {
    ...plain, text: cellText(value, cell), colour: scale.colour(value), note: shown?.join(","),
    get name() { return words.borderName(at, number(value), shown); },
  };
}

/** `upTo` is the last output cell that is shown; later ones are covered. */
export function outputView(work: Work, scale: Scale, cell: number, at: readonly number[], upTo: number | null): CellView {
  if (upTo !== null && flatIndex(work.outputShape, at) > upTo) {
    return { text: roomOf(cell) ? "?" : "", colour: scale.colour(0), kind: "covered", name: words.coveredCell(at) };
  }
  const value = outputAt(work, at);
  return { text: cellText(value, cell), colour: scale.colour(value), kind: "cell", get name() { return words.cellName(words.output, at, number(value)); } };
}

export interface Light {
  members: Member[];
  lit: Lit[];
  frame: { from: number[]; to: number[] } | null;
}

/** The window of an output cell: what each of its cells gives, and which one won. */
export function lightOf(work: Work, scale: Scale, cell: number, at: readonly number[] | null): Light {
  if (!at || work.problem) return { members: [], lit: [], frame: null };
  const members = membersOf(work, at);
  const winner = winnerOf(work, members);
  const counted = members.filter(({ value }) => value !== null).length;
  const lit = members.map((member, i): Lit => ({
    at: member.position, hatched: member.outside, colour: scale.colour(member.value ?? 0),
    ...givenBy(work, member, counted, cell), ...(i === winner ? { above: words.wins } : {}),
  }));
  if (winner >= 0) lit.push(softly(members[winner]!.position));
  const along = at.map((_, axis) => members.map(({ position }) => position[axis]!));
  const frame = { from: along.map((places) => Math.min(...places)), to: along.map((places) => Math.max(...places)) };
  return { members, lit, frame };
}

/** What a cell gives to the result, as it stands in it: a share of the mean, a power, or itself. */
function givenBy({ setup }: Work, { value }: Member, counted: number, cell: number): { text: string; above?: string } {
  if (!roomOf(cell)) return { text: "" };
  if (value === null) return { text: "–" };
  const p = power(setup);
  if (setup.kind === "average") return { text: cellText(value / counted, cell), above: `${number(value, 3)}/${counted}` };
  if (setup.kind === "lp" && p !== Infinity) return { text: cellText(Math.abs(value) ** p, cell), above: powered(value, p) };
  return { text: cellText(value, cell) };
}

/** The output cells that a cell of the input goes into; those that it wins stand out by their frame. */
export function reachedFrom(work: Work, at: readonly number[]): { lit: Lit[]; cells: number; wins: number } {
  const cells = windowsWith(work, at);
  const won = cells.filter((cell) => {
    const members = membersOf(work, cell);
    const winner = members[winnerOf(work, members)];
    return winner !== undefined && !winner.outside && winner.position.join() === at.join();
  });
  const decides = work.setup.kind === "max";
  const lit = (decides ? won : cells).map(softly);
  return { lit, cells: cells.length, wins: won.length };
}
