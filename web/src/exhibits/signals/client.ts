/** The page's side of the worker: one task at a time, and of those that wait the newest alone. */

import { filterLong, type Task } from "./filter.ts";

/** What a Worker is to us; tests bring one of their own. */
export interface Port {
  postMessage(task: Task): void;
  onmessage: ((event: MessageEvent<Float64Array>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  terminate(): void;
}

interface Job {
  task: Task;
  done: (output: Float64Array | null) => void;
}

export class Client {
  #port: Port | null = null;
  #running: Job | null = null;
  #waiting: Job | null = null;

  constructor(start: () => Port) {
    try {
      this.#port = start();
      this.#port.onmessage = ({ data }) => this.#finish(data);
      this.#port.onerror = (event) => {
        event.preventDefault();
        this.#port = null; // workers are not allowed: the same is done on this thread
        if (this.#running) this.#run(this.#running);
      };
    } catch {
      this.#port = null;
    }
  }

  /** Gives the output; null where a newer task took its place. */
  ask(task: Task): Promise<Float64Array | null> {
    return new Promise((done) => {
      this.#waiting?.done(null);
      this.#waiting = { task, done };
      this.#next();
    });
  }

  close(): void {
    this.#port?.terminate();
    this.#waiting = null;
  }

  #next(): void {
    if (this.#running || !this.#waiting) return;
    [this.#running, this.#waiting] = [this.#waiting, null];
    this.#run(this.#running);
  }

  #run({ task }: Job): void {
    if (this.#port) this.#port.postMessage(task);
    else setTimeout(() => this.#finish(filterLong(task)));
  }

  #finish(output: Float64Array): void {
    const job = this.#running;
    this.#running = null;
    job?.done(output);
    this.#next();
  }
}
