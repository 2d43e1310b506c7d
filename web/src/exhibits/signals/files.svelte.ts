/** The files that a viewer opened as signal and kernel, and what is said of the last of them. */

import type { Store } from "../../model/store.svelte.ts";
import { opener } from "../../parts/files.ts";
import { say, saidBy } from "../../parts/said.svelte.ts";
import { texts } from "../../texts/index.ts";
import { MOST_BYTES, openFile, whyNot, type Opened } from "./loading.ts";
import { MOST_SAMPLES, MOST_WEIGHTS, type SignalsState } from "./state.ts";
import type { Loaded } from "./work.ts";

type Part = "signal" | "kernel";

/** What was taken of a file, and what else could be. */
interface Note {
  text: string;
  file: Opened;
  choice: number;
  /** The choice of which it is said why it is refused. */
  tried: number;
  /** All this holds as long as this part of the state has this value. */
  part: Part;
  value: unknown;
}

const MOST: Record<Part, number> = { signal: MOST_SAMPLES, kernel: MOST_WEIGHTS };

export class Files {
  /** What is too long for the state: opened here, or handed over by a notebook. */
  own: Record<Part, Loaded | null> = $state.raw()!;
  #last: Note | null = $state.raw(null);
  readonly open: Record<Part, (file: File) => void>;

  constructor(
    readonly store: Store<SignalsState>,
    readonly id: string,
  ) {
    const read = (file: File) =>
      openFile(file).catch((error) => {
        throw new Error(whyNot(file.name, error));
      });
    const opens = (part: Part) => opener(id, MOST_BYTES, read, (opened) => this.use(opened, part, 0));
    this.open = { signal: opens("signal"), kernel: opens("kernel") };
    this.own = { signal: this.#handed("samples", texts.signals.own), kernel: this.#handed("weights", texts.signals.ownKernel) };
  }

  get note(): Note | null {
    return this.#last && this.#last.value === this.store.state[this.#last.part] ? this.#last : null;
  }

  /** Why the last file, or the last choice of one, was refused. */
  get refusal(): string {
    return saidBy(this.id);
  }

  /** Whether the state means samples that are not here. */
  get lost(): boolean {
    const { signal, kernel } = this.store.state;
    return (signal === "own" && !this.own.signal) || (kernel === "own" && !this.own.kernel);
  }

  /** Takes a column of a table, or a channel of a sound. */
  use(file: Opened, part: Part, choice: number): void {
    const before = this.note?.file === file ? this.note : { text: "", choice: -1 };
    const keep = (kept: Pick<Note, "text" | "choice">) =>
      (this.#last = { ...kept, file, tried: choice, part, value: this.store.state[part] });
    try {
      const { note: text, ...found } = file.take(choice);
      const short = found.samples.length <= MOST[part];
      if (!short) this.own = { ...this.own, [part]: found };
      const value = short ? Array.from(found.samples) : "own";
      if (part === "kernel") this.store.change({ kernel: value, step: null });
      else this.store.change({ signal: value, step: null, span: null, ...(short ? { rate: found.rate } : {}) });
      keep({ text, choice });
      say(this.id, "");
    } catch (error) {
      keep(before);
      say(this.id, whyNot(file.name, error));
    }
  }

  #handed(trait: string, name: string): Loaded | null {
    const bytes = this.store.model.get(trait);
    if (!(bytes instanceof DataView) || !bytes.byteLength) return null;
    const samples = Float64Array.from({ length: bytes.byteLength / 8 }, (_, i) => bytes.getFloat64(8 * i, true));
    return { name, samples, rate: this.store.state.rate };
  }
}
