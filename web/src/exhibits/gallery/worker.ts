/** The worker's side: photographs and work come in, pixels go back without being copied. */

import type { Photograph } from "../../tensor/photo-planes.ts";
import { Filterer, type Slot, type Work } from "./filterer.ts";

export type Message = { open: Photograph; slot: Slot } | { work: Work };

const filterer = new Filterer();
const scope = self as unknown as {
  onmessage: (event: MessageEvent<Message>) => void;
  postMessage(answer: unknown, transfer: Transferable[]): void;
};

scope.onmessage = ({ data }) => {
  if ("open" in data) {
    filterer.open(data.slot, data.open);
    return;
  }
  const pixels = filterer.filter(data.work);
  scope.postMessage(pixels, [pixels.buffer]);
};
