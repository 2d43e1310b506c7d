/** The layer forward and backward, and every cell of its gradients as the sum that it is. */

import { asNumber } from "../../model/state.ts";
import { toTensor } from "../../model/numbers.ts";
import { convolved } from "../../tensor/convolve.ts";
import { convSpec, spans, type ConvSpec } from "../../tensor/geometry.ts";
import { gradBias, gradInput, gradWeight, inputGradientCell, weightGradientCell } from "../../tensor/gradients.ts";
import { flatIndex, inside, product, reshape, tensor, unflatten, type Tensor } from "../../tensor/tensor.ts";
import { total } from "../../tensor/window.ts";
import { fitted } from "./edits.ts";
import type { BackwardsState, Side } from "./state.ts";

export type Setup = Pick<BackwardsState, "input" | "kernel" | "bias" | "grad" | "stride" | "dilation" | "pad">;

/** What there is where the kernel fits its input: all arrays without axes for batch and channel. */
export interface Layer {
  spec: ConvSpec;
  output: Tensor;
  grad: Tensor;
  gradients: Record<Side, Tensor>;
}

export interface Work {
  input: Tensor;
  kernel: Tensor;
  bias: number;
  pad: readonly number[];
  stride: readonly number[];
  dilation: readonly number[];
  layer: Layer | null;
}

export function workOut(setup: Setup): Work {
  const { stride, dilation, pad } = setup;
  const [input, kernel, bias] = [toTensor(setup.input), toTensor(setup.kernel), asNumber(setup.bias, 0)];
  const work = { input, kernel, bias, pad, stride, dilation, layer: null };
  const window = spans(kernel.shape, dilation);
  if (input.shape.some((size, axis) => size + 2 * pad[axis]! < window[axis]!)) return work;
  const spec = convSpec([1, ...input.shape], [1, 1, ...kernel.shape], { stride, dilation, padding: pad, bias: true });
  const [x, w] = [reshape(input, spec.inputShape), reshape(kernel, spec.weightShape)];
  const grad = toTensor(fitted(setup.grad, spec.outputSize));
  const back = reshape(grad, spec.outputShape);
  const options = { stride, dilation, padding: pad };
  const gradients = {
    input: reshape(gradInput(back, w, spec.inputShape, options), input.shape),
    kernel: reshape(gradWeight(back, x, spec.weightShape, options), kernel.shape),
    bias: gradBias(back, spec.dims),
  };
  const output = reshape(convolved(spec, x, w, tensor([1], [bias])), spec.outputSize);
  return { ...work, layer: { spec, output, grad, gradients } };
}

/** One product of a gradient's cell: what came back to an output, times what that output was multiplied by. */
export interface Term {
  output: readonly number[];
  grad: number;
  factor: number;
  product: number;
  /** The weight's place in the kernel, where the factor is one. */
  tap: readonly number[] | null;
  /** The input's place, outside in the padding, where the factor is one. */
  input: readonly number[] | null;
  border: boolean;
}

export interface Selection {
  side: Side;
  cell: readonly number[];
}

export interface WorkedCell extends Selection {
  terms: Term[];
  result: number;
}

/** One cell of a gradient worked out; the terms go through the outputs row by row. */
export function cellWork(work: Work, { side, cell }: Selection): WorkedCell {
  const { spec, grad } = work.layer!;
  const back = reshape(grad, spec.outputShape);
  if (side === "input") {
    const { terms, result } = inputGradientCell(spec, back, reshape(work.kernel, spec.weightShape), cell);
    return {
      side, cell, result,
      terms: terms.map(({ from, value, weight, product: found, kernelCell }) => ({
        output: from, grad: value, factor: weight, product: found, tap: kernelCell, input: null, border: false,
      })),
    };
  }
  if (side === "kernel") {
    const { terms, result } = weightGradientCell(spec, back, reshape(work.input, spec.inputShape), cell);
    return {
      side, cell, result,
      terms: terms.map(({ output, grad: sent, value, product: found, position, border }) => ({
        output, grad: sent, factor: value, product: found, tap: null, input: position, border,
      })),
    };
  }
  const terms = [...grad.data].map((sent, flat): Term => ({
    output: unflatten(grad.shape, flat), grad: sent, factor: 1, product: sent, tap: null, input: null, border: false,
  }));
  return { side, cell, terms, result: total(terms) };
}

