/** WAV files: plain numbers, of 8 to 64 bits, read to one channel; and written in 16 bits. */

import type { Sound } from "./sources.ts";

/** Why a file cannot be taken; the exhibit says it in words. */
export class Unreadable extends Error {
  constructor(
    readonly why: "notWav" | "truncated" | "format" | "empty" | "numbers" | "columns" | "times" | "tooLarge",
    readonly details: readonly (string | number)[] = [],
  ) {
    super(why);
  }
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

export interface Recorded extends Sound {
  channels: number;
  /** Samples that the file has; more than were taken where it is long. */
  length: number;
}

/** Reads a file; several channels become their mean, and of a long one the beginning is taken. */
export function readWav(bytes: ArrayBuffer, most: number): Recorded {
  const view = new DataView(bytes);
  const tag = (at: number) => String.fromCharCode(...new Uint8Array(bytes, at, 4));
  if (bytes.byteLength < 12 || tag(0) !== "RIFF" || tag(8) !== "WAVE") throw new Unreadable("notWav");
  let format: { kind: number; channels: number; rate: number; bits: number } | null = null;
  for (let at = 12; at + 8 <= bytes.byteLength; ) {
    const [name, size, start] = [tag(at), view.getUint32(at + 4, true), at + 8];
    if (name === "fmt " && size >= 16 && start + size <= bytes.byteLength) {
      const kind = view.getUint16(start, true);
      format = {
        kind: kind === EXTENSIBLE && size >= 26 ? view.getUint16(start + 24, true) : kind,
        channels: view.getUint16(start + 2, true),
        rate: view.getUint32(start + 4, true),
        bits: view.getUint16(start + 14, true),
      };
    }
    if (name === "data") {
      if (!format) throw new Unreadable("notWav");
      return samplesOf(view, start, Math.min(size, bytes.byteLength - start), format, most);
    }
    at = start + size + (size % 2); // chunks begin at even places
  }
  throw new Unreadable("truncated");
}

function samplesOf(
  view: DataView, start: number, size: number, { kind, channels, rate, bits }: { kind: number; channels: number; rate: number; bits: number }, most: number,
): Recorded {
  const read = readerOf(view, kind, bits);
  if (!read || channels < 1 || rate < 1) throw new Unreadable("format", [kind, bits]);
  const width = bits / 8;
  const length = Math.floor(size / (width * channels));
  if (length < 1) throw new Unreadable("empty");
  const samples = Float64Array.from({ length: Math.min(length, most) }, (_, i) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += read(start + width * (i * channels + channel));
    const mean = sum / channels;
    return Number.isFinite(mean) ? mean : 0;
  });
  return { samples, rate, channels, length };
}

function readerOf(view: DataView, kind: number, bits: number): ((at: number) => number) | null {
  if (kind === FLOAT && bits === 32) return (at) => view.getFloat32(at, true);
  if (kind === FLOAT && bits === 64) return (at) => view.getFloat64(at, true);
  if (kind !== PCM) return null;
  if (bits === 8) return (at) => (view.getUint8(at) - 128) / 128;
  if (bits === 16) return (at) => view.getInt16(at, true) / 32768;
  if (bits === 24) return (at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 65536) / 8388608;
  return bits === 32 ? (at) => view.getInt32(at, true) / 2147483648 : null;
}

/** What samples are multiplied by so that none is above 1. */
export function gainOf(samples: Float64Array): number {
  const most = samples.reduce((all, value) => Math.max(all, Math.abs(value)), 0);
  return most > 1 ? 1 / most : 1;
}

/** Writes one channel of 16 bits; what is louder than a file can hold is made softer as a whole. */
export function writeWav(samples: Float64Array, rate: number): ArrayBuffer {
  const bytes = new ArrayBuffer(44 + 2 * samples.length);
  const view = new DataView(bytes);
  const tag = (at: number, text: string) => [...text].forEach((sign, i) => view.setUint8(at + i, sign.charCodeAt(0)));
  const whole = Math.round(rate);
  tag(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  tag(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, whole, true);
  view.setUint32(28, 2 * whole, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  tag(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  const gain = gainOf(samples);
  samples.forEach((value, i) => view.setInt16(44 + 2 * i, Math.max(-32768, Math.min(32767, Math.round(32768 * gain * value))), true));
  return bytes;
}
