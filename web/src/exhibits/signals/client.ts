/** The page's side of a worker: one task at a time, of those that wait the newest alone, and none that is old goes on for long. */

import { perform, type AnyTask } from "./tasks.ts";

/** What a Worker is to us; tests bring one of their own. */
export interface Port {
  postMessage(task: AnyTask): void;
  onmessage: ((event: MessageEvent<Float64Array>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  terminate(): void;
}

interface Job {
  task: AnyTask;
  done: (output: Float64Array | null) => void;
}

/** Milliseconds that an old task may take: outputs still follow a hand that drags, and nobody waits for what is outdated. */
export const PATIENCE = 500;

export class Client {
  #start: (() => Port) | null;
  #port: Port | null = null;
  #running: Job | null = null;
  #waiting: Job | null = null;
  #began = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(start: () => Port) {
    this.#start = start;
  }

  /** Gives the output; null where a newer task took its place. */
  ask(task: AnyTask): Promise<Float64Array | null> {
    return new Promise((done) => {
      this.#waiting?.done(null);
      this.#waiting = { task, done };
      if (!this.#running) return this.#next();
      clearTimeout(this.#timer);
      if (this.#port) this.#timer = setTimeout(() => this.#giveUp(), PATIENCE - (Date.now() - this.#began));
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#port?.terminate();
    this.#waiting = null;
  }

  #next(): void {
    clearTimeout(this.#timer);
    [this.#running, this.#waiting] = [this.#waiting, null];
    if (this.#running) this.#run(this.#running);
  }

  #giveUp(): void {
    this.#port?.terminate();
    this.#port = null;
    this.#running?.done(null);
    this.#next();
  }

  #run({ task }: Job): void {
    this.#began = Date.now();
    this.#port ??= this.#opened();
    if (this.#port) this.#port.postMessage(task);
    else setTimeout(() => this.#finish(perform(task)));
  }

  #opened(): Port | null {
    try {
      const port = this.#start?.() ?? null;
      if (!port) return null;
      port.onmessage = ({ data }) => this.#port === port && this.#finish(data);
      port.onerror = (event) => {
        event.preventDefault();
        [this.#start, this.#port] = [null, null]; // workers are not allowed: the same is done on this thread
        clearTimeout(this.#timer);
        if (this.#running) this.#run(this.#running);
      };
      return port;
    } catch {
      this.#start = null;
      return null;
    }
  }

  #finish(output: Float64Array): void {
    this.#running?.done(output);
    this.#next();
  }
}
