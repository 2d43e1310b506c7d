/** What is said of the last thing done: of one alone, and until something is changed. */

import { edits } from "../model/store.svelte.ts";

let said = $state.raw({ by: "", text: "", at: 0 });

export function say(by: string, text: string): void {
  if (text || said.by === by) said = { by, text, at: edits() };
}

export const saidBy = (by: string): string => (said.by === by && said.at === edits() ? said.text : "");
