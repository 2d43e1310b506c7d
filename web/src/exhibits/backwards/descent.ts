/** A kernel that goes down the loss until it is the target, and how large its steps may be. */

import { toTensor } from "../../model/numbers.ts";
import { asNumber } from "../../model/state.ts";
import { convolved } from "../../tensor/convolve.ts";
import { convSpec } from "../../tensor/geometry.ts";
import { curvatures, descent, type Moment } from "../../tensor/learning.ts";
import { reshape, tensor, type Tensor } from "../../tensor/tensor.ts";
import type { BackwardsState } from "./state.ts";

export type Course = Pick<BackwardsState, "picture" | "target" | "start" | "rate" | "momentum" | "steps">;

const FLAT = 1e-10; // of the steepest direction: the picture says nothing about such a one
const NEAR = 0.005; // of a weight that has arrived: no further from the target

export interface Descent {
  picture: Tensor;
  target: Tensor;
  wanted: Tensor;
  rate: number;
  momentum: number;
  moments: Moment[];
  /** The loss bends most, and least, by these. */
  steepest: number;
  flattest: number;
  /** How many directions of the kernel change nothing in the output. */
  flat: number;
  /** At this rate the kernel comes no nearer: 2 (1 + momentum) / steepest. */
  largestRate: number;
  verdict: "diverges" | "edge" | "arrives" | "nears" | "untold";
}

export function descend(course: Course): Descent {
  const [picture, target] = [toTensor(course.picture), toTensor(course.target)];
  const [rate, momentum] = [asNumber(course.rate, 0), asNumber(course.momentum, 0)];
  const spec = convSpec([1, ...picture.shape], [1, 1, ...target.shape]);
  const [x, goal] = [reshape(picture, spec.inputShape), reshape(target, spec.weightShape)];
  const start = reshape(toTensor(course.start), spec.weightShape);
  const moments = descent(spec, x, goal, start, { rate, momentum, steps: course.steps });
  const bends = curvatures(x, target.shape);
  const [steepest, flattest] = [bends.at(-1) ?? 0, bends[0] ?? 0];
  const flat = bends.filter((bend) => bend <= FLAT * steepest).length;
  const largestRate = steepest > 0 ? (2 * (1 + momentum)) / steepest : Infinity;
  const found = { picture, target, wanted: convolved(spec, x, goal), rate, momentum, moments, steepest, flattest, flat, largestRate };
  return { ...found, verdict: verdictOf(found) };
}

function verdictOf({ moments, rate, largestRate, flat, target }: Omit<Descent, "verdict">): Descent["verdict"] {
  const [first, last] = [moments[0]!, moments.at(-1)!];
  const moves = first.loss > 0;
  if (moves && rate > largestRate) return "diverges";
  if (moves && rate === largestRate) return "edge";
  if (largestDifference(last.weight, target) < NEAR) return "arrives";
  return flat ? "untold" : "nears";
}

export const largestDifference = ({ data }: Tensor, target: Tensor): number =>
  data.reduce((most, value, i) => Math.max(most, Math.abs(value - target.data[i]!)), 0);

/** The step that is asked for, or the last that there is. */
export const stepShown = ({ moments }: Descent, step: number): number => Math.max(0, Math.min(step, moments.length - 1));

/** Two arrays' numbers, one less the other. */
export const less = (one: Tensor, other: Tensor): Tensor => tensor(other.shape, one.data.map((value, i) => value - other.data[i]!));

/** Steps that an animation shows of so many: each of the first, then fewer and fewer. */
export function keySteps(last: number): number[] {
  const steps = new Set<number>([0]);
  for (let step = 1; step < last; step = Math.max(step + 1, Math.round(step * 1.15))) steps.add(step);
  return [...steps.add(last)];
}
