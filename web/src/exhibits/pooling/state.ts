/** How a state of pooling from outside is taken in; the state itself is defined in Python. */

import {
  borderNames, paddingNames, poolingControls, poolingDefaults as defaults, poolingPresets,
  type Numbers, type PaddingName, type PoolingState,
} from "../../generated/states.ts";
import { asDims, asNumbers, asPadding, asPlace, asSides, fitsIn } from "../../model/arrays.ts";
import { asBoolean, asChoice, asNames, asNumber, asRecord, asWhole, plainNumber } from "../../model/state.ts";

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
  const dims = asDims(given.dims, given.input, DIMS, 2);
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
    input: asNumbers(given.input, fitsIn(dims)) ?? plainState(dims).input,
    kind,
    p: p >= 1 ? plainNumber(p) : 2,
    windows: kind === "lp" && windows === "adaptive" ? "sliding" : windows,
    window: asSides(given.window, dims, 1, LARGEST_STEP, 2),
    stride: Array.isArray(given.stride) ? asSides(given.stride, dims, 1, LARGEST_STEP, 1) : null,
    dilation: asSides(given.dilation, dims, 1, LARGEST_STEP, 1),
    padding: asPadding(given.padding, dims),
    ceil_mode: asBoolean(given.ceil_mode, false),
    border: asChoice(given.border, OUTSIDES, defaults.border),
    border_value: plainNumber(asNumber(given.border_value, 0)),
    count_include_pad: asBoolean(given.count_include_pad, true),
    output_size: asSides(given.output_size, dims, 1, LARGEST_STEP, 2),
    cell: asPlace(given.cell, dims),
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
