/** How a state of the matrix view from outside is taken in; the state itself is defined in Python. */

import {
  borderNames, matrixViewControls, matrixViewDefaults as defaults, matrixViewPresets,
  type BorderName, type Layer, type MatrixViewState, type Numbers,
} from "../../generated/states.ts";
import { asBoolean, asChoice, asNames, asNumber, asRecord, asWhole, plainNumber } from "../../model/state.ts";
import { product } from "../../tensor/tensor.ts";

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
  const input = cells(given.input, MOST_CHANNELS, 0);
  const weight = cells(given.weight, MOST_CHANNELS * MOST_KERNELS, 1);
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
    cell: place(given.cell, axesOf(side, arrays.input.shape.length)),
    pinned: asBoolean(given.pinned, false),
    layer: layer(given.layer),
  };
}

const axesOf = (side: Side, axes: number): number => (side === "matrix" || side === "columns" ? 2 : side === "kernel" ? axes + 1 : axes);

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


/** Arrays that were looked at before: they are never changed in place. */
const known = new WeakSet<Numbers>();

function cells(raw: unknown, mostSlices: number, which: 0 | 1): Numbers | null {
  const { shape, data } = asRecord(raw);
  if (!Array.isArray(shape) || (shape.length !== 2 && shape.length !== 3) || !Array.isArray(data)) return null;
  const most = LARGEST[(shape.length - 1) as 1 | 2][which];
  if (!shape.every((n, axis) => Number.isInteger(n) && n >= 1 && n <= (axis ? most : mostSlices))) return null;
  if (data.length !== product(shape as number[])) return null;
  if (known.has(raw as Numbers)) return raw as Numbers;
  const taken = { shape: [...(shape as number[])], data: data.map((value) => plainNumber(asNumber(value, 0))) };
  known.add(taken);
  return taken;
}

function place(raw: unknown, axes: number): number[] | null {
  const fits = Array.isArray(raw) && raw.length === axes && raw.every((n) => Number.isInteger(n) && n >= 0 && n <= 4096);
  return fits ? (raw as number[]) : null;
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
