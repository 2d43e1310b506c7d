/** A state from a file, as "State (JSON)" of an exhibit writes it: it travels to its exhibit as a link does. */

import { encodeState } from "../model/link.ts";
import { asRecord } from "../model/state.ts";
import { texts } from "../texts/index.ts";

/** What the hash of a link begins with whose state came from a file, so that the page can say so. */
export const FROM_FILE = "#file:";

/** The exhibit of the state in a file, and the hash that carries the state there; an error has words for the page. */
export async function opened(file: File, exhibits: readonly string[]): Promise<{ exhibit: string; hash: string }> {
  const state = asRecord(await file.text().then(JSON.parse).catch(() => null));
  const exhibit = exhibits.find((name) => name === state.exhibit);
  if (!exhibit) throw new Error(texts.page.noState(file.name));
  return { exhibit, hash: FROM_FILE + (await encodeState(state, {})) };
}
