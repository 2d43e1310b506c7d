/** How a state of pooling from outside is taken in; the state itself is defined in Python. */

import {
  MOST_CELLS, MOST_SIDE, borderNames, paddingNames, poolingControls, poolingDefaults as defaults, poolingPresets,
  type Numbers, type PaddingName, type PoolingState,
} from "../../generated/states.ts";
import { asBoolean, asChoice, asNames, asNumber, asRecord, asWhole, plainNumber } from "../../model/state.ts";
import { product } from "../../tensor/tensor.ts";

export type { Numbers, PaddingName, PoolingState };
export { defaults, paddingNames, poolingPresets as presets };

export type Dims = 1 | 2;

export const VIEWS = ["windows", "shifts"] as const;
export const KINDS = ["max", "average", "lp"] as const;
export const WINDOWS = ["sliding", "global", "adaptive"] as const;
export const OUTSIDES = ["none", ...borderNames] as const;
export const ENTERING = ["wrap", "zeros"] as const;
export const FEATURES = ["none", "sobel-x", "sobel-y"] as const;
export const METHODS = ["subsample", "max", "average", "blur", "max-blur"] as const;
export const MEASURES = ["distance", "changed", "moved"] as const;

const DIMS = [1, 2] as const;
export const LARGEST_STEP = 64;
export const MOST_SHIFT = 8;

/** Takes a state from anything; what is missing or does not fit is the default's, or the plainest that fits. */
export function complete(raw: unknown): PoolingState {
  const given = asRecord(raw);
  const dims = asChoice<Dims>(given.dims, DIMS, asChoice<Dims>(shapeOf(given.input)?.length, DIMS, 2));
  const kind = asChoice(given.kind, KINDS, defaults.kind);
  const windows = asChoice(given.windows, WINDOWS, defaults.windows);
  const p = asNumber(given.p, 2);
  const feature = asChoice(given.feature, FEATURES, defaults.feature);
  const shifts: unknown[] = Array.isArray(given.shift) ? given.shift : [];
  return {
    exhibit: "pooling",
    version: 1,
    locked: asNames(given.locked, poolingControls),
    hidden: asNames(given.hidden, poolingControls),
    view: asChoice(given.view, VIEWS, defaults.view),
    dims,
    input: cells(given.input, dims) ?? plainState(dims).input,
    kind,
    p: p >= 1 ? plainNumber(p) : 2,
    windows: kind === "lp" && windows === "adaptive" ? "sliding" : windows,
    window: numbers(given.window, dims, 2),
    stride: Array.isArray(given.stride) ? numbers(given.stride, dims, 1) : null,
    dilation: numbers(given.dilation, dims, 1),
    padding: padding(given.padding, dims),
    ceil_mode: asBoolean(given.ceil_mode, false),
    border: asChoice(given.border, OUTSIDES, defaults.border),
    border_value: plainNumber(asNumber(given.border_value, 0)),
    count_include_pad: asBoolean(given.count_include_pad, true),
    output_size: numbers(given.output_size, dims, 2),
    cell: place(given.cell, dims),
    pinned: asBoolean(given.pinned, false),
    covered: asBoolean(given.covered, false),
    shift: Array.from({ length: dims }, (_, i) => asWhole(shifts[i], -MOST_SHIFT, MOST_SHIFT, i === dims - 1 ? 1 : 0)),
    entering: asChoice(given.entering, ENTERING, defaults.entering),
    feature: dims === 1 && feature === "sobel-y" ? "sobel-x" : feature,
    method: asChoice(given.method, METHODS, defaults.method),
    measure: asChoice(given.measure, MEASURES, defaults.measure),
    along: asWhole(given.along, 0, dims - 1, dims - 1),
  };
}

/** What the exhibit starts with in one or two dimensions. */
export function plainState(dims: Dims): Pick<PoolingState, "input"> {
  return { input: (dims === 2 ? null : poolingPresets.ceil?.input) ?? defaults.input };
}

/** An example's state, all of it; what a teacher set stays, and whether cells are covered. */
export function preset(name: string): Partial<PoolingState> {
  const { locked: _, hidden: __, covered: ___, ...rest } = complete({ ...defaults, ...poolingPresets[name] });
  return { ...rest, pinned: false };
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

function numbers(raw: unknown, dims: number, fallback: number): number[] {
  const given: unknown[] = Array.isArray(raw) ? raw : [];
  return Array.from({ length: dims }, (_, i) => asWhole(given[i], 1, LARGEST_STEP, fallback));
}

function padding(raw: unknown, dims: number): PoolingState["padding"] {
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
