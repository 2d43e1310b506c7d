/** WAV files: numbers of 8 to 64 bits and telephone codes, one channel or many; and written in 16 bits. */

/** Why a file cannot be taken; the exhibit says it in words. */
export type Reason =
  | "notWav" | "compressed" | "truncated" | "format" | "header" | "empty" | "numbers" | "large" | "columns";

export class Unreadable extends Error {
  constructor(
    readonly why: Reason,
    readonly details: readonly (string | number)[] = [],
  ) {
    super(why);
  }
}

const PCM = 1;
const FLOAT = 3;
const A_LAW = 6;
const MU_LAW = 7;
const EXTENSIBLE = 0xfffe;
const UNKNOWN = 0xffffffff; // a size that is somewhere else, or was never written

export interface Recorded {
  channels: number;
  rate: number;
  /** Samples of a channel that the file has. */
  length: number;
  /** Samples that it says it has: more than `length` where it breaks off. */
  said: number;
  /** One channel, or the mean of all; how many of its samples were no numbers, and count as 0. */
  take(channel: number | null): { samples: Float64Array; holes: number };
}

interface Format {
  kind: number;
  channels: number;
  rate: number;
  bits: number;
  /** Bytes of a sample of one channel. */
  width: number;
}

/** Whether a file says of itself that it is WAV, small or large, of little or big ends first. */
export const isWav = (tag: string): boolean => ["RIFF", "RIFX", "RF64", "BW64"].includes(tag);

/** Reads a file; of a long one the first `most` samples are taken. */
export function readWav(bytes: ArrayBuffer, most: number): Recorded {
  const view = new DataView(bytes);
  const tag = (at: number) => String.fromCharCode(...new Uint8Array(bytes, at, 4));
  if (bytes.byteLength < 12 || !isWav(tag(0)) || tag(8) !== "WAVE") throw new Unreadable("notWav");
  const little = tag(0) !== "RIFX";
  let format: Format | null = null;
  let large = UNKNOWN; // what RF64 says of its data
  for (let at = 12; at + 8 <= bytes.byteLength; ) {
    const [name, size, start] = [tag(at), view.getUint32(at + 4, little), at + 8];
    const whole = start + size <= bytes.byteLength;
    if (name === "ds64" && size >= 24 && whole) large = Number(view.getBigUint64(start + 8, little));
    if (name === "fmt " && size >= 16 && whole) format = formatOf(view, start, size, little);
    if (name === "data") {
      if (!format) throw new Unreadable("notWav");
      const rest = bytes.byteLength - start;
      // A recorder that wrote to a pipe, or was switched off, left no sizes: what is there is all there is.
      const unsaid = size === 0 && view.getUint32(4, little) === 0;
      const claimed = size === UNKNOWN ? (large === UNKNOWN ? rest : large) : unsaid ? rest : size;
      return recorded(readerOf(view, format, little), format, { start, size: Math.min(claimed, rest), claimed, most });
    }
    at = start + size + (size % 2); // chunks begin at even places
  }
  throw new Unreadable("truncated");
}

function formatOf(view: DataView, start: number, size: number, little: boolean): Format {
  const kind = view.getUint16(start, little);
  const [channels, bits] = [view.getUint16(start + 2, little), view.getUint16(start + 14, little)];
  return {
    kind: kind === EXTENSIBLE && size >= 26 ? view.getUint16(start + 24, little) : kind,
    channels, bits, rate: view.getUint32(start + 4, little), width: Math.ceil(bits / 8),
  };
}

function recorded(
  read: (at: number) => number, { channels, width, rate }: Format,
  { start, size, claimed, most }: { start: number; size: number; claimed: number; most: number },
): Recorded {
  if (channels < 1 || rate < 1) throw new Unreadable("header");
  const [length, said] = [size, claimed].map((count) => Math.floor(count / (width * channels))) as [number, number];
  if (length < 1) throw new Unreadable(said < 1 ? "empty" : "truncated");
  const take = (channel: number | null) => {
    let holes = 0;
    const [from, to] = channel === null ? [0, channels] : [channel, channel + 1];
    const samples = Float64Array.from({ length: Math.min(length, most) }, (_, i) => {
      let sum = 0;
      for (let one = from; one < to; one++) sum += read(start + width * (i * channels + one));
      if (Number.isFinite(sum)) return sum / (to - from);
      holes++;
      return 0;
    });
    return { samples, holes };
  };
  return { channels, rate, length, said, take };
}

function readerOf(view: DataView, { kind, bits, width }: Format, little: boolean): (at: number) => number {
  if (kind === FLOAT && bits === 32) return (at) => view.getFloat32(at, little);
  if (kind === FLOAT && bits === 64) return (at) => view.getFloat64(at, little);
  if (kind === A_LAW && bits === 8) return (at) => aLaw(view.getUint8(at));
  if (kind === MU_LAW && bits === 8) return (at) => muLaw(view.getUint8(at));
  if (kind === PCM && width === 1) return (at) => (view.getUint8(at) - 128) / 128;
  if (kind === PCM && width === 2) return (at) => view.getInt16(at, little) / 32768;
  if (kind === PCM && width === 3) {
    const [low, high] = little ? [0, 2] : [1, 0];
    return (at) => (view.getUint16(at + low, little) + view.getInt8(at + high) * 65536) / 8388608;
  }
  if (kind === PCM && width === 4) return (at) => view.getInt32(at, little) / 2147483648;
  throw new Unreadable("format", [kind, bits]);
}

/** Telephones' codes of 8 bits, ITU-T G.711: a sign, three bits of a power of two, four of what is between. */
function aLaw(code: number): number {
  const [bits, power] = [code ^ 0x55, ((code ^ 0x55) >> 4) & 7];
  const size = ((bits & 15) << 4) + 8;
  return ((bits & 128 ? 1 : -1) * (power ? (size + 256) << (power - 1) : size)) / 32768;
}

function muLaw(code: number): number {
  const bits = ~code & 255;
  return ((bits & 128 ? -1 : 1) * ((((bits & 15) << 3) + 132 << ((bits >> 4) & 7)) - 132)) / 32768;
}

/** What samples are multiplied by so that none is above 1. */
export function gainOf(samples: Float64Array): number {
  const most = samples.reduce((all, value) => Math.max(all, Math.abs(value)), 0);
  return most > 1 ? 1 / most : 1;
}

/** What a file can count in a second. */
export const holdsRate = (rate: number): boolean => Math.round(rate) >= 1 && rate < 2 ** 32 - 1;

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
