/** The page's own model, for exhibits that no notebook hosts: what is set is kept here, what is sent goes to a socket. */

import type { Listener, WidgetModel } from "../model/widget.ts";

type Send = (content: unknown, buffers: readonly (ArrayBuffer | ArrayBufferView)[]) => void;

export class MemoryModel implements WidgetModel {
  #values: Map<string, unknown>;
  #changed = new Set<string>();
  #listeners = new Map<string, Set<Listener>>();

  constructor(
    values: Record<string, unknown>,
    readonly pass: Send = () => undefined,
  ) {
    this.#values = new Map(Object.entries(values));
  }

  get(name: string): unknown {
    return this.#values.get(name);
  }

  set(name: string, value: unknown): void {
    this.#values.set(name, value);
    this.#changed.add(name);
  }

  save_changes(): void {
    const names = [...this.#changed];
    this.#changed.clear();
    for (const name of names) this.emit(`change:${name}`);
  }

  on(event: string, listener: Listener): void {
    const known = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, known.add(listener));
  }

  off(event?: string | null, listener?: Listener | null): void {
    if (!event) this.#listeners.clear();
    else if (!listener) this.#listeners.delete(event);
    else this.#listeners.get(event)?.delete(listener);
  }

  emit(event: string, ...values: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...values);
  }

  send(content: unknown, _callbacks?: unknown, buffers: readonly (ArrayBuffer | ArrayBufferView)[] = []): void {
    this.pass(content, buffers);
  }
}
