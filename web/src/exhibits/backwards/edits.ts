/** What the controls do to a state: changes of size keep the numbers that stay. */

import { fixedWeights } from "../../generated/kernel-weights.ts";
import { resized } from "../../model/numbers.ts";
import { alike } from "../../model/state.ts";
import { convSpec, spans } from "../../tensor/geometry.ts";
import { box, gaussian, identity } from "../../tensor/designs.ts";
import { product, type Tensor } from "../../tensor/tensor.ts";
import { plainLayer, zeros, type BackwardsState, type Dims, type Numbers } from "./state.ts";

type Patch = Partial<BackwardsState>;

/** What comes back, in the output's sides: cut, or filled up with zeros. */
export const fitted = (grad: Numbers, shape: readonly number[]): Numbers => (alike(grad.shape, shape) ? grad : resized(grad, shape));

/** A change of the layer, with as many numbers coming back as it has outputs. */
export function withLayer(state: BackwardsState, patch: Patch): Patch {
  const { input, kernel, grad, stride, dilation, pad } = { ...state, ...patch };
  const window = spans(kernel.shape, dilation);
  if (input.shape.some((size, axis) => size + 2 * pad[axis]! < window[axis]!)) return patch;
  const spec = convSpec([1, ...input.shape], [1, 1, ...kernel.shape], { stride, dilation, padding: pad });
  return { ...patch, grad: fitted(grad, spec.outputSize) };
}

export function inDimensions(dims: Dims): Patch {
  const all = (value: number) => new Array<number>(dims).fill(value);
  const { input, kernel, grad } = plainLayer(dims);
  return { dims, input, kernel, grad, stride: all(1), dilation: all(1), pad: all(0), cell: null, pinned: false };
}

/** Another kernel to be found; the learner starts anew from zeros where its shape is another. */
export const withTarget = ({ start }: BackwardsState, target: Numbers): Patch => ({
  target, start: alike(start.shape, target.shape) ? start : zeros(target.shape), step: 0,
});

const numbersOf = ({ shape, data }: Tensor): Numbers => ({ shape: [...shape], data: [...data] });

/** Named kernels that are small enough to be learned, as `convolens.parse_kernel` knows them. */
export const TARGETS: Readonly<Record<string, Numbers>> = {
  ...fixedWeights,
  identity: numbersOf(identity(3)),
  box: numbersOf(box(3)),
  "gaussian:size=5": numbersOf(gaussian(1, 5)),
};

/** Random numbers from −1 to 1, to two decimals. */
export const noise = (shape: readonly number[]): Numbers => ({
  shape: [...shape],
  data: Array.from({ length: product(shape) }, () => Math.round(200 * Math.random() - 100) / 100),
});
