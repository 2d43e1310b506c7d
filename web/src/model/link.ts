/** A state as text for the hash of a link: what differs from the exhibit's default, deflated where the browser can. */

import { fromBase64 } from "./bytes.ts";
import { alike, asRecord, type Raw } from "./state.ts";

const DEFLATED = "s=";
const PLAIN = "j=";
/** Characters of a link that is given away: many programs cut longer ones. */
export const LONGEST_LINK = 200_000;
/** Bytes of a state as JSON, four times what the largest arrays come to: a hostile link must not unfold without end. */
export const LARGEST_STATE = 1_000_000;

export async function encodeState<S extends object>(state: S, defaults: Partial<S>): Promise<string> {
  const differs = Object.entries(state).filter(([name, value]) => !alike(value, defaults[name as keyof S]));
  const bytes = new TextEncoder().encode(JSON.stringify(Object.fromEntries(differs)));
  if (typeof CompressionStream === "undefined") return PLAIN + toText(bytes);
  const deflated = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return DEFLATED + toText(new Uint8Array(await new Response(deflated).arrayBuffer()));
}

/** Reads the hash of a link, with or without its `#`; null where it holds no state or a broken one. */
export async function decodeState(hash: string): Promise<Raw | null> {
  const text = hash.replace(/^#/, "");
  if (!(text.startsWith(DEFLATED) || text.startsWith(PLAIN))) return null;
  try {
    const packed = new Blob([fromBase64(text.slice(2).replaceAll("-", "+").replaceAll("_", "/"))]).stream();
    const bytes = await bounded(text.startsWith(PLAIN) ? packed : packed.pipeThrough(new DecompressionStream("deflate-raw")));
    return asRecord(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return null;
  }
}

async function bounded(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > LARGEST_STATE) {
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
