/** What lies outside an image: the five borders, their synonyms, and the cell that each puts at a coordinate. */

import { refuse } from "./refusals.ts";

export const MODES = ["constant", "edge", "reflect", "symmetric", "wrap"] as const;

export type Mode = (typeof MODES)[number];

/** A border; `value` is the number outside for "constant", and 0 for the others. */
export interface Border {
  readonly mode: Mode;
  readonly value: number;
}

/** A border by its name or a synonym, or the number that lies outside. */
export type BorderLike = string | number | Border;

const NAMES: Record<Mode, readonly string[]> = {
  constant: ["zero", "zeros", "fill", "grid-constant", "border-constant"],
  edge: ["replicate", "nearest", "clamp", "border-replicate"],
  reflect: [
    "mirror", "reflect-101", "reflect101", "border-reflect-101", "border-reflect101", "border-default",
  ],
  symmetric: ["symm", "grid-mirror", "border-reflect", "half-sample-symmetric"],
  wrap: ["circular", "periodic", "cyclic", "grid-wrap", "border-wrap"],
};

/** Names of NumPy, SciPy, OpenCV, PyTorch, scikit-image and Keras that mean one thing everywhere. */
export const SYNONYMS: ReadonlyMap<string, Mode> = new Map<string, Mode>([
  ...MODES.map((mode): [string, Mode] => [mode, mode]),
  ...MODES.flatMap((mode) => NAMES[mode].map((name): [string, Mode] => [name, mode])),
]);

/** Names that mean several of the borders, and one that means the same ones. */
const AMBIGUOUS: ReadonlyMap<string, "mirrored" | "extend" | "pad"> = new Map([
  ...["mirrored", "reflected", "reflection", "mirror-image", "even"].map((name) => [name, "mirrored"] as const),
  ["extend", "extend"],
  ["pad", "pad"],
]);

/** Reads a border from its name, or from the number that lies outside. */
export function parseBorder(border: BorderLike): Border {
  if (typeof border === "number") return { mode: "constant", value: border };
  if (typeof border === "object") return border;
  if (typeof border !== "string") refuse("borderKind", border, MODES);
  const name = border.trim().toLowerCase().replaceAll("_", "-");
  const mode = SYNONYMS.get(name);
  if (mode) return { mode, value: 0 };
  const like = AMBIGUOUS.get(name);
  if (like) refuse("ambiguousBorder", border, like);
  refuse("unknownBorder", border, SYNONYMS, MODES);
}

/** Reads a border for an operation that is linear: whatever constant lies outside adds nothing to it. */
export function withoutValue(border: BorderLike): Border {
  return { mode: parseBorder(border).mode, value: 0 };
}

/** The name of a border, with its number if it has one that is not 0. */
export function borderName({ mode, value }: Border): string {
  return mode === "constant" ? `constant ${value}` : mode;
}

/**
 * The cell of an axis of `size` cells that a border shows at a position, however far outside; −1 for a constant.
 *
 * "wrap" has period size; "symmetric" has period 2 size, "reflect" 2 size − 2, and within a period a cell and its
 * mirror image show the same.
 */
export function sourceIndex(position: number, size: number, mode: Mode): number {
  if (position >= 0 && position < size) return position;
  switch (mode) {
    case "constant":
      return -1;
    case "edge":
      return position < 0 ? 0 : size - 1;
    case "wrap":
      return modulo(position, size);
    case "symmetric": {
      const index = modulo(position, 2 * size);
      return Math.min(index, 2 * size - 1 - index);
    }
    case "reflect": {
      if (size === 1) return 0;
      const index = modulo(position, 2 * size - 2);
      return Math.min(index, 2 * size - 2 - index);
    }
  }
}

/** The remainder that is never negative. */
function modulo(number: number, period: number): number {
  return ((number % period) + period) % period;
}
