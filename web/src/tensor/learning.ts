/** Gradient descent, one step at a time: a kernel is changed until its output is that of the target. */

import { convolved } from "./convolve.ts";
import { eigenvalues } from "./eigenvalues.ts";
import { gradWeight } from "./gradients.ts";
import { type ConvSpec, optionsOf } from "./geometry.ts";
import { type Shape, type Tensor, multiply, tensor, transpose } from "./tensor.ts";
import { unfold } from "./unfold.ts";

/** How far an output is from its target: the mean of squared differences, and its gradient 2 (y − t) / cells. */
export function squaredError(output: Tensor, target: Tensor): { loss: number; grad: Tensor } {
  const cells = output.data.length;
  const off = output.data.map((y, i) => y - target.data[i]!);
  const loss = off.reduce((all, difference) => all + difference * difference, 0) / cells;
  return { loss, grad: tensor(output.shape, off.map((difference) => (2 * difference) / cells)) };
}

/** Weights, less their gradients times the rate. */
function descend(parameters: Tensor, gradient: Tensor, rate: number): Tensor {
  return tensor(parameters.shape, parameters.data.map((value, i) => value - rate * gradient.data[i]!));
}

/** A kernel on its way: its loss, and the gradient that it goes against next. */
export interface Moment {
  readonly weight: Tensor;
  readonly output: Tensor;
  readonly loss: number;
  readonly gradWeight: Tensor;
}

export interface Pace {
  readonly rate: number;
  /** Of the velocity, how much is left after a step: velocity = momentum · velocity + gradient. */
  readonly momentum: number;
  readonly steps: number;
}

/** The way of a kernel: before the first step and after each, as far as its numbers are finite. */
export function descent(spec: ConvSpec, x: Tensor, target: Tensor, start: Tensor, { rate, momentum, steps }: Pace): Moment[] {
  const wanted = convolved(spec, x, target);
  const moments: Moment[] = [];
  let [weight, velocity] = [start, tensor(start.shape)];
  for (let step = 0; step <= steps; step++) {
    const output = convolved(spec, x, weight);
    const { loss, grad } = squaredError(output, wanted);
    if (!Number.isFinite(loss)) break;
    const back = gradWeight(grad, x, weight.shape, optionsOf(spec));
    moments.push({ weight, output, loss, gradWeight: back });
    velocity = tensor(start.shape, back.data.map((slope, i) => momentum * velocity.data[i]! + slope));
    weight = descend(weight, velocity, rate);
  }
  return moments;
}

/**
 * How the loss bends, by the eigenvalues of its second derivatives, 2/cells · Σ window ⊗ window; the least first.
 *
 * Descent comes nearer along each of them as long as its rate is below 2 (1 + momentum) / eigenvalue.
 */
export function curvatures(x: Tensor, kernelSize: Shape): number[] {
  const { columns } = unfold(x, kernelSize);
  const squares = multiply(columns, transpose(columns));
  const share = 2 / columns.shape[1]!;
  return eigenvalues(tensor(squares.shape, squares.data.map((sum) => share * sum)));
}
