/** The files that a viewer opened as signal and kernel, and what is said of the last of them. */

import type { Store } from "../../model/store.svelte.ts";
import { texts } from "../../texts/index.ts";
import { openFile, whyNot, type Opened } from "./loading.ts";
import { MOST_SAMPLES, MOST_WEIGHTS, type SignalsState } from "./state.ts";
import type { Loaded } from "./work.ts";

type Part = "signal" | "kernel";

interface Said {
  text: string;
  wrong: boolean;
  /** It is said as long as this part of the state has this value. */
  part: Part;
  value: unknown;
  /** What else of the file could be taken, and what was. */
  of: { file: Opened; choice: number } | null;
}

const MOST: Record<Part, number> = { signal: MOST_SAMPLES, kernel: MOST_WEIGHTS };

export class Files {
  /** What is too long for the state: opened here, or handed over by a notebook. */
  own: Record<Part, Loaded | null> = $state.raw()!;
  #last: Said | null = $state.raw(null);
  #turns = 0;

  constructor(readonly store: Store<SignalsState>) {
    this.own = { signal: this.#handed("samples", texts.signals.own), kernel: this.#handed("weights", texts.signals.ownKernel) };
  }

  get said(): Said | null {
    return this.#last && this.#last.value === this.store.state[this.#last.part] ? this.#last : null;
  }

  /** Whether the state means samples that are not here. */
  get lost(): boolean {
    const { signal, kernel } = this.store.state;
    return (signal === "own" && !this.own.signal) || (kernel === "own" && !this.own.kernel);
  }

  async open(file: File, part: Part): Promise<void> {
    if (this.store.locked(part) || this.store.hidden(part)) return;
    const turn = ++this.#turns;
    try {
      const opened = await openFile(file);
      if (turn === this.#turns) this.use(opened, part, 0); // unless another came after it
    } catch (error) {
      this.#say(part, whyNot(file.name, error), true);
    }
  }

  /** Takes a column of a table, or a channel of a sound. */
  use(file: Opened, part: Part, choice: number): void {
    const of = file.choices.length ? { file, choice } : null;
    try {
      const { note, ...found } = file.take(choice);
      const short = found.samples.length <= MOST[part];
      if (!short) this.own = { ...this.own, [part]: found };
      const value = short ? Array.from(found.samples) : "own";
      if (part === "kernel") this.store.change({ kernel: value, step: null });
      else this.store.change({ signal: value, step: null, span: null, ...(short ? { rate: found.rate } : {}) });
      this.#say(part, note, false, of);
    } catch (error) {
      this.#say(part, whyNot(file.name, error), true, of);
    }
  }

  #handed(trait: string, name: string): Loaded | null {
    const bytes = this.store.model.get(trait);
    if (!(bytes instanceof DataView) || !bytes.byteLength) return null;
    const samples = Float64Array.from({ length: bytes.byteLength / 8 }, (_, i) => bytes.getFloat64(8 * i, true));
    return { name, samples, rate: this.store.state.rate };
  }

  #say(part: Part, text: string, wrong: boolean, of: Said["of"] = null): void {
    this.#last = { text, wrong, part, value: this.store.state[part], of };
  }
}
