/** The programs that compute what is on the screen, with its numbers: each runs as it stands. */

import type { Program } from "../../parts/share.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { plainNumber } from "../../model/state.ts";
import { texts } from "../../texts/index.ts";
import { anyAbove, array, comment, every, inStyles, nest, pairs, python, short, tuple, type Style } from "../../export/python.ts";
import type { Descent } from "./descent.ts";
import type { Work } from "./layer.ts";

const IMPORTS: Record<Style, string> = {
  numpy: "import numpy as np", im2col: "import numpy as np", pytorch: "import numpy as np\nimport torch",
  scipy: "import numpy as np\nimport scipy.signal", convolens: "import numpy as np\n\nimport convolens as cl",
};

const written = (name: string, { shape, data }: Tensor): string =>
  array(name, { shape: [...shape], data: [...data].map(plainNumber) }, ", dtype=float");

export const layerPrograms = (work: Work): Program[] => inStyles((style) => layerProgram(work, style));

/** Gives dx, dweight and dbias. */
export function layerProgram(work: Work, style: Style): string {
  const dims = work.input.shape.length;
  if (!work.layer) return comment(texts.backwards.tooLarge);
  const given = [
    written("x", work.input), written("weight", work.kernel), `bias = ${python(work.bias)}`,
    `${written("dy", work.layer.grad)}  # what comes back from the loss`,
  ];
  const write = { numpy: loops, im2col, pytorch: autograd, scipy, convolens };
  return `${[IMPORTS[style], given.join("\n"), write[style](work, dims).join("\n"), "print(dx, dweight, dbias, sep=\"\\n\")"].join("\n\n")}\n`;
}

/** The line that puts zeros around x. */
const padded = ({ pad }: Work): string =>
  anyAbove(pad, 0) ? `padded = np.pad(x, ${pairs(pad.map((cells) => [cells, cells]))})` : "padded = x";

/** The line that leaves the zeros out of the gradient again. */
function unpadded({ pad, input }: Work): string {
  const inside = pad.map((cells, i) => `${cells} : ${cells + input.shape[i]!}`).join(", ");
  return anyAbove(pad, 0) ? `dx = dpadded[${inside}]  # what flows to the padding is lost` : "dx = dpadded";
}

const spanOf = ({ kernel, dilation }: Work): number[] => kernel.shape.map((taps, i) => dilation[i]! * (taps - 1) + 1);

function options({ pad, stride, dilation }: Work): string[] {
  return [
    ...(anyAbove(stride, 1) ? [`stride=${short(stride)}`] : []),
    ...(anyAbove(pad, 0) ? [`padding=${short(pad)}`] : []),
    ...(anyAbove(dilation, 1) ? [`dilation=${short(dilation)}`] : []),
  ];
}

function loops(work: Work, dims: number): string[] {
  const { stride, dilation } = work;
  const axes = ["row", "column"].slice(2 - dims);
  const window = axes
    .map((axis, i) => {
      const start = stride[i] === 1 ? axis : `${stride[i]} * ${axis}`;
      return `${start} : ${start} + ${spanOf(work)[i]}${dilation[i]! > 1 ? ` : ${dilation[i]}` : ""}`;
    })
    .join(", ");
  const at = axes.join(", ");
  return [
    padded(work),
    "y = np.zeros(dy.shape)",
    "dpadded, dweight = np.zeros(padded.shape), np.zeros(weight.shape)",
    ...nest(axes, work.layer!.grad.shape, [
      `y[${at}] = (padded[${window}] * weight).sum() + bias`,
      `dweight += dy[${at}] * padded[${window}]`,
      `dpadded[${window}] += dy[${at}] * weight`,
    ]),
    unpadded(work),
    "dbias = dy.sum()",
  ];
}

/** The slice that keeps every so manieth along each axis; nothing where all are kept. */
const thinned = (steps: readonly number[]): string => (anyAbove(steps, 1) ? `[${steps.map(every).join(", ")}]` : "");

