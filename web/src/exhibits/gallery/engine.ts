/** What Python does for the gallery, where it is there: its samples, and results at the photograph's whole size. */

import type { FileAnswer, LabAnswer, OpenedAnswer, WelcomeAnswer } from "../../generated/messages.ts";
import type { WidgetModel } from "../../model/widget.ts";
import type { Opened } from "./photographs.ts";
import type { GalleryState } from "./state.ts";

interface Waiting {
  done: (answered: { answer: LabAnswer; buffer: DataView }) => void;
  refused: (error: Error) => void;
}

export class Engine {
  #last = Math.floor(Math.random() * 1e9); // views of one widget hear each other's answers
  #waiting = new Map<number, Waiting>();

  constructor(readonly model: WidgetModel) {
    model.on("msg:custom", this.#receive);
  }

  close(): void {
    this.model.off("msg:custom", this.#receive);
  }

  /** What there is; without Python this never comes. */
  async welcome(): Promise<WelcomeAnswer> {
    return (await this.#ask({ kind: "hello" })).answer as WelcomeAnswer;
  }

  async sample(name: string): Promise<Opened> {
    const { answer, buffer } = await this.#ask({ kind: "open", sample: name });
    const { rows: height, columns: width, channels, photograph } = answer as OpenedAnswer;
    this.#letGo(photograph);
    const data = new Uint8ClampedArray(4 * width * height).fill(255);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) data[4 * i + c] = buffer.getUint8(channels * i + Math.min(c, channels - 1));
    }
    return { width, height, data, from: { width, height } };
  }

  /** The kernel over all of a picture file, as a PNG of the file's own size and depth. */
  async filtered(file: Blob, name: string, { kernel, channels, border, flip, display }: GalleryState): Promise<Blob> {
    const { answer } = await this.#ask({ kind: "open", name, fit: 16 }, [await file.arrayBuffer()]);
    const { photograph } = answer as OpenedAnswer;
    try {
      const result = await this.#ask({ kind: "download", photograph, kernel, channels, border, flip, display });
      return new Blob([result.buffer as DataView<ArrayBuffer>], { type: (result.answer as FileAnswer).media_type });
    } finally {
      this.#letGo(photograph);
    }
  }

  #letGo(photograph: string): void {
    this.#ask({ kind: "close", photograph }).catch(() => undefined); // gone already
  }

  #ask(request: { kind: string } & Record<string, unknown>, buffers: ArrayBuffer[] = []): Promise<{ answer: LabAnswer; buffer: DataView }> {
    const id = ++this.#last;
    return new Promise((done, refused) => {
      this.#waiting.set(id, { done, refused });
      this.model.send({ id, key: `${request.kind} ${id}`, ...request }, undefined, buffers);
    });
  }

  #receive = (answer: LabAnswer, buffers: DataView[]): void => {
    const asked = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === "failure") asked?.refused(new Error(answer.message));
    else asked?.done({ answer, buffer: buffers[0]! });
  };
}
