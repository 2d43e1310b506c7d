/** Files that a viewer opens: tables and sounds. They stay in the browser. */

import { texts } from "../../texts/index.ts";
import { readTable } from "./csv.ts";
import { AUDIBLE } from "./speaker.ts";
import { RATES } from "./state.ts";
import { isWav, readWav, Unreadable } from "./wav.ts";
import type { Loaded } from "./work.ts";

/** What a browser offers to open. */
export const FILES = ".csv,.txt,.tsv,.wav,text/csv,audio/wav";
export const MOST_BYTES = 64_000_000;
export const MOST_TAKEN = 1_500_000; // samples: half a minute of sound

export interface Taken extends Loaded {
  /** What is to be said of it: how it was changed. */
  note: string;
}

/** A file that was read, and what of it can be the signal: columns of a table, channels of a sound. */
export interface Opened {
  name: string;
  kind: "columns" | "channels";
  choices: readonly string[];
  /** Takes one of them; an error says what is wrong with it. */
  take(choice: number): Taken;
}

const words = texts.signals;

/** Reads a file by what is in it, not by its name. */
export async function openFile(file: File): Promise<Opened> {
  const bytes = await file.arrayBuffer();
  const tag = tagOf(bytes, 0);
  if (isWav(tag)) return openSound(file.name, bytes);
  // MPEG's frames begin with eleven bits that are set; 0xff 0xfe is a text in UTF-16.
  if (/^(ID3|OggS|fLaC|FORM|caff|#!AM|\xff[\xe0-\xfd\xff])/.test(tag) || tagOf(bytes, 4) === "ftyp") throw new Unreadable("compressed");
  return openTable(file.name, textOf(bytes));
}

function openSound(name: string, bytes: ArrayBuffer): Opened {
  const { channels, rate, length, said, take } = readWav(bytes, MOST_TAKEN);
  const sides = channels === 2 ? words.sides : Array.from({ length: channels }, (_, i) => words.channel(i + 1));
  return {
    name, kind: "channels", choices: channels === 1 ? [] : [words.mixed, ...sides],
    take(choice) {
      const { samples, holes } = take(choice ? choice - 1 : channels === 1 ? 0 : null);
      const note = [
        ...(said > length ? [words.breaksOff(said, length)] : []),
        ...(channels > 1 && choice === 0 ? [words.mixedNote(channels)] : []),
        ...(holes ? [words.holes(holes)] : []),
        ...(rate < AUDIBLE.least || rate > AUDIBLE.most ? [words.inaudible(rate, AUDIBLE.least, AUDIBLE.most)] : []),
      ];
      return taken(name, samples, rate, length, note);
    },
  };
}

function openTable(name: string, text: string): Opened {
  const table = readTable(text, MOST_TAKEN);
  let ways = table.columns.map((column) => ({ table, column, title: column.name }));
  if (table.ambiguous) {
    const other = readTable(text, MOST_TAKEN, true);
    const way = { table: other, column: other.columns[0]!, title: words.asDecimals };
    ways = table.times ? [...ways, way] : [way, ...ways];
  }
  return {
    name, kind: "columns", choices: ways.length === 1 ? [] : ways.map(({ title }) => title),
    take(choice) {
      const { table, column } = ways[choice]!;
      const count = table.columns.length;
      const times = column === table.times?.column ? null : table.times;
      const note = [
        ...(table.skipped ? [words.skipped(table.skipped)] : []),
        ...(count > 1 ? [words.readColumns(count, times?.rate ? times.column.name : null, column.name)] : []),
        ...(times && !times.rate ? [words.uneven(times.column.name)] : []),
        ...(table.decimalCommas ? [words.decimalCommas] : []),
        ...(table.thousands ? [words.thousands] : []),
      ];
      return taken(name, column.samples(), times?.rate ?? null, table.length, note);
    },
  };
}

function taken(name: string, samples: Float64Array, rate: number | null, length: number, note: string[]): Taken {
  const timed = rate !== null && rate >= RATES.least && rate <= RATES.most;
  if (length > samples.length) note.push(words.beginning(samples.length, length));
  if (rate !== null && !timed) note.push(words.oddRate(rate));
  return { name, samples, rate: timed ? rate : null, note: note.join(" ") };
}

/** The text of a file in UTF-8, or in UTF-16 if it says so; a file of something else holds zeros. */
function textOf(bytes: ArrayBuffer): string {
  const mark = tagOf(bytes, 0).slice(0, 2);
  const wide = { "\xff\xfe": "utf-16le", "\xfe\xff": "utf-16be" }[mark];
  const text = new TextDecoder(wide).decode(bytes);
  if (text.includes("\0")) throw new Unreadable("notWav");
  return text;
}

/** Why a file was not taken, in words. */
export function whyNot(name: string, error: unknown): string {
  const { why, details } = error instanceof Unreadable ? error : { why: "notWav" as const, details: [] };
  return `${name}: ${words.unreadable[why](...details)}`;
}

const tagOf = (bytes: ArrayBuffer, at: number): string => String.fromCharCode(...new Uint8Array(bytes.slice(at, at + 4)));
