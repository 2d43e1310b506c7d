/** How a state of the sliding window from outside is taken in; the state itself is defined in Python. */

import {
  borderNames, operations, paddingNames, slidingWindowControls,
  slidingWindowDefaults as defaults, slidingWindowPresets,
  type BorderName, type Numbers, type Operation, type PaddingName, type SlidingWindowState,
} from "../../generated/states.ts";
import { asDims, asNumbers, asPadding, asPlace, asSides, fitsIn } from "../../model/arrays.ts";
import { asBoolean, asChoice, asNames, asNumber, asRecord, plainNumber } from "../../model/state.ts";

export type { BorderName, Numbers, Operation, PaddingName, SlidingWindowState };
export { borderNames, defaults, operations, paddingNames };

export type Dims = 1 | 2 | 3;
export type Side = SlidingWindowState["side"];

const DIMS = [1, 2, 3] as const;
const SIDES = ["output", "input"] as const;
export const LARGEST_STEP = 64;

/** Takes a state from anything; what is missing or does not fit is the default's, or the plainest that fits. */
export function complete(raw: unknown): SlidingWindowState {
  const given = asRecord(raw);
  const dims = asDims(given.dims, given.input, DIMS, 2);
  const stride = asSides(given.stride, dims, 1, LARGEST_STEP, 1);
  return {
    exhibit: "sliding-window",
    version: 1,
    locked: asNames(given.locked, slidingWindowControls),
    hidden: asNames(given.hidden, slidingWindowControls),
    dims,
    input: asNumbers(given.input, fitsIn(dims)) ?? plainState(dims).input,
    kernel: asNumbers(given.kernel, fitsIn(dims)) ?? plainState(dims).kernel,
    operation: asChoice<Operation>(given.operation, operations, defaults.operation),
    stride,
    dilation: asSides(given.dilation, dims, 1, LARGEST_STEP, 1),
    output_padding: asSides(given.output_padding, dims, 0, LARGEST_STEP, 0).map((cells, i) => Math.min(cells, stride[i]! - 1)),
    padding: asPadding(given.padding, dims),
    border: asChoice<BorderName>(given.border, borderNames, defaults.border),
    border_value: plainNumber(asNumber(given.border_value, 0)),
    cell: asPlace(given.cell, dims),
    side: asChoice<Side>(given.side, SIDES, "output"),
    pinned: asBoolean(given.pinned, false),
    covered: asBoolean(given.covered, false),
    reached: asPlace(given.reached, dims),
  };
}

/** What the exhibit starts with in other numbers of dimensions. */
export function plainState(dims: Dims): Pick<SlidingWindowState, "input" | "kernel"> {
  if (dims === 2) return defaults;
  const like = Object.values(slidingWindowPresets).find(({ input, kernel }) => input && kernel && input.shape.length === dims);
  return like as Pick<SlidingWindowState, "input" | "kernel">;
}

/** An example's state, all of it, so that nothing is left of what was before; what a teacher set stays. */
export function preset(name: string): Partial<SlidingWindowState> {
  const { locked: _, hidden: __, covered: ___, ...rest } = complete({ ...defaults, ...slidingWindowPresets[name] });
  return { ...rest, pinned: false, side: rest.operation === "transposed" ? "input" : "output" };
}
