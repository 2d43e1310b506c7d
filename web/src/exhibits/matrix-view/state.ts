/** How a state of the matrix view from outside is taken in; the state itself is defined in Python. */

import {
  borderNames, matrixViewControls, matrixViewDefaults as defaults, matrixViewPresets,
  type BorderName, type Layer, type MatrixViewState, type Numbers,
} from "../../generated/states.ts";
import { asNumbers, asPlace } from "../../model/arrays.ts";
import { asBoolean, asChoice, asNames, asRecord, asWhole } from "../../model/state.ts";

export { borderNames, defaults, matrixViewPresets as presets };
export type { BorderName, Layer, MatrixViewState, Numbers };

export const VIEWS = ["toeplitz", "im2col", "winograd", "fft"] as const;
export const OPERATIONS = ["correlation", "convolution"] as const;
export const PADDINGS = ["valid", "same", "full"] as const;
const SIDES = ["output", "input", "kernel", "matrix", "columns"] as const;
export type View = MatrixViewState["view"];
export type Side = MatrixViewState["side"];

export const MOST_CHANNELS = 3;
export const MOST_KERNELS = 3;
export const LARGEST_STEP = 4;
/** Cells along a side of input and kernel, by dimensions. */
export const LARGEST = { 1: [24, 9], 2: [8, 5] } as const;

/** The sizes of a layer, and how far they go. */
export const LAYER_SIZES = { channels: 1024, kernels: 1024, rows: 2048, columns: 2048, size: 63, stride: 4 } as const;
export type LayerSize = keyof typeof LAYER_SIZES;

/** Takes a state from anything; input and kernels are the default's, both of them, where they do not fit. */
export function complete(raw: unknown): MatrixViewState {
  const given = asRecord(raw);
  const input = asNumbers(given.input, within(MOST_CHANNELS, 0));
  const weight = asNumbers(given.weight, within(MOST_CHANNELS * MOST_KERNELS, 1));
  const arrays = input && weight && fitting(input, weight) ? { input, weight } : { input: defaults.input, weight: defaults.weight };
  const side = asChoice<Side>(given.side, SIDES, "output");
  return {
    exhibit: "matrix-view",
    version: 1,
    locked: asNames(given.locked, matrixViewControls),
    hidden: asNames(given.hidden, matrixViewControls),
    view: asChoice<View>(given.view, VIEWS, "toeplitz"),
    ...arrays,
    operation: asChoice<MatrixViewState["operation"]>(given.operation, OPERATIONS, "correlation"),
    stride: asWhole(given.stride, 1, LARGEST_STEP, 1),
    dilation: asWhole(given.dilation, 1, LARGEST_STEP, 1),
    padding: asChoice<MatrixViewState["padding"]>(given.padding, PADDINGS, "valid"),
    border: asChoice<BorderName>(given.border, borderNames, "constant"),
    transposed: asBoolean(given.transposed, false),
    side,
    cell: asPlace(given.cell, axesOf(side, arrays.input.shape.length), { most: 4096 }),
    pinned: asBoolean(given.pinned, false),
    layer: layer(given.layer),
  };
}

const axesOf = (side: Side, axes: number): number => (side === "matrix" || side === "columns" ? 2 : side === "kernel" ? axes + 1 : axes);

/** Whether slices of one or two dimensions are no larger than inputs (0) or kernels (1) may be. */
const within = (slices: number, which: 0 | 1) => (shape: readonly number[]): boolean =>
  (shape.length === 2 || shape.length === 3) && shape.every((n, axis) => n <= (axis ? LARGEST[(shape.length - 1) as 1 | 2][which] : slices));

const fitting = (input: Numbers, weight: Numbers): boolean => {
  const kernels = weight.shape[0]! / input.shape[0]!;
  return input.shape.length === weight.shape.length && Number.isInteger(kernels) && kernels <= MOST_KERNELS;
};

export const kernelsOf = ({ input, weight }: Pick<MatrixViewState, "input" | "weight">): number => weight.shape[0]! / input.shape[0]!;

/** An example's state, all of it; what a teacher set stays. */
export function preset(name: string): Partial<MatrixViewState> {
  const { locked: _, hidden: __, ...rest } = complete({ ...defaults, ...matrixViewPresets[name] });
  return rest;
}

function layer(raw: unknown): Layer | null {
  if (raw === null) return null;
  const given = asRecord(raw);
  const size = (name: LayerSize) => asWhole(given[name], 1, LAYER_SIZES[name], defaults.layer![name]);
  return {
    channels: size("channels"), kernels: size("kernels"), rows: size("rows"), columns: size("columns"),
    size: size("size"), stride: size("stride"),
  };
}
