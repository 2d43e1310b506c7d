/** Eigenvalues of small symmetric matrices. */

import type { Tensor } from "./tensor.ts";

const MOST_SWEEPS = 40;

/**
 * The eigenvalues of a symmetric matrix, the least first, by Jacobi's rotations: each makes one entry beside the
 * diagonal 0 (Golub, Van Loan, Matrix Computations, 8.5).
 */
export function eigenvalues({ shape, data }: Tensor): number[] {
  const size = shape[0]!;
  const a = data.slice();
  const at = (row: number, column: number): number => a[row * size + column]!;
  const whole = Math.hypot(...a);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let beside = 0;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        beside = Math.hypot(beside, at(p, q));
        if (at(p, q) !== 0) rotate(a, size, p, q);
      }
    }
    if (beside <= 1e-15 * whole) break;
  }
  return Array.from({ length: size }, (_, i) => at(i, i)).sort((one, other) => one - other);
}

/** Rotates rows and columns p and q, so that the entry where they meet becomes 0. */
function rotate(a: Float64Array, size: number, p: number, q: number): void {
  const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * a[p * size + q]!);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  const turn = (first: number, second: number): void => {
    const [one, other] = [a[first]!, a[second]!];
    a[first] = cosine * one - sine * other;
    a[second] = sine * one + cosine * other;
  };
  for (let i = 0; i < size; i++) turn(i * size + p, i * size + q);
  for (let i = 0; i < size; i++) turn(p * size + i, q * size + i);
}
