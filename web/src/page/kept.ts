/** What an exhibit was when its page was left, kept with the page's place in the history: reload and Back find it again. */

import { asRecord, type Raw } from "../model/state.ts";
import type { MemoryModel } from "./model.ts";

const SELDOM = 300; // milliseconds; browsers take only so many writes in a time

/** The state that was kept here, if any. A link that is opened anew has none. */
export function keptState(): Raw | null {
  const { kept } = asRecord(history.state);
  return kept ? asRecord(kept) : null;
}

/** Keeps the state of a model from now on; returns what ends it. */
export function keepState(model: MemoryModel): () => void {
  let timer = 0;
  const write = () => {
    timer = 0;
    try {
      history.replaceState({ kept: model.get("state") }, "");
    } catch {
      // a browser may refuse a state that is too large for it: then nothing is kept
    }
  };
  const changed = () => (timer ||= window.setTimeout(write, SELDOM));
  const leaving = () => {
    if (!timer) return;
    clearTimeout(timer);
    write();
  };
  model.on("change:state", changed);
  addEventListener("pagehide", leaving);
  return () => {
    clearTimeout(timer);
    model.off("change:state", changed);
    removeEventListener("pagehide", leaving);
  };
}
