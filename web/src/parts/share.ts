/** What an exhibit gives to be shared: drawings, programs, text. The toolbar does the rest. */

import type { CommonState, Completion } from "../model/state.ts";

export interface Program {
  name: string;
  text: string;
}

/** Is told of each step, and often: it gives the page its turn, and throws to break off. */
export type Progress = (doing: "drawing" | "writing", step: number, all: number) => Promise<void>;

export interface Steps {
  count(): number;
  /** How many of them a GIF holds at most. */
  most: number;
  /** What they are, where it is not a window that steps on. */
  hint?: string;
  gif(progress: Progress): Promise<Blob>;
}

export interface Shareable<S extends CommonState> {
  /** Names of files, without a suffix. */
  fileName: string;
  defaults: S;
  complete: Completion<S>;
  /** Controls that can be locked and hidden, with what they are called. */
  controls: readonly (readonly [name: string, title: string])[];
  /** Programs that compute what is on the screen. */
  programs(): Program[];
  /** What has to be said of them, other than that they run as they stand. */
  programsNote?: string;
  /** What is on the screen, as the text of an SVG file. */
  drawing(): string;
  /** The steps, one after the other: `stepsOf` of export/gif.ts. */
  frames: Steps | null;
  latex: (() => string) | null;
  /** What the LaTeX holds, where it is not a cell worked out. */
  latexHint?: string;
}
