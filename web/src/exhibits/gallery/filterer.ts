/** Filters photographs that it keeps laid out: in a worker, or where there is none, on the page's own thread. */

import { edgeDirection, edgeMagnitude, type Operator } from "../../tensor/photo-edges.ts";
import type { Photograph, Planes } from "../../tensor/photo-planes.ts";
import { filterPlanes, planesFor, type PhotoOptions, type Pixels } from "../../tensor/photo.ts";
import { tensor } from "../../tensor/tensor.ts";

/** The whole photograph, and the small one for a sheet of many. */
export type Slot = "whole" | "small";

export interface Work {
  slot: Slot;
  measure: "kernel" | "magnitude" | "direction";
  kernel: { shape: readonly number[]; data: Float64Array };
  operator: Operator;
  options: PhotoOptions;
}

const NOTHING = tensor([3, 3]); // as wide as the kernels that measure edges
/** How much stronger than the edge directions are painted, so that soft edges are seen too. */
export const GAIN = 3;

export class Filterer {
  #photographs = new Map<Slot, Photograph>();
  #planes = new Map<Slot, Planes>();

  open(slot: Slot, photograph: Photograph): void {
    this.#photographs.set(slot, photograph);
    this.#planes.delete(slot);
  }

  filter({ slot, measure, kernel, operator, options }: Work): Pixels {
    const photograph = this.#photographs.get(slot)!;
    const channels = measure === "direction" ? "luminance" : options.channels;
    const laid = measure === "kernel" ? kernel : NOTHING;
    const planes = planesFor(this.#planes.get(slot) ?? null, photograph, laid, { ...options, channels });
    this.#planes.set(slot, planes);
    if (measure === "kernel") return filterPlanes(planes, kernel, options);
    const strength = edgeMagnitude(planes, operator);
    return measure === "magnitude" ? strength : painted(edgeDirection(planes, operator), strength);
  }
}

/**
 * The colour of a direction, in degrees: light upward, dark downward, orange to the right, blue to the left, which all
 * eyes tell apart; the further from grey, the steeper the edge.
 */
export function directionColour(degrees: number, strength: number): [number, number, number] {
  const light = Math.min(1, (GAIN * strength) / 255);
  const angle = (degrees * Math.PI) / 180;
  const level = (warm: number) => Math.round(128 + light * (warm * Math.cos(angle) + 88 * Math.sin(angle)));
  return [level(90), level(10), level(-90)];
}

function painted(directions: Float32Array, strength: Pixels): Pixels {
  directions.forEach((degrees, i) => strength.set(directionColour(degrees, strength[4 * i]!), 4 * i));
  return strength;
}
