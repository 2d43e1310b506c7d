/** What choosing a named kernel changes: also the display that suits it. */

import { namedKernels } from "../../generated/kernels.ts";
import type { GalleryState } from "./state.ts";

export function chosen(name: string): Partial<GalleryState> {
  return { kernel: name, measure: "kernel", view: "one", display: displayOf(name) };
}

/** Sums that go both ways from zero are seen whole where zero is grey. */
export function displayOf(name: string): "signed" | "clip" {
  return namedKernels.find((kernel) => kernel.name === name)?.signed ? "signed" : "clip";
}
