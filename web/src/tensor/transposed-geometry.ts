/** Transposed convolution, specified as the convolution that it runs backward. */

import { withoutValue } from "./borders.ts";
import { type ConvOptions, type ConvSpec, convSpec, spans } from "./geometry.ts";
import {
  type PerDimension, paddingName, perDimension, resolvePadding, wholeNumber, wholeShape,
} from "./padding.ts";
import { refuse } from "./refusals.ts";
import type { Shape } from "./tensor.ts";

export interface TransposedOptions extends ConvOptions {
  /** Cells added to the output's end, less than the stride. */
  readonly outputPadding?: PerDimension;
}

/**
 * Finds the convolution whose adjoint a transposed convolution is: its `inputShape` is the transposed convolution's
 * output, its `outputShape` the input. Along each dimension, with output padding q,
 *
 *     output = s (input − 1) − before − after + d (k − 1) + 1 + q.
 *
 * The weight is (C, K / groups, kernel size…), that of the convolution which goes the other way. Padding says how
 * much is cut off the output; "same" makes it input × stride.
 */
export function transposedSpec(inputShape: Shape, weightShape: Shape, options: TransposedOptions = {}): ConvSpec {
  const input = wholeShape(inputShape, "input shape");
  const weight = wholeShape(weightShape, "weight shape");
  const groups = wholeNumber(options.groups ?? 1, "groups", 1);
  const dims = weight.length - 2;
  if (dims < 1 || (input.length !== dims + 1 && input.length !== dims + 2)) refuse("transposedAxes", input, weight);
  const size = input.slice(-dims);
  const channels = input[input.length - dims - 1]!;
  const stride = perDimension(options.stride ?? 1, dims, "stride");
  const dilation = perDimension(options.dilation ?? 1, dims, "dilation");
  let extra = perDimension(options.outputPadding ?? 0, dims, "output_padding", 0);
  extra.forEach((more, i) => {
    if (more >= stride[i]!) refuse("outputPadding", more, stride[i]!);
  });
  if (channels !== weight[0]) refuse("transposedChannels", input, weight, channels);
  const window = spans(weight.slice(2), dilation);
  const padding = options.padding ?? 0;
  const name = paddingName(padding);
  const upsampled = name === "same" || name === "same-upper" || name === "same-lower";
  const pads = resolvePadding(padding, upsampled ? size.map((n, i) => n * stride[i]!) : size, window, stride);
  // "same" also decides the output padding where the window is smaller than the stride.
  if (upsampled) extra = stride.map((step, i) => Math.max(step - window[i]!, 0));
  const output = size.map((n, i) => stride[i]! * (n - 1) - pads[i]![0] - pads[i]![1] + window[i]! + extra[i]!);
  if (output.some((n) => n < 1)) refuse("cutOff", pads, output);
  const batch = input.length === dims + 2 ? [input[0]!] : [];
  return convSpec([...batch, weight[1]! * groups, ...output], weight, {
    stride, padding: pads, border: withoutValue(options.border ?? "constant"), dilation, groups,
    flip: options.flip ?? false, bias: options.bias ?? false,
  });
}
