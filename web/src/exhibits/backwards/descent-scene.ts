/** What is drawn of the descent: arrays as they are at a step, each on the scale that stays while it learns. */

import { scaleOf, type Scale } from "../../parts/colours.ts";
import { cellText, type CellView } from "../../parts/grid.ts";
import { number } from "../../parts/numbers.ts";
import { flatIndex, reshape, tensor, type Tensor } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { less, type Descent } from "./descent.ts";

const words = texts.backwards;

/** An array that is shown, with what it is called. */
export interface Shown {
  name: string;
  hint: string;
  array: Tensor;
  scale: Scale;
}

export interface Scene {
  kernels: readonly [learned: Shown, target: Shown, difference: Shown, slope: Shown];
  maps: readonly [picture: Shown, output: Shown, wanted: Shown, error: Shown];
}

/** Colours mean the same at every step: kernels by target and first kernel, maps by what is wanted. */
export function sceneOf({ picture, target, wanted, moments }: Descent, step: number, dark: boolean): Scene {
  const { weight, output, gradWeight } = moments[step]!;
  const kernels = scaleOf([...target.data, ...moments[0]!.weight.data], dark);
  const maps = scaleOf(wanted.data, dark);
  const size = wanted.shape.slice(-2);
  const shown = (name: string, hint: string, array: Tensor, shape: readonly number[], scale: Scale): Shown => ({ name, hint, array: reshape(array, shape), scale });
  return {
    kernels: [
      shown(words.learned, "", weight, target.shape, kernels),
      shown(words.target, "", target, target.shape, kernels),
      shown(words.difference, words.differenceHint, less(weight, target), target.shape, kernels),
      shown(words.slope, words.slopeHint, gradWeight, target.shape, scaleOf(moments[0]!.gradWeight.data, dark)),
    ],
    maps: [
      shown(words.picture, "", picture, picture.shape, scaleOf(picture.data, dark)),
      shown(words.outputNow, "", output, size, maps),
      shown(words.wantedOutput, "", wanted, size, maps),
      shown(words.error, words.errorHint, less(output, wanted), size, maps),
    ],
  };
}

export function viewOf({ name, array, scale }: Shown, cell: number, at: readonly number[]): CellView {
  const value = array.data[flatIndex(array.shape, at)]!;
  return { text: cellText(value, cell), colour: scale.colour(value), kind: "cell", name: words.arrayName(name, at[0]!, at[1]!, number(value)) };
}

/** The losses on a logarithmic scale: where each lies between the least and the largest, from 0 to 1. */
export interface Curve {
  /** Powers of ten. */
  bottom: number;
  top: number;
  places: number[];
}

const DEEPEST = 16; // powers of ten below the largest loss

export function curveOf({ moments }: Descent): Curve {
  const losses = moments.map(({ loss }) => loss);
  const largest = Math.max(...losses, Number.MIN_VALUE);
  const positive = losses.filter((loss) => loss > 0);
  const top = Math.ceil(Math.log10(largest) - 1e-9);
  const bottom = Math.max(top - DEEPEST, Math.min(top - 1, Math.floor(Math.log10(Math.min(...positive, largest)))));
  const places = losses.map((loss) => (loss > 0 ? Math.max(0, (Math.log10(loss) - bottom) / (top - bottom)) : 0));
  return { bottom, top, places };
}

/** Powers of ten that are written beside the curve: so many that they do not crowd. */
export function ticksOf({ bottom, top }: Curve): number[] {
  const step = Math.max(1, Math.ceil((top - bottom) / 5));
  return Array.from({ length: Math.floor((top - bottom) / step) + 1 }, (_, i) => top - i * step);
}

/** The kernel after the next step is what the rate and the velocity make of this one. */
export const stepTaken = (descent: Descent, step: number): Tensor | null => {
  const [now, next] = [descent.moments[step], descent.moments[step + 1]];
  return now && next ? tensor(descent.target.shape, next.weight.data.map((value, i) => value - now.weight.data[i]!)) : null;
};
