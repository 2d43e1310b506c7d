/** The convolution as a matrix: one row for each output cell, one column for each input cell. */

import { eachWindow, outsideValue } from "./cells.ts";
import { checkShape, firstChannel, laidOn } from "./convolve.ts";
import type { ConvSpec } from "./geometry.ts";
import { type Tensor, product, tensor } from "./tensor.ts";

/** The entries of one batch item's matrix, row by row: one for each weight at each output cell that meets the image. */
export interface Toeplitz {
  readonly rows: number;
  readonly columns: number;
  /** The entries of row r are those from rowStarts[r] to rowStarts[r + 1]. */
  readonly rowStarts: Int32Array;
  /** The flat input cell of each entry. Where a border shows a cell again, there are several; they add up. */
  readonly column: Int32Array;
  readonly value: Float64Array;
  /** Which weight it is: its flat place in the kernels as given. */
  readonly weight: Int32Array;
}

/** Writes a convolution as a matrix A, so that vec(y) = A vec(x) + b; `toeplitzOffset` gives b. */
export function toeplitz(spec: ConvSpec, weight: Tensor): Toeplitz {
  checkShape("weight", weight, spec.weightShape);
  const [inCells, outCells, taps] = [product(spec.inputSize), product(spec.outputSize), product(spec.kernelSize)];
  const windows: Int32Array[] = [];
  eachWindow(spec, (_, cells) => windows.push(cells.slice()));
  const perGroup = spec.weightShape[1]!;
  const rows = spec.outChannels * outCells;
  const rowStarts = new Int32Array(rows + 1);
  const [column, which]: [number[], number[]] = [[], []];
  for (let row = 0; row < rows; row++) {
    const kernel = Math.floor(row / outCells);
    const cells = windows[row % outCells]!;
    for (let c = 0; c < perGroup; c++) {
      const plane = (firstChannel(spec, kernel) + c) * inCells;
      for (let t = 0; t < taps; t++) {
        if (cells[t]! < 0) continue;
        column.push(plane + cells[t]!);
        which.push((kernel * perGroup + c) * taps + (spec.flip ? taps - 1 - t : t));
      }
    }
    rowStarts[row + 1] = column.length;
  }
  const value = Float64Array.from(which, (at) => weight.data[at]!);
  const columns = spec.inChannels * inCells;
  return { rows, columns, rowStarts, column: Int32Array.from(column), value, weight: Int32Array.from(which) };
}

/** The part of a convolution that does not depend on the image: bias and constant border, flat. */
export function toeplitzOffset(spec: ConvSpec, weight: Tensor, bias: Tensor | null = null): Float64Array {
  checkShape("weight", weight, spec.weightShape);
  const laid = laidOn(spec, weight).data;
  const [outCells, taps] = [product(spec.outputSize), product(spec.kernelSize)];
  const offset = new Float64Array(spec.outChannels * outCells);
  const perKernel = spec.weights / spec.outChannels;
  eachWindow(spec, (output, cells) => {
    for (let k = 0; k < spec.outChannels; k++) {
      let sum = bias ? bias.data[k]! : 0;
      for (let i = 0; i < perKernel; i++) {
        if (cells[i % taps]! < 0) sum += laid[k * perKernel + i]! * outsideValue(spec);
      }
      offset[k * outCells + output] = sum;
    }
  });
  return offset;
}

/** The matrix with all of its zeros; for small ones. */
export function dense({ rows, columns, rowStarts, column, value }: Toeplitz): Tensor {
  const matrix = tensor([rows, columns]);
  for (let row = 0; row < rows; row++) {
    for (let at = rowStarts[row]!; at < rowStarts[row + 1]!; at++) {
      matrix.data[row * columns + column[at]!]! += value[at]!;
    }
  }
  return matrix;
}
