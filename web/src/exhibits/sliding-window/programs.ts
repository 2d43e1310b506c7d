/** The programs that compute what is on the screen, with its numbers: each runs as it stands. */

import type { Program } from "../../parts/share.ts";
import { anyAbove, array, comment, every, inStyles, nest, pairs, python, short, tuple, type Style } from "../../export/python.ts";
import { problemText } from "./problem.ts";
import { borderValue as outside, workOut, type Setup, type Work } from "./work.ts";

const LOOPS = ["depth", "row", "column"];

export const programsOf = (setup: Setup): Program[] => inStyles((style) => program(setup, style));

export function program(setup: Setup, style: Style): string {
  const work = workOut(setup);
  if (work.problem) return comment(problemText(work.problem, work.setup.dims));
  const imports = { numpy: [], im2col: [], pytorch: ["import torch"], scipy: ["import scipy.signal"], convolens: ["", "import convolens as cl"] };
  const write = { numpy: loops, im2col, pytorch, scipy, convolens };
  const float = style === "pytorch" || !Number.isInteger(outside(work.setup)) ? ", dtype=float" : "";
  return `${[
    ["import numpy as np", ...imports[style]].join("\n"),
    [array("x", setup.input, float), array("weight", setup.kernel, float)].join("\n"),
    write[style](work).join("\n"),
    "print(y)",
  ].join("\n\n")}\n`;
}

const padded = (work: Work): boolean => work.pads.flat().some((cells) => cells > 0);
const axes = (work: Work): string[] => LOOPS.slice(3 - work.setup.dims);

const borderValue = (work: Work): string => python(outside(work.setup));

/** The lines that put the border around x and turn the kernel. */
function prepared(work: Work, { pad = true, turn = true } = {}): string[] {
  const { setup } = work;
  const lines: string[] = [];
  if (pad && padded(work)) {
    const mode = setup.border === "constant" ? "" : `, mode="${setup.border}"`;
    const value = setup.border === "constant" && borderValue(work) !== "0" ? `, constant_values=${borderValue(work)}` : "";
    lines.push(`x = np.pad(x, ${pairs(work.pads)}${mode}${value})`);
  }
  if (turn && work.flip) lines.push("weight = np.flip(weight)  # convolution: the kernel turned by 180°");
  return lines;
}

function cut(work: Work): string[] {
  if (!padded(work)) return [];
  const slices = work.pads.map(([before], i) => `${before} : ${before + work.outputShape[i]!}`);
  return [`y = y[${slices.join(", ")}]  # padding cuts off`];
}

/** The size of a transposed convolution's output before padding cuts it. */
const uncut = ({ outputShape, pads }: Work): number[] => outputShape.map((size, i) => size + pads[i]![0] + pads[i]![1]);

function windowSlices(work: Work): string {
  const { stride, dilation } = work.setup;
  return axes(work)
    .map((axis, i) => {
      const start = stride[i] === 1 ? axis : `${stride[i]} * ${axis}`;
      return `${start} : ${start} + ${work.window[i]}${dilation[i]! > 1 ? ` : ${dilation[i]}` : ""}`;
    })
    .join(", ");
}

function loops(work: Work): string[] {
  const at = axes(work).join(", ");
  if (work.transposed) {
    return [
      `y = np.zeros(${tuple(uncut(work))})`,
      ...nest(axes(work), work.input.shape, [`y[${windowSlices(work)}] += x[${at}] * weight`]),
      ...cut(work),
    ];
  }
  return [
    ...prepared(work),
    `y = np.zeros(${tuple(work.outputShape)})`,
    ...nest(axes(work), work.outputShape, [`window = x[${windowSlices(work)}]`, `y[${at}] = (window * weight).sum()`]),
  ];
}

function im2col(work: Work): string[] {
  const { stride, dilation } = work.setup;
  if (work.transposed) {
    return [
      "columns = np.outer(weight, x)  # a row for each weight, a column for each input cell",
      `columns = columns.reshape(${tuple([...work.kernel.shape, ...work.input.shape])})`,
      `y = np.zeros(${tuple(uncut(work))})`,
      `for tap in np.ndindex(weight.shape):  # col2im: every row goes back to its place`,
      `    place = tuple(${transposedSlice(work)})`,
      "    y[place] += columns[tap]",
      ...cut(work),
    ];
  }
  const thin = anyAbove([...stride, ...dilation], 1) ? `[${[...stride, ...dilation].map(every).join(", ")}]` : "";
  return [
    ...prepared(work),
    `windows = np.lib.stride_tricks.sliding_window_view(x, ${tuple(work.window)})${thin}`,
    `columns = windows.reshape(-1, weight.size).T  # a window in each column`,
    `y = (weight.reshape(1, -1) @ columns).reshape(${tuple(work.outputShape)})`,
  ];
}

