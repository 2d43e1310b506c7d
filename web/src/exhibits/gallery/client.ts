/** The page's side of the worker: one work at a time, and of those that wait under one key the newest alone. */

import type { Photograph } from "../../tensor/photo-planes.ts";
import type { Pixels } from "../../tensor/photo.ts";
import { Filterer, type Slot, type Work } from "./filterer.ts";
import type { Message } from "./worker.ts";

interface Job {
  work: Work;
  /** null: a newer one took its place, or the photograph has changed. */
  done: (pixels: Pixels | null) => void;
}

/** What a Worker is to us; tests bring one of their own. */
export interface Port {
  postMessage(message: Message): void;
  onmessage: ((event: MessageEvent<Pixels>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  terminate(): void;
}

export class Client {
  #port: Port | null = null;
  #here: Filterer | null = null;
  #photographs = new Map<Slot, Photograph>();
  #waiting = new Map<string, Job>();
  #running: Job | null = null;

  constructor(start: () => Port) {
    try {
      this.#port = start();
      this.#port.onmessage = ({ data }) => this.#finish(data);
      this.#port.onerror = (event) => {
        event.preventDefault();
        this.#goOnHere();
      };
    } catch {
      this.#goOnHere();
    }
  }

  /** What is asked for later is of this photograph. */
  open(slot: Slot, photograph: Photograph): void {
    for (const [key, job] of this.#waiting) {
      if (job.work.slot !== slot) continue;
      this.#waiting.delete(key);
      job.done(null);
    }
    if (this.#running?.work.slot === slot) {
      this.#running.done(null);
      this.#running = { ...this.#running, done: () => undefined };
    }
    this.#photographs.set(slot, photograph);
    this.#here?.open(slot, photograph);
    this.#port?.postMessage({ open: photograph, slot });
  }

  ask(key: string, work: Work): Promise<Pixels | null> {
    return new Promise((done) => {
      this.#waiting.get(key)?.done(null);
      this.#waiting.set(key, { work, done });
      this.#next();
    });
  }

  close(): void {
    this.#port?.terminate();
    this.#waiting.clear();
  }

  /** What is large goes before the sheet of many. */
  #next(): void {
    if (this.#running) return;
    const all = [...this.#waiting];
    const [key, job] = all.find(([, { work }]) => work.slot === "whole") ?? all[0] ?? [];
    if (!job) return;
    this.#waiting.delete(key!);
    this.#running = job;
    if (this.#port) this.#port.postMessage({ work: job.work });
    else setTimeout(() => this.#finish(this.#here!.filter(job.work)));
  }

  #finish(pixels: Pixels): void {
    const job = this.#running;
    this.#running = null;
    job?.done(pixels);
    this.#next();
  }

  /** Where workers are not allowed, the same is done on this thread. */
  #goOnHere(): void {
    this.#port = null;
    this.#here = new Filterer();
    for (const [slot, photograph] of this.#photographs) this.#here.open(slot, photograph);
    const job = this.#running;
    if (job) setTimeout(() => this.#finish(this.#here!.filter(job.work)));
  }
}
