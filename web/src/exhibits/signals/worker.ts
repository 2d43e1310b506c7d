/** The worker's side: a task comes in, the output goes back without being copied. */

import { perform, type AnyTask } from "./tasks.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<AnyTask>) => void;
  postMessage(answer: Float64Array, transfer: Transferable[]): void;
};

scope.onmessage = ({ data }) => {
  const output = perform(data);
  scope.postMessage(output, [output.buffer]);
};
