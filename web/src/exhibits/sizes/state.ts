/** How a state of the sizes from outside is taken in; the state itself is defined in Python. */

import { sizesControls, sizesDefaults as defaults, sizesPresets as presets, type SizesState } from "../../generated/states.ts";
import { asChoice, asNames, asRecord, asWhole } from "../../model/state.ts";

export { defaults, presets };
export type { SizesState };

export const MOST_LAYERS = 100;
export const LONGEST = 4000; // characters
export const DTYPES = ["float16", "float32", "float64"] as const;
export const PICTURES = ["digit", "cat", "shapes", "rings", "own", "none"] as const;
export const BYTES: Record<SizesState["dtype"], number> = { float16: 2, float32: 4, float64: 8 };

/** Takes a state from anything; what is missing or does not fit is the default's. */
export function complete(raw: unknown): SizesState {
  const given = asRecord(raw);
  return {
    exhibit: "sizes",
    version: 1,
    locked: asNames(given.locked, sizesControls),
    hidden: asNames(given.hidden, sizesControls),
    stack: typeof given.stack === "string" && given.stack.length <= LONGEST ? given.stack : defaults.stack,
    dtype: asChoice<SizesState["dtype"]>(given.dtype, DTYPES, "float32"),
    layer: asWhole(given.layer, 0, MOST_LAYERS, defaults.layer),
    cell: place(given.cell),
    picture: asChoice<SizesState["picture"]>(given.picture, PICTURES, defaults.picture),
  };
}

/** An example's state, all of it; what a teacher set stays. */
export function preset(name: string): Partial<SizesState> {
  const { locked: _, hidden: __, ...rest } = complete({ ...defaults, ...presets[name] });
  return rest;
}

function place(raw: unknown): number[] | null {
  const fits = Array.isArray(raw) && raw.length >= 1 && raw.length <= 3 && raw.every((n) => Number.isInteger(n) && n >= 0 && n <= 2 ** 30);
  return fits ? (raw as number[]) : null;
}
