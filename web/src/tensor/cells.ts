/** Which input cell lies under each cell of each window: the one index map that every operation goes by. */

import { sourceIndex } from "./borders.ts";
import type { Sliding } from "./geometry.ts";
import { product, unflatten } from "./tensor.ts";

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
  const maps = spec.outputSize.map((_, axis) => axisPlaces(spec, axis));
  const last = spec.dims - 1;
  const [outputs, taps] = [spec.outputSize[last]!, spec.kernelSize[last]!];
  const leadOutputs = spec.outputSize.slice(0, last);
  const leadTaps = spec.kernelSize.slice(0, last);
  const tapIndex = Array.from({ length: product(leadTaps) }, (_, t) => unflatten(leadTaps, t));
  const places = new Int32Array(tapIndex.length);
  const cells = new Int32Array(tapIndex.length * taps);
  const own = maps[last]!;
  for (let lead = 0; lead < product(leadOutputs); lead++) {
    const index = unflatten(leadOutputs, lead);
    const placeOf = (axis: number, tap: number): number => maps[axis]![index[axis]! * leadTaps[axis]! + tap]!;
    tapIndex.forEach((tap, t) => {
      places[t] = tap.reduce((sum, at, axis) => sum + placeOf(axis, at), 0);
    });
    for (let o = 0; o < outputs; o++) {
      let i = 0;
      for (let t = 0; t < places.length; t++) {
        const place = places[t]!;
        for (let u = o * taps; u < (o + 1) * taps; u++) {
          const cell = place + own[u]!;
          cells[i++] = cell < 0 ? -1 : cell;
        }
      }
      visit(lead * outputs + o, cells);
    }
  }
}

const NOWHERE = -(2 ** 28); // less than the sum of any places

/** For all output cells and taps of an axis, how far their source lies from the first cell. */
function axisPlaces(spec: Sliding, axis: number): Int32Array {
  const taps = spec.kernelSize[axis]!;
  const step = product(spec.inputSize.slice(axis + 1));
  return Int32Array.from({ length: spec.outputSize[axis]! * taps }, (_, i) => {
    const source = sourceAt(spec, axis, positionAt(spec, axis, Math.floor(i / taps), i % taps));
    return source < 0 ? NOWHERE : source * step;
  });
}

/** The number outside: that of a constant border, else 0. */
export function outsideValue(spec: Sliding): number {
  return spec.border?.value ?? 0;
}