function transposedSlice({ setup, input }: Work): string {
  const first = new Set(setup.dilation).size === 1 && setup.dilation[0] === 1 ? "t" : "d * t";
  const parts = [tuple(setup.stride), tuple(setup.dilation), tuple(input.shape)];
  return `slice(${first}, ${first} + s * n, s) for t, s, d, n in zip(tap, ${parts.join(", ")})`;
}

function pytorch(work: Work): string[] {
  const { setup } = work;
  const even = work.pads.every(([before, after]) => before === after);
  const inCall = setup.border === "constant" && borderValue(work) === "0" && even;
  const options = [
    ...(inCall && padded(work) ? [`padding=${short(work.pads.map(([before]) => before))}`] : []),
    ...(anyAbove(setup.stride, 1) ? [`stride=${short(setup.stride)}`] : []),
    ...(anyAbove(setup.dilation, 1) ? [`dilation=${short(setup.dilation)}`] : []),
  ];
  const tensors = ["x = torch.from_numpy(x)[None, None]", "weight = torch.from_numpy(weight)[None, None]"];
  if (work.transposed) {
    const own = options.filter((option) => !option.startsWith("padding"));
    return [
      ...tensors,
      `y = torch.nn.functional.conv_transpose${setup.dims}d(${["x", "weight", ...own].join(", ")})[0, 0].numpy()`,
      ...widened(work),
      ...cut(work),
    ];
  }
  const turn = work.flip ? ["weight = np.flip(weight).copy()  # convolution: the kernel turned by 180°"] : [];
  return [
    ...prepared(work, { pad: !inCall, turn: false }),
    ...turn,
    ...tensors,
    `y = torch.nn.functional.conv${setup.dims}d(${["x", "weight", ...options].join(", ")})[0, 0].numpy()`,
  ];
}

/** Output padding: cells at the end that no window reaches. */
function widened(work: Work): string[] {
  if (!work.outputPadding.some(Boolean)) return [];
  return [`y = np.pad(y, ${tuple(work.outputPadding.map((more) => tuple([0, more])))})  # output padding`];
}

/** Zeros between the cells of an array. */
function spread(name: string, shape: readonly number[], steps: readonly number[], why: string): string[] {
  if (!anyAbove(steps, 1)) return [];
  const size = shape.map((cells, i) => steps[i]! * (cells - 1) + 1);
  return [
    `spread = np.zeros(${tuple(size)})`,
    `spread[${steps.map(every).join(", ")}] = ${name}  # ${why}`,
    `${name} = spread`,
  ];
}

function scipy(work: Work): string[] {
  const { setup } = work;
  const apart = spread("weight", work.kernel.shape, setup.dilation, "dilation: zeros between the weights");
  if (work.transposed) {
    return [
      ...apart,
      ...spread("x", work.input.shape, setup.stride, "stride: zeros between the cells"),
      'y = scipy.signal.convolve(x, weight, method="direct")',
      ...widened(work),
      ...cut(work),
    ];
  }
  const thin = anyAbove(setup.stride, 1) ? `[${setup.stride.map(every).join(", ")}]` : "";
  const verb = work.flip ? "convolve" : "correlate";
  return [
    ...prepared(work, { turn: false }),
    ...apart,
    `y = scipy.signal.${verb}(x, weight, mode="valid", method="direct")${thin}`,
  ];
}

function convolens(work: Work): string[] {
  const { setup } = work;
  const options = anyAbove(setup.stride, 1) ? [`stride=${short(setup.stride)}`] : [];
  if (padded(work)) {
    const even = work.pads.every(([before, after]) => before === after);
    options.push(`padding=${even ? short(work.pads.map(([before]) => before)) : pairs(work.pads)}`);
    if (!work.transposed) {
      if (setup.border !== "constant") options.push(`border="${setup.border}"`);
      else if (borderValue(work) !== "0") options.push(`border=${borderValue(work)}`);
    }
  }
  if (anyAbove(setup.dilation, 1)) options.push(`dilation=${short(setup.dilation)}`);
  if (work.transposed && work.outputPadding.some(Boolean)) options.push(`output_padding=${short(work.outputPadding)}`);
  if (work.flip) options.push("flip=True");
  const name = work.transposed ? "conv_transpose" : "conv";
  const call = `cl.${name}${setup.dims}d(${["x[None]", "weight[None, None]", ...options].join(", ")})[0]`;
  return [`y = ${call}`];
}
