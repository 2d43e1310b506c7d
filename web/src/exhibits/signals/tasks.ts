/** What takes longer than a frame: long signals under kernels, and the frequency response of long kernels. */

import { filterLong, type Task } from "./filter.ts";
import { responseOf } from "./response.ts";

export interface ResponseTask {
  response: Float64Array;
}

export type AnyTask = Task | ResponseTask;

export const perform = (task: AnyTask): Float64Array => ("response" in task ? responseOf(task.response) : filterLong(task));
