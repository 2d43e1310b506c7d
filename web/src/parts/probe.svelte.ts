/** The cell that is looked at: the one under the pointer or the focus, unless one is pinned or steps play; else the one stepped to. */

import { alike, type CommonState } from "../model/state.ts";
import type { Store } from "../model/store.svelte.ts";
import { inside, type Shape } from "../tensor/tensor.ts";

/** A cell, and of several arrays the one that it is in. */
export interface Spot {
  side?: string;
  cell: Shape;
}

interface PinningState extends CommonState {
  cell: Shape | null;
  pinned: boolean;
}

/** What an exhibit tells of its cells. */
interface Subject<S extends Spot> {
  /** The cell that is stepped to or pinned; null where there are none. */
  chosen: () => S | null;
  /** The shape of the array that a cell is in. */
  shape: (spot: S) => Shape;
  /** What is said of a cell. */
  spokenOf: (spot: S) => string;
  /** Whether a cell is not to be seen yet. */
  isCovered?: (spot: S) => boolean;
}

export type Probe<S extends Spot> = ReturnType<typeof makeProbe<S>>;

export function makeProbe<S extends Spot>(store: () => Store<PinningState>, { chosen, shape, spokenOf, isCovered }: Subject<S>) {
  let hovered = $state.raw<S | null>(null);
  let playing = $state(false);
  let said = $state.raw<S | null>(null);
  let told = $state("");
  const pinned = $derived(store().state.pinned);
  const spot = $derived(hovered && !pinned && !playing && isThere(hovered) && !isCovered?.(hovered) ? hovered : chosen());

  const spoken = $derived(said && isThere(said) ? spokenOf(said) : told);

  /** Not where a border is, nor where an array has become smaller. */
  function isThere(spot: S): boolean {
    return chosen() !== null && inside(spot.cell, shape(spot));
  }

  const release = (): void => store().look({ pinned: false });

  function look(spot: S, patch?: { pinned: boolean }): void {
    store().look({ ...spot, ...patch });
    tell("", playing ? null : spot);
  }

  function tell(text: string, spot: S | null = null): void {
    [told, said] = [text, spot];
  }

  return {
    get hovered() {
      return hovered;
    },
    get spot() {
      return spot;
    },
    get pinned() {
      return pinned;
    },
    get playing() {
      return playing;
    },
    /** What is said of the cell that was stepped to or pinned last, as it is now, or of what was done since. */
    get spoken() {
      return spoken;
    },
    say: (text: string): void => tell(text),
    hover(spot: S | null): void {
      hovered = spot;
    },
    /** Keeps a cell while the pointer goes on; the one that is kept is let go. */
    pin(spot: S | null): void {
      if (!spot || !isThere(spot)) return;
      playing = false;
      look(spot, { pinned: !pinned || !alike(spot, chosen()) });
    },
    release,
    /** Goes to a cell, whatever the pointer is over. */
    step(spot: S): void {
      hovered = null;
      look(spot);
    },
    play(on: boolean): void {
      playing = on;
      if (on) release();
    },
  };
}
