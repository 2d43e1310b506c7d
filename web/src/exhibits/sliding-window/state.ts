/** How a state of the sliding window from outside is taken in; the state itself is defined in Python. */

import {
  MOST_CELLS, MOST_SIDE, borderNames, operations, paddingNames, slidingWindowControls,
  slidingWindowDefaults as defaults, slidingWindowPresets,
  type BorderName, type Numbers, type Operation, type PaddingName, type SlidingWindowState,
} from "../../generated/states.ts";
import { asBoolean, asChoice, asNames, asNumber, asRecord, asWhole, plainNumber } from "../../model/state.ts";
import { product } from "../../tensor/tensor.ts";

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
  const dims = asChoice<Dims>(given.dims, DIMS, asChoice<Dims>(shapeOf(given.input)?.length, DIMS, 2));
  const stride = numbers(given.stride, dims, 1, 1);
  return {
    exhibit: "sliding-window",
    version: 1,
    locked: asNames(given.locked, slidingWindowControls),
    hidden: asNames(given.hidden, slidingWindowControls),
    dims,
    input: cells(given.input, dims) ?? plainState(dims).input,
    kernel: cells(given.kernel, dims) ?? plainState(dims).kernel,
    operation: asChoice<Operation>(given.operation, operations, defaults.operation),
    stride,
    dilation: numbers(given.dilation, dims, 1, 1),
    output_padding: numbers(given.output_padding, dims, 0, 0).map((cells, i) => Math.min(cells, stride[i]! - 1)),
    padding: padding(given.padding, dims),
    border: asChoice<BorderName>(given.border, borderNames, defaults.border),
    border_value: plainNumber(asNumber(given.border_value, 0)),
    cell: place(given.cell, dims),
    side: asChoice<Side>(given.side, SIDES, "output"),
    pinned: asBoolean(given.pinned, false),
    covered: asBoolean(given.covered, false),
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

function shapeOf(raw: unknown): number[] | null {
  const { shape } = asRecord(raw);
  const fits = Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && n >= 1 && n <= MOST_SIDE);
  return fits && product(shape as number[]) <= MOST_CELLS ? (shape as number[]) : null;
}

/** Arrays that were looked at before: they are never changed in place, and large ones take their time. */
const known = new WeakSet<Numbers>();

function cells(raw: unknown, dims: number): Numbers | null {
  if (known.has(raw as Numbers) && (raw as Numbers).shape.length === dims) return raw as Numbers;
  const shape = shapeOf(raw);
  const { data } = asRecord(raw);
  if (!shape || shape.length !== dims || !Array.isArray(data) || data.length !== product(shape)) return null;
  const taken = { shape: [...shape], data: data.map((value) => plainNumber(asNumber(value, 0))) };
  known.add(taken);
  return taken;
}

function numbers(raw: unknown, dims: number, least: number, fallback: number): number[] {
  const given: unknown[] = Array.isArray(raw) ? raw : [];
  return Array.from({ length: dims }, (_, i) => asWhole(given[i], least, LARGEST_STEP, fallback));
}

function padding(raw: unknown, dims: number): SlidingWindowState["padding"] {
  if (!Array.isArray(raw)) return asChoice<PaddingName>(raw, paddingNames, "valid");
  return Array.from({ length: dims }, (_, i) => {
    const [before, after] = Array.isArray(raw[i]) ? (raw[i] as unknown[]) : [];
    return [asWhole(before, 0, MOST_SIDE, 0), asWhole(after, 0, MOST_SIDE, 0)];
  });
}

function place(raw: unknown, dims: number): number[] | null {
  const fits = Array.isArray(raw) && raw.length === dims && raw.every((n) => Number.isInteger(n) && n >= 0);
  return fits ? (raw as number[]) : null;
}
