/** The specification of one pooling: what its windows cover, and every shape and count that follows. */

import { type Border, type BorderLike, parseBorder } from "./borders.ts";
import { type Sliding, checkExtents, spans } from "./geometry.ts";
import { type Pair, type Padding, type PerDimension, perDimension, resolvePadding, wholeShape } from "./padding.ts";
import { refuse } from "./refusals.ts";
import { type Shape, product } from "./tensor.ts";

export interface PoolOptions {
  /** Step from window to window; by default the window. */
  readonly stride?: PerDimension | null;
  readonly padding?: Padding;
  readonly dilation?: PerDimension;
  /** Round the output size up: a last window may stick out behind, unless it would start there. */
  readonly ceilMode?: boolean;
  /** What lies outside and takes part; by default nothing does. */
  readonly border?: BorderLike | null;
}

/** What is asked of one pooling; each channel is pooled by itself. */
export interface PoolSpec extends Sliding {
  readonly ceilMode: boolean;
  /** Comparisons or additions by the definition: one for each window cell at each output cell. */
  readonly macs: number;
}

/**
 * Specifies a pooling. The window is one number a dimension; a single one stands for all dimensions of an input that
 * has a batch axis. Without a border every window must meet the input.
 */
export function poolSpec(inputShape: Shape, window: PerDimension, options: PoolOptions = {}): PoolSpec {
  const input = wholeShape(inputShape, "input shape");
  const dims = typeof window === "number" ? input.length - 2 : window.length;
  if (dims < 1 || (input.length !== dims + 1 && input.length !== dims + 2)) refuse("poolAxes", input, window);
  const kernelSize = perDimension(window, dims, "window");
  const stride = perDimension(options.stride ?? window, dims, "stride");
  const dilation = perDimension(options.dilation ?? 1, dims, "dilation");
  const ceilMode = options.ceilMode ?? false;
  const border: Border | null = options.border == null ? null : parseBorder(options.border);
  const inputSize = input.slice(-dims);
  const channels = input[input.length - dims - 1]!;
  if ([channels, ...inputSize].some((n) => n < 1)) refuse("emptyInput", input);
  const windowSize = spans(kernelSize, dilation);
  const pads = resolvePadding(options.padding ?? 0, inputSize, windowSize, stride);
  const paddedSize = inputSize.map((size, i) => size + pads[i]![0] + pads[i]![1]);
  const outputSize = paddedSize.map((padded, i) => {
    const room = padded - windowSize[i]!;
    if (!ceilMode) return Math.floor(room / stride[i]!) + 1;
    const startsWithin = Math.floor((inputSize[i]! + pads[i]![0] - 1) / stride[i]!) + 1;
    return Math.min(Math.ceil(room / stride[i]!) + 1, startsWithin);
  });
  const hasBatch = input.length === dims + 2;
  const batch = hasBatch ? input[0]! : 1;
  const outputShape = [...(hasBatch ? [batch] : []), channels, ...outputSize];
  checkExtents(input, outputShape, [channels, ...paddedSize], pads);
  outputSize.forEach((outputs, i) => {
    const [size, span, cells, step] = [inputSize[i]!, windowSize[i]!, kernelSize[i]!, dilation[i]!];
    if (outputs < 1) refuse("tooWide", "window", i, span, cells, step, size, pads[i]![0] + pads[i]![1]);
    const start = border ? null : firstOutside(size, pads[i]!, stride[i]!, cells, step, outputs);
    if (start !== null) refuse("windowOutside", i, start, span, size, pads[i]!, cells, step);
  });
  return {
    inputShape: input, outputShape, dims, batch, hasBatch, inChannels: channels, outChannels: channels, inputSize,
    kernelSize, stride, dilation, pads, border, windowSize, paddedSize, outputSize, ceilMode,
    macs: product(outputShape) * product(kernelSize),
  };
}

/** Where a window starts that has no cell in the input: before, around or behind it. */
function firstOutside(
  size: number, pads: Pair, step: number, cells: number, apart: number, outputs: number,
): number | null {
  const last = (outputs - 1) * step - pads[0];
  for (let start = -pads[0]; start < 0 && start <= last; start += step) {
    const first = start + Math.ceil(-start / apart) * apart; // its first cell that is not before the input
    if (first >= size || first > start + (cells - 1) * apart) return start;
  }
  return last >= size ? last : null;
}