function im2col(work: Work): string[] {
  return [
    padded(work),
    "cells = np.arange(padded.size).reshape(padded.shape)",
    `cells = np.lib.stride_tricks.sliding_window_view(cells, ${tuple(spanOf(work))})${thinned([...work.stride, ...work.dilation])}`,
    "cells = cells.reshape(dy.size, weight.size).T  # which cells are in a window, a window in each column",
    "columns = padded.ravel()[cells]",
    "y = (weight.ravel() @ columns).reshape(dy.shape) + bias",
    "dweight = (columns @ dy.ravel()).reshape(weight.shape)",
    "dcolumns = np.outer(weight, dy)",
    "dpadded = np.bincount(cells.ravel(), dcolumns.ravel(), padded.size)  # col2im: what flows to one cell adds up",
    "dpadded = dpadded.reshape(padded.shape)",
    unpadded(work),
    "dbias = dy.sum()",
  ];
}

function scipy(work: Work): string[] {
  const [steps, taps] = [thinned(work.stride), thinned(work.dilation)];
  const wide = [`wide = np.zeros(${tuple(spanOf(work))})`, `wide${taps} = weight  # dilation: zeros between the weights`];
  const size = "[cells - span + 1 for cells, span in zip(padded.shape, wide.shape)]";
  const spread = [`spread = np.zeros(${size})`, `spread${steps} = dy  # stride: zeros between what comes back`];
  const call = (verb: string, arrays: string, mode: string) => `scipy.signal.${verb}(${arrays}, mode="${mode}", method="direct")`;
  return [
    padded(work),
    ...(taps ? wide : ["wide = weight"]),
    ...(steps ? spread : ["spread = dy"]),
    `y = ${call("correlate", "padded, wide", "valid")}${steps} + bias`,
    `dweight = ${call("correlate", "padded, spread", "valid")}${taps}`,
    `dpadded = ${call("convolve", "spread, wide", "full")}  # the kernel turned by 180°, over the rim too`,
    unpadded(work),
    "dbias = dy.sum()",
  ];
}

function autograd(work: Work, dims: number): string[] {
  return [
    "x, weight = torch.tensor(x, requires_grad=True), torch.tensor(weight, requires_grad=True)",
    "bias = torch.tensor([float(bias)], dtype=torch.double, requires_grad=True)",
    `y = torch.nn.functional.conv${dims}d(${["x[None, None]", "weight[None, None]", "bias", ...options(work)].join(", ")})[0, 0]`,
    "y.backward(torch.tensor(dy))",
    "dx, dweight, dbias = x.grad.numpy(), weight.grad.numpy(), bias.grad.item()",
  ];
}

function convolens(work: Work, dims: number): string[] {
  return [
    `gradients = cl.conv${dims}d_grad(${["dy[None]", "x[None]", "weight[None, None]", ...options(work)].join(", ")})`,
    "dx, dweight, dbias = gradients.input[0], gradients.weight[0, 0], gradients.bias[0]",
  ];
}

export const descentPrograms = (descent: Descent, step: number): Program[] =>
  inStyles((style) => descentProgram(descent, step, style));

/** Gives the weights after as many steps as are seen, or after all where none is. */
export function descentProgram(descent: Descent, step: number, style: Style): string {
  const given = [written("picture", descent.picture), written("target", descent.target), written("weight", firstKernel(descent))];
  const steps = step || descent.moments.length - 1;
  const write = { numpy: learnNumpy, im2col: learnColumns, pytorch: learnPytorch, scipy: learnScipy, convolens: learnConvolens };
  return `${[IMPORTS[style], given.join("\n"), write[style](descent, steps).join("\n"), "print(weight, loss, sep=\"\\n\")"].join("\n\n")}\n`;
}

const firstKernel = ({ moments, target }: Descent): Tensor => ({ shape: target.shape, data: moments[0]!.weight.data });

