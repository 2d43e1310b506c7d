/** What Python does for the gallery, where it is there: its samples, and results at the photograph's whole size. */

import type { FileAnswer, LabAnswer, OpenedAnswer, WelcomeAnswer } from "../../generated/messages.ts";
import { ask, type Question } from "../../model/ask.ts";
import type { WidgetModel } from "../../model/widget.ts";
import { texts } from "../../texts/index.ts";
import { MOST_PIXELS, type Opened } from "./photographs.ts";
import type { GalleryState } from "./state.ts";

/** What there is. */
export const welcome = async (model: WidgetModel): Promise<WelcomeAnswer> => (await answered<WelcomeAnswer>(model, { kind: "hello" })).answer;

export const openTheirs = (model: WidgetModel, sample: string): Promise<Opened> => opened(model, { kind: "open", sample });

/** A picture file, as Python reads it: TIFF, too. */
export const readTheirs = async (model: WidgetModel, file: Blob, name: string): Promise<Opened> =>
  opened(model, { kind: "open", name, fit: Math.sqrt(MOST_PIXELS) }, [await file.arrayBuffer()]);

async function opened(model: WidgetModel, question: Question, buffers: ArrayBuffer[] = []): Promise<Opened> {
  const { answer, buffer } = await answered<OpenedAnswer>(model, question, buffers);
  const { rows: height, columns: width, channels, photograph, region } = answer;
  letGo(model, photograph);
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data[4 * i + c] = buffer!.getUint8(channels * i + Math.min(c, channels - 1));
  }
  return { width, height, data, from: { width: region.columns, height: region.rows } };
}

/** What is measured of all of a picture file, as a PNG of the file's own size and depth. */
export async function filtered(
  model: WidgetModel, file: Blob, name: string, { measure, operator, kernel, channels, border, flip, display, gain }: GalleryState,
): Promise<Blob> {
  const { photograph } = (await answered<OpenedAnswer>(model, { kind: "open", name, fit: 16 }, [await file.arrayBuffer()])).answer;
  try {
    const { answer, buffer } = await answered<FileAnswer>(model, { kind: "download", photograph, measure, operator, kernel, channels, border, flip, display, gain });
    return new Blob([buffer as DataView<ArrayBuffer>], { type: answer.media_type });
  } finally {
    letGo(model, photograph);
  }
}

function letGo(model: WidgetModel, photograph: string): void {
  void ask(model, `close ${photograph}`, { kind: "close", photograph });
}

let asked = 0; // no request takes the place of another

/** The answer, or an error that says why there is none. */
async function answered<A extends LabAnswer>(
  model: WidgetModel, question: Question, buffers: ArrayBuffer[] = [],
): Promise<{ answer: A; buffer: DataView | undefined }> {
  const found = await ask(model, `gallery ${(asked += 1)}`, question, buffers);
  if (found === null || found.answer.kind === "failure") throw new Error(found === null ? texts.noAnswer : (found.answer as { message: string }).message);
  return { answer: found.answer as A, buffer: found.buffer };
}
