/** Asks the Python engine, where there is one: on the lab's page and in notebooks, not in files. */

import type { LabAnswer, LabRequest } from "../generated/messages.ts";
import type { WidgetModel } from "./widget.ts";

const PATIENCE = 90_000; // milliseconds: longer than the lab lets anything take

/** A request without what this adds. */
export type Question = LabRequest extends infer R ? (R extends LabRequest ? Omit<R, "id" | "key"> : never) : never;

/** Pages from files say that nobody answers; other hosts say nothing. */
export const hasEngine = (model: WidgetModel): boolean => model.get("engine") !== false;

let lastId = Math.floor(Math.random() * 2 ** 40); // views of one widget hear each other's answers

/** An answer, and the bytes that came with it. */
export interface Answered {
  answer: LabAnswer;
  buffer: DataView | undefined;
}

/**
 * Sends a request and waits for its answer, which may be a failure; null if none comes.
 *
 * Of requests under one key the newest alone is sure to be answered by more than "replaced".
 */
export function ask(model: WidgetModel, key: string, question: Question, buffers: ArrayBuffer[] = []): Promise<Answered | null> {
  const id = (lastId += 1);
  return new Promise((resolve) => {
    const end = (answered: Answered | null): void => {
      clearTimeout(timer);
      model.off("msg:custom", hear);
      resolve(answered);
    };
    const hear = (answer: LabAnswer, [buffer]: DataView[]): void => {
      if (answer.id === id) end({ answer, buffer });
    };
    const timer = setTimeout(() => end(null), PATIENCE);
    model.on("msg:custom", hear);
    model.send({ ...question, id, key }, undefined, buffers);
  });
}