/** The cell that is asked for, or the nearest that there is; the one in the middle where none is said. */
export function chosenCell(work: Work, side: Side, cell: readonly number[] | null): Selection | null {
  if (!work.layer) return null;
  return { side, cell: work.layer.gradients[side].shape.map((size, axis) => Math.min(cell?.[axis] ?? Math.floor((size - 1) / 2), size - 1)) };
}

export const stepCount = (work: Work, side: Side): number => (work.layer ? work.layer.gradients[side].data.length : 0);
export const stepOf = (work: Work, { side, cell }: Selection): number => flatIndex(work.layer!.gradients[side].shape, cell);
export const cellAt = (work: Work, side: Side, step: number): number[] => unflatten(work.layer!.gradients[side].shape, step);

/** What comes back as a convolution sees it that makes the input's gradient: zeros between the cells, and around. */
export interface Spread {
  shape: number[];
  first: number[];
  /** The number there, and whether it is one of dL/dY. */
  at: (place: readonly number[]) => { value: number; source: readonly number[] | null };
}

export function spreadOf({ input, kernel, pad, stride, dilation, layer }: Work): Spread {
  const { grad } = layer!;
  const reach = kernel.shape.map((taps, axis) => dilation[axis]! * (taps - 1));
  return {
    shape: input.shape.map((size, axis) => size + reach[axis]!),
    first: pad.map((cells, axis) => cells - reach[axis]!),
    at: (place) => {
      const source = place.map((n, axis) => n / stride[axis]!);
      const there = source.every(Number.isInteger) && inside(source, grad.shape);
      return there ? { value: grad.data[flatIndex(grad.shape, source)]!, source } : { value: 0, source: null };
    },
  };
}

/** The loss ½ Σ (Y − wanted)², whose gradient at the output is the one given, when one number is a little larger. */
export interface Nudged {
  by: number;
  loss: number;
  /** (loss − loss before) / by. */
  quotient: number;
}

export const NUDGES = [1, 0.1, 0.01, 0.001] as const;

export function nudges(work: Work, { side, cell }: Selection): { before: number; wanted: Tensor; rows: Nudged[] } {
  const { spec, output, grad } = work.layer!;
  const wanted = tensor(output.shape, output.data.map((y, i) => y - grad.data[i]!));
  const lossOf = ({ data }: Tensor): number => data.reduce((all, y, i) => all + (y - wanted.data[i]!) ** 2, 0) / 2;
  const moved = (array: Tensor, by: number): Tensor => {
    const at = flatIndex(array.shape, cell);
    return tensor(array.shape, array.data.map((value, i) => (i === at ? value + by : value)));
  };
  const before = lossOf(output);
  const rows = NUDGES.map((by): Nudged => {
    const x = side === "input" ? moved(work.input, by) : work.input;
    const w = side === "kernel" ? moved(work.kernel, by) : work.kernel;
    const b = side === "bias" ? work.bias + by : work.bias;
    const loss = lossOf(convolved(spec, reshape(x, spec.inputShape), reshape(w, spec.weightShape), tensor([1], [b])));
    return { by, loss, quotient: (loss - before) / by };
  });
  return { before, wanted, rows };
}

/** The kernel turned by 180°. */
export const turnedKernel = ({ kernel }: Work): Tensor => tensor(kernel.shape, kernel.data.slice().reverse());

export const cellsOf = (shape: readonly number[]): number[][] => Array.from({ length: product(shape) }, (_, flat) => unflatten(shape, flat));
