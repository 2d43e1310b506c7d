/** A lit cell of an array, by its coordinates: what stands in it, over the cell itself. */

import type { Colour } from "./colours.ts";

export interface Lit {
  at: readonly number[];
  colour: Colour;
  text: string;
  /** Small, above the text. */
  above?: string;
  /** Lit softly: it belongs to the matter without being in the window. */
  soft?: boolean;
  /** It lies outside the array. */
  hatched?: boolean;
}

/** A frame, with nothing written in it. */
export const SOFT = { soft: true, text: "", colour: { fill: "transparent", ink: "inherit" } };

export const softly = (at: readonly number[]): Lit => ({ at, ...SOFT });
