/** The state of an exhibit as it stands, with undo and redo, kept in step with the host's model. */

import { alike, type CommonState, type Completion } from "./state.ts";
import type { WidgetModel } from "./widget.ts";

const LONGEST_HISTORY = 200;
const ONE_EDIT = 800; // milliseconds within which changes of one control are one step of undo

let changes = $state(0);
/** How often anything was changed; what is only looked at does not count. */
export const edits = (): number => changes;

/** How the changes of each store end that are made in one go. */
let batch: Map<unknown, () => void> | null = null;

/** Makes all changes within it one, completed once and one step of undo. */
export function together(changes: () => void): void {
  const ends = (batch = new Map<unknown, () => void>());
  try {
    changes();
  } finally {
    batch = null;
    for (const end of ends.values()) end();
  }
}

export class Store<S extends CommonState> {
  /** Never changed in place: every change makes a new one. */
  state: S = $state.raw()!;
  #past: S[] = $state.raw([]);
  #future: S[] = $state.raw([]);
  #lastControl = "";
  #lastTime = -Infinity;
  #sent: S;
  #saving = false;
  #listener = () => this.#receive();

  constructor(
    readonly model: WidgetModel,
    readonly complete: Completion<S>,
    /** What reset goes back to: the state that the host gave. */
    readonly origin: S = complete(model.get("state")),
  ) {
    this.state = origin;
    this.#sent = origin;
    model.on("change:state", this.#listener);
  }

  /** How many steps can be taken back. */
  get undoable(): number {
    return this.#past.length;
  }

  /** How many of those taken back can be taken again. */
  get redoable(): number {
    return this.#future.length;
  }

  get isOrigin(): boolean {
    return alike(this.state, this.origin);
  }

  locked(control: string): boolean {
    return this.state.locked.includes(control);
  }

  hidden(control: string): boolean {
    return this.state.hidden.includes(control);
  }

  /** Whether a control is neither locked nor hidden. */
  free(control: string): boolean {
    return !this.locked(control) && !this.hidden(control);
  }

  /** Changes the state as a step that undo takes back; quick changes by one control are one step. */
  change(patch: Partial<S>, control = ""): void {
    const before = this.state;
    if (batch) {
      this.state = { ...before, ...patch };
      const end = () => {
        const all = this.state;
        this.state = before;
        this.change(all);
      };
      if (!batch.has(this)) batch.set(this, end);
      return;
    }
    const now = Date.now();
    const quick = control !== "" && control === this.#lastControl && now - this.#lastTime < ONE_EDIT;
    this.#lastControl = control;
    this.#lastTime = now;
    const next = this.#completed({ ...before, ...patch });
    if (next === before) return;
    if (!quick || !this.#past.length) this.#past = [...this.#past, before].slice(-LONGEST_HISTORY);
    this.#future = [];
    this.#become(next);
  }

  /** Changes what is looked at, which undo does not take back. */
  look(patch: Partial<S>): void {
    this.#become(this.#completed({ ...this.state, ...patch }), true);
  }

  undo(): void {
    const before = this.#past.at(-1);
    if (before === undefined) return;
    this.#past = this.#past.slice(0, -1);
    this.#future = [...this.#future, this.state];
    this.#lastControl = "";
    this.#become(before);
  }

  redo(): void {
    const after = this.#future.at(-1);
    if (after === undefined) return;
    this.#future = this.#future.slice(0, -1);
    this.#past = [...this.#past, this.state];
    this.#lastControl = "";
    this.#become(after);
  }

  reset(): void {
    this.change(this.origin);
  }

  dispose(): void {
    this.model.off("change:state", this.#listener);
  }

  /** Completes a state; fields that say what they said stay the same objects, so that views know what has changed. */
  #completed(raw: unknown): S {
    const next = this.complete(raw);
    const names = Object.keys(next) as (keyof S)[];
    const changed = names.filter((name) => !alike(next[name], this.state[name]));
    return changed.length ? { ...this.state, ...Object.fromEntries(changed.map((name) => [name, next[name]])) } : this.state;
  }

  #become(next: S, looked = false): void {
    if (next === this.state) return;
    if (!looked) changes += 1;
    this.state = next;
    if (this.#saving) return;
    this.#saving = true;
    queueMicrotask(() => this.#save()); // changes of one moment travel once
  }

  #save(): void {
    this.#saving = false;
    if (this.state === this.#sent) return;
    this.#sent = this.state;
    this.model.set("state", this.state);
    this.model.save_changes();
  }

  #receive(): void {
    const next = this.#completed(this.model.get("state"));
    if (next === this.state || alike(next, this.#sent)) return; // an echo, perhaps a late one
    this.#sent = next;
    this.#past = [...this.#past, this.state].slice(-LONGEST_HISTORY);
    this.#future = [];
    this.state = next;
    changes += 1;
  }
}
