/** The programs that compute what is on the screen, with its numbers: each runs as it stands. */

import type { Program } from "../../parts/share.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { plainNumber } from "../../model/state.ts";
import { texts } from "../../texts/index.ts";
import { array, nest, python, tuple } from "../../export/python.ts";
import type { Descent } from "./descent.ts";
import type { Work } from "./layer.ts";

export const STYLES = ["numpy", "pytorch", "convolens"] as const;
export type Style = (typeof STYLES)[number];

const IMPORTS: Record<Style, string> = {
  numpy: "import numpy as np", pytorch: "import numpy as np\nimport torch", convolens: "import numpy as np\n\nimport convolens as cl",
};

const written = (name: string, { shape, data }: Tensor): string =>
  array(name, { shape: [...shape], data: [...data].map(plainNumber) }, ", dtype=float");

const all = (write: (style: Style) => string): Program[] => STYLES.map((style) => ({ name: texts.code.styles[style], text: write(style) }));

export const layerPrograms = (work: Work): Program[] => all((style) => layerProgram(work, style));

/** Gives dx, dweight and dbias. */
export function layerProgram(work: Work, style: Style): string {
  const dims = work.input.shape.length;
  if (!work.layer) return `# ${texts.backwards.tooLarge}\n`;
  const given = [
    written("x", work.input), written("weight", work.kernel), `bias = ${python(work.bias)}`,
    `${written("dy", work.layer.grad)}  # what comes back from the loss`,
  ];
  const write = { numpy: loops, pytorch: autograd, convolens };
  return `${[IMPORTS[style], given.join("\n"), write[style](work, dims).join("\n"), "print(dx, dweight, dbias, sep=\"\\n\")"].join("\n\n")}\n`;
}

const padded = ({ pad }: Work): boolean => pad.some(Boolean);
const above1 = (values: readonly number[]): boolean => values.some((value) => value > 1);
const short = (values: readonly number[]): string => (new Set(values).size === 1 ? String(values[0]) : tuple(values));

function options({ pad, stride, dilation }: Work): string[] {
  return [
    ...(above1(stride) ? [`stride=${short(stride)}`] : []),
    ...(pad.some(Boolean) ? [`padding=${short(pad)}`] : []),
    ...(above1(dilation) ? [`dilation=${short(dilation)}`] : []),
  ];
}

function loops(work: Work, dims: number): string[] {
  const { kernel, stride, dilation, pad, input } = work;
  const axes = ["row", "column"].slice(2 - dims);
  const window = axes
    .map((axis, i) => {
      const start = stride[i] === 1 ? axis : `${stride[i]} * ${axis}`;
      return `${start} : ${start} + ${dilation[i]! * (kernel.shape[i]! - 1) + 1}${dilation[i]! > 1 ? ` : ${dilation[i]}` : ""}`;
    })
    .join(", ");
  const at = axes.join(", ");
  const rim = pad.map((cells, i) => `${cells} : ${cells + input.shape[i]!}`).join(", ");
  return [
    ...(padded(work) ? [`padded = np.pad(x, ${tuple(pad.map((cells) => tuple([cells, cells])))})`] : ["padded = x"]),
    "y = np.zeros(dy.shape)",
    "dpadded, dweight = np.zeros(padded.shape), np.zeros(weight.shape)",
    ...nest(axes, work.layer!.grad.shape, [
      `y[${at}] = (padded[${window}] * weight).sum() + bias`,
      `dweight += dy[${at}] * padded[${window}]`,
      `dpadded[${window}] += dy[${at}] * weight`,
    ]),
    padded(work) ? `dx = dpadded[${rim}]  # what flows to the padding is lost` : "dx = dpadded",
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
  all((style) => descentProgram(descent, step, style));

/** Gives the weights after as many steps as are seen, or after all where none is. */
export function descentProgram(descent: Descent, step: number, style: Style): string {
  const given = [written("picture", descent.picture), written("target", descent.target), written("weight", firstKernel(descent))];
  const steps = step || descent.moments.length - 1;
  const write = { numpy: learnNumpy, pytorch: learnPytorch, convolens: learnConvolens };
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
