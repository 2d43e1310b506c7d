/** Files that a viewer opens: tables and sounds. They stay in the browser. */

import { texts } from "../../texts/index.ts";
import { readCsv } from "./csv.ts";
import { readWav, Unreadable } from "./wav.ts";
import type { Loaded } from "./work.ts";

export const MOST_BYTES = 64_000_000;
export const MOST_TAKEN = 1_500_000; // samples: half a minute of sound

export interface Opened extends Loaded {
  /** What is to be said of it: how it was changed. */
  note: string;
}

/** Reads a file by what is in it, not by its name. */
export async function openFile(file: File): Promise<Opened> {
  if (file.size > MOST_BYTES) throw new Unreadable("tooLarge", [MOST_BYTES / 1e6]);
  const bytes = await file.arrayBuffer();
  const words = texts.signals;
  const isText = !/\.wav$/i.test(file.name) && !startsAs(bytes, "RIFF");
  if (isText && new Uint8Array(bytes).includes(0)) throw new Unreadable("notWav"); // some other kind of file
  const found = isText ? { ...readCsv(new TextDecoder().decode(bytes)), channels: 1, length: 0 } : readWav(bytes, MOST_TAKEN);
  const { samples, rate, channels } = found;
  const length = found.length || samples.length;
  const notes = [
    ...(channels > 1 ? [words.mixed(channels)] : []),
    ...(length > MOST_TAKEN ? [words.beginning(MOST_TAKEN, length)] : []),
  ];
  return { name: file.name, samples: samples.slice(0, MOST_TAKEN), rate, note: notes.join(" ") };
}

/** Why a file was not taken, in words. */
export function whyNot(name: string, error: unknown): string {
  const words = texts.signals.unreadable;
  return error instanceof Unreadable ? `${name}: ${words[error.why](...error.details)}` : `${name}: ${words.notWav()}`;
}

function startsAs(bytes: ArrayBuffer, tag: string): boolean {
  return String.fromCharCode(...new Uint8Array(bytes.slice(0, tag.length))) === tag;
}
