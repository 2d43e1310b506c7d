/** What a layer takes, computed in four ways; the layers that are offered; and what the engine's algorithms are kinds of. */

import { countColumns, countLoops, countSpectra, countTiles, type Count } from "../../tensor/counts.ts";
import { convSpec, type ConvSpec } from "../../tensor/geometry.ts";
import { product } from "../../tensor/tensor.ts";
import type { Layer } from "./state.ts";
import type { Work } from "./work.ts";

export const WAYS = ["loops", "im2col", "winograd", "fft"] as const;
export type Way = (typeof WAYS)[number];

/** Layers that people meet. */
export const LAYERS = {
  resnet: { channels: 64, kernels: 64, rows: 56, columns: 56, size: 3, stride: 1 },
  deep: { channels: 512, kernels: 512, rows: 7, columns: 7, size: 3, stride: 1 },
  stem: { channels: 3, kernels: 64, rows: 224, columns: 224, size: 7, stride: 2 },
  pointwise: { channels: 256, kernels: 64, rows: 56, columns: 56, size: 1, stride: 1 },
  photograph: { channels: 1, kernels: 1, rows: 512, columns: 512, size: 31, stride: 1 },
} as const satisfies Record<string, Layer>;

/** The layer that is counted: one by its sizes, or the one that is drawn; null where that is impossible. */
export function countedSpec(work: Work, layer: Layer | null): ConvSpec | null {
  if (layer === null) return work.made?.spec ?? null;
  const { channels, kernels, rows, columns, size, stride } = layer;
  const half = Math.floor(size / 2);
  if (size > Math.min(rows, columns) + 2 * half) return null;
  return convSpec([channels, rows, columns], [kernels, channels, size, size], { stride, padding: half });
}

export interface Cost {
  way: Way;
  /** Null where the way does not serve. */
  count: (Count & { additions: number; moved: number }) | null;
}

/** Numbers moved: input, weights and output once, and what is held between written once and read once. */
export function costsOf(spec: ConvSpec): Cost[] {
  const once = product(spec.inputShape) + spec.weights + product(spec.outputShape);
  const counts: Record<Way, Count | null> = {
    loops: countLoops(spec), im2col: countColumns(spec), winograd: spec.dims === 1 ? countSignalTiles(spec) : countTiles(spec),
    fft: countSpectra(spec),
  };
  return WAYS.map((way) => {
    const count = counts[way];
    return {
      way,
      count: count && { ...count, additions: count.operations - count.multiplications, moved: once + 2 * count.workspace },
    };
  });
}

/** Tiles along a signal: 4 products each, 4 additions for the data, 4 for the sums, and 4 operations a kernel. */
function countSignalTiles(spec: ConvSpec): Count | null {
  if (spec.kernelSize[0] !== 3 || spec.stride[0] !== 1 || spec.dilation[0] !== 1) return null;
  const tiles = Math.ceil(spec.outputSize[0]! / 2);
  const [inputs, outputs] = [spec.inChannels, spec.outChannels];
  const multiplications = 4 * tiles * inputs * outputs;
  return {
    operations: 2 * multiplications - 4 * tiles * outputs + 4 * tiles * (inputs + outputs),
    multiplications,
    workspace: 4 * (inputs * outputs + tiles * (inputs + outputs)),
    once: 4 * inputs * outputs,
  };
}

/** Which of the ways an algorithm of the engine is. */
export const FAMILIES: Record<string, Way> = {
  reference: "loops", direct: "loops", tiled: "loops", rows: "loops", depthwise: "loops", grouped: "loops",
  im2col: "im2col",
  "winograd-2": "winograd", "winograd-4": "winograd",
  fft: "fft", "overlap-add": "fft", "overlap-save": "fft",
};
