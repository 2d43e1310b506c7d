/** Edges: how steeply a photograph changes at every pixel, and in which direction. */

import { AS_IT_IS } from "./lanes.ts";
import { type Pixels, type RowSums, picture, rowSums } from "./photo.ts";
import type { Planes } from "./photo-planes.ts";
import { type Tensor, fromNested, transpose } from "./tensor.ts";

/** The smoothing across the difference: 1 2 1, 3 10 3 (nearly the same in all directions), or 1 1 1. */
export type Operator = "sobel" | "scharr" | "prewitt";

const SMOOTHING: Record<Operator, readonly [number, number, number]> = {
  sobel: [1, 2, 1], scharr: [3, 10, 3], prewitt: [1, 1, 1],
};

/** The kernels that measure the change to the right and downward. */
export function gradientKernels(operator: Operator): { across: Tensor; down: Tensor } {
  const across = fromNested(SMOOTHING[operator].map((weight) => [-weight, 0, weight]));
  return { across, down: transpose(across) };
}

/** How steep the photograph is: √(gx² + gy²) / s, so that an edge between grey 0 and grey 100 measures 100. */
export function edgeMagnitude(planes: Planes, operator: Operator = "sobel"): Pixels {
  const { across, down } = gradientKernels(operator);
  const [right, below] = [rowSums(planes, across, false), rowSums(planes, down, false)];
  const [a, b] = [planes.workingRow(5), planes.workingRow(6)];
  const sums: RowSums = (plane, row, target) => {
    right.sums(plane, row, a);
    below.sums(plane, row, b);
    planes.lanes.length(a, b, target, planes.width);
  };
  const smoothing = SMOOTHING[operator].reduce((all, weight) => all + weight, 0);
  // Both kernels have the same largest weight, and so the same factor.
  return picture(planes, sums, right.factor / smoothing, 0, AS_IT_IS);
}

/**
 * The direction in which a plane gets brighter, in degrees, counter-clockwise as the picture is seen: 0 to the right,
 * 90 upward; 0 where it is flat.
 */
export function edgeDirection(planes: Planes, operator: Operator = "sobel", plane = 0): Float32Array<ArrayBuffer> {
  const { width, height, lanes } = planes;
  const { across, down } = gradientKernels(operator);
  const [right, below] = [rowSums(planes, across, false), rowSums(planes, down, false)];
  const [a, b] = [planes.workingRow(5), planes.workingRow(6)];
  const [x, y] = [new Float32Array(lanes.buffer, a, width), new Float32Array(lanes.buffer, b, width)];
  const degrees = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    right.sums(plane, row, a);
    below.sums(plane, row, b);
    for (let i = 0; i < width; i++) {
      degrees[row * width + i] = (Math.atan2(0 - y[i]!, x[i]!) * 180) / Math.PI; // −y would turn 0 into −0
    }
  }
  return degrees;
}

