/** The worker's side: a task comes in, the output goes back without being copied. */

import { filterLong, type Task } from "./filter.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Task>) => void;
  postMessage(answer: Float64Array, transfer: Transferable[]): void;
};

scope.onmessage = ({ data }) => {
  const output = filterLong(data);
  scope.postMessage(output, [output.buffer]);
};
