/** What an exhibit knows of its host: the contract of anywidget's front-end modules, and nothing else. */

import type { Completion } from "./state.ts";

export type Listener = (...values: any[]) => void;

/** The model that a host gives to an exhibit; its trait `state` holds the exhibit's JSON state. */
export interface WidgetModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  on(event: string, listener: Listener): void;
  off(event?: string | null, listener?: Listener | null): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[] | ArrayBufferView[]): void;
}

export interface RenderProps {
  model: WidgetModel;
  el: HTMLElement;
  signal?: AbortSignal;
}

/** The default export of an exhibit's module. */
export interface Exhibit {
  /** What it makes of a state from anywhere. */
  complete: Completion<object>;
  render(props: RenderProps): () => void;
}