/** The lines of a step once there is the gradient. */
function taken({ rate, momentum }: Descent): string[] {
  if (!momentum) return [`    weight = weight - ${python(rate)} * dweight`];
  return [`    velocity = ${python(momentum)} * velocity + dweight`, `    weight = weight - ${python(rate)} * velocity`];
}

const velocity = ({ momentum }: Descent): string[] => (momentum ? ["velocity = np.zeros(weight.shape)"] : []);

function learnNumpy(descent: Descent, steps: number): string[] {
  return [
    "windows = np.lib.stride_tricks.sliding_window_view(picture, weight.shape)",
    "wanted = np.tensordot(windows, target, 2)",
    ...velocity(descent),
    `for step in range(${steps}):`,
    "    error = np.tensordot(windows, weight, 2) - wanted",
    "    dy = 2 * error / error.size  # the gradient of the mean of the squared errors",
    "    dweight = np.tensordot(dy, windows, 2)",
    ...taken(descent),
    "loss = ((np.tensordot(windows, weight, 2) - wanted) ** 2).mean()",
  ];
}

function learnColumns(descent: Descent, steps: number): string[] {
  return [
    "windows = np.lib.stride_tricks.sliding_window_view(picture, weight.shape)",
    "columns = windows.reshape(-1, weight.size).T  # a window in each column",
    "wanted, weight = target.ravel() @ columns, weight.ravel()",
    ...velocity(descent),
    `for step in range(${steps}):`,
    "    error = weight @ columns - wanted",
    "    dweight = columns @ (2 * error / error.size)  # of the mean of the squared errors",
    ...taken(descent),
    "loss = ((weight @ columns - wanted) ** 2).mean()",
    "weight = weight.reshape(target.shape)",
  ];
}

function learnScipy(descent: Descent, steps: number): string[] {
  const slid = (over: string) => `scipy.signal.correlate(picture, ${over}, mode="valid")`;
  return [
    `wanted = ${slid("target")}`,
    ...velocity(descent),
    `for step in range(${steps}):`,
    `    error = ${slid("weight")} - wanted`,
    `    dweight = ${slid("2 * error / error.size")}  # of the mean of the squared errors`,
    ...taken(descent),
    `loss = ((${slid("weight")} - wanted) ** 2).mean()`,
  ];
}

function learnPytorch({ rate, momentum }: Descent, steps: number): string[] {
  const options = momentum ? `, momentum=${python(momentum)}` : "";
  return [
    "picture, target = torch.tensor(picture)[None], torch.tensor(target)[None, None]",
    "weight = torch.tensor(weight)[None, None].requires_grad_()",
    "wanted = torch.nn.functional.conv2d(picture, target)",
    `optimiser = torch.optim.SGD([weight], lr=${python(rate)}${options})`,
    `for step in range(${steps}):`,
    "    optimiser.zero_grad()",
    "    loss = torch.nn.functional.mse_loss(torch.nn.functional.conv2d(picture, weight), wanted)",
    "    loss.backward()",
    "    optimiser.step()",
    "loss = torch.nn.functional.mse_loss(torch.nn.functional.conv2d(picture, weight), wanted).item()",
    "weight = weight.detach()[0, 0].numpy()",
  ];
}

function learnConvolens(descent: Descent, steps: number): string[] {
  return [
    "picture, target, weight = picture[None], target[None, None], weight[None, None]",
    "wanted = cl.conv2d(picture, target)",
    ...velocity(descent),
    `for step in range(${steps}):`,
    "    error = cl.conv2d(picture, weight) - wanted",
    "    dweight = cl.conv2d_grad_weight(2 * error / error.size, picture, weight.shape)",
    ...taken(descent),
    "loss = ((cl.conv2d(picture, weight) - wanted) ** 2).mean()",
    "weight = weight[0, 0]",
  ];
}
