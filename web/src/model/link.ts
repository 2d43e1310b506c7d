/** A state as text for the hash of a link: what differs from the exhibit's default, deflated where the browser can. */

import { fromBase64 } from "./bytes.ts";
import { alike, asRecord, type Raw } from "./state.ts";

const DEFLATED = "s=";
const PLAIN = "j=";
export const LONGEST_LINK = 200_000; // characters: a hostile link must not unfold without end
const LARGEST_STATE = 4_000_000;

export async function encodeState<S extends object>(state: S, defaults: Partial<S>): Promise<string> {
  const differs = Object.entries(state).filter(([name, value]) => !alike(value, defaults[name as keyof S]));
  const bytes = new TextEncoder().encode(JSON.stringify(Object.fromEntries(differs)));
  if (typeof CompressionStream === "undefined") return PLAIN + toText(bytes);
  return DEFLATED + toText(await through(bytes, new CompressionStream("deflate-raw"), Infinity));
}

/** Reads the hash of a link, with or without its `#`; null where it holds no state or a broken one. */
export async function decodeState(hash: string): Promise<Raw | null> {
  const text = hash.replace(/^#/, "");
  if (text.length > LONGEST_LINK || !(text.startsWith(DEFLATED) || text.startsWith(PLAIN))) return null;
  try {
    const packed = fromBase64(text.slice(2).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = text.startsWith(PLAIN)
      ? packed
      : await through(packed, new DecompressionStream("deflate-raw"), LARGEST_STATE);
    return asRecord(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return null;
  }
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  transform: CompressionStream | DecompressionStream,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough(transform).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new RangeError("the state is too large");
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function toText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
