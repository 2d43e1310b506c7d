/** The numbers of the size formula along each dimension. */

import type { SizeNumbers } from "../../parts/formula.ts";
import type { Work } from "./work.ts";

export function sizeNumbers({ input, kernel, pads, outputPadding, outputShape, setup }: Work): SizeNumbers[] {
  return outputShape.map((output, axis) => ({
    input: input.shape[axis]!,
    kernel: kernel.shape[axis]!,
    before: pads[axis]![0],
    after: pads[axis]![1],
    stride: setup.stride[axis]!,
    dilation: setup.dilation[axis]!,
    outputPadding: outputPadding[axis]!,
    output,
  }));
}
