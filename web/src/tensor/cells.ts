/** Which input cell lies under each cell of each window: the one index map that every operation goes by. */

import { sourceIndex } from "./borders.ts";
import type { Sliding } from "./geometry.ts";
import { product, strides, unflatten } from "./tensor.ts";

/** The coordinate along one axis that tap t of output cell o lies on; outside the input where not in [0, size). */
export function positionAt(spec: Sliding, axis: number, output: number, tap: number): number {
  return output * spec.stride[axis]! - spec.pads[axis]![0] + tap * spec.dilation[axis]!;
}

/** The input cell that is seen at a coordinate along one axis; −1 where a constant lies or nothing takes part. */
export function sourceAt(spec: Sliding, axis: number, position: number): number {
  return sourceIndex(position, spec.inputSize[axis]!, spec.border?.mode ?? "constant");
}

/**
 * Visits every window, in the order of the output cells, with the flat input cell under each of the kernel's cells.
 *
 * `cells` is −1 where a constant lies, or where nothing takes part. It is written anew for each window: copy what is
 * to be kept.
 */
export function eachWindow(spec: Sliding, visit: (output: number, cells: Int32Array) => void): void {
  const outputs = product(spec.outputSize);
  const taps = product(spec.kernelSize);
  const steps = strides(spec.inputSize);
  const maps = spec.outputSize.map((_, axis) => axisSources(spec, axis));
  const tapIndex = Array.from({ length: taps }, (_, t) => unflatten(spec.kernelSize, t));
  const along = spec.kernelSize.map((_, axis) => Int32Array.from(tapIndex, (index) => index[axis]!));
  const cells = new Int32Array(taps);
  for (let output = 0; output < outputs; output++) {
    cells.fill(0);
    unflatten(spec.outputSize, output).forEach((o, axis) => {
      const [map, of, step, first] = [maps[axis]!, along[axis]!, steps[axis]!, o * spec.kernelSize[axis]!];
      for (let t = 0; t < taps; t++) {
        const source = map[first + of[t]!]!;
        if (source < 0) cells[t] = -1;
        else if (cells[t]! >= 0) cells[t]! += source * step;
      }
    });
    visit(output, cells);
  }
}

/** `sourceAt` for all output cells and taps of an axis. */
function axisSources(spec: Sliding, axis: number): Int32Array {
  const taps = spec.kernelSize[axis]!;
  return Int32Array.from({ length: spec.outputSize[axis]! * taps }, (_, i) =>
    sourceAt(spec, axis, positionAt(spec, axis, Math.floor(i / taps), i % taps)),
  );
}

/** The number outside: that of a constant border, else 0. */
export function outsideValue(spec: Sliding): number {
  return spec.border?.value ?? 0;
}
