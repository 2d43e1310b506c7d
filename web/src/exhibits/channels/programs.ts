/** The programs that compute what is on the screen, with its numbers: each runs as it stands. */

import type { Program } from "../../parts/share.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { plainNumber } from "../../model/state.ts";
import { texts } from "../../texts/index.ts";
import { array, comment, inStyles, nest, tuple, type Style } from "../../export/python.ts";
import type { Work } from "./work.ts";

export const programsOf = (work: Work): Program[] => inStyles((style) => program(work, style));

export function program(work: Work, style: Style): string {
  if (!work.layer) return comment(texts.channels.tooLarge(work.weight.shape.slice(2).join(" × "), work.input.shape.slice(1).join(" × ")));
  const imports = { numpy: [], im2col: [], pytorch: ["import torch"], scipy: ["import scipy.signal"], convolens: ["", "import convolens as cl"] };
  const write = { numpy: loops, im2col, pytorch, scipy, convolens };
  const fraction = work.bias?.data.some((value) => !Number.isInteger(value)); // which whole numbers would not keep
  const float = style === "pytorch" || fraction ? ", dtype=float" : "";
  const given = [written("x", work.input, float), written("weight", work.weight, float)];
  if (work.bias) given.push(written("bias", work.bias, float));
  return `${[["import numpy as np", ...imports[style]].join("\n"), given.join("\n"), write[style](work).join("\n"), "print(y)"].join("\n\n")}\n`;
}

const written = (name: string, { shape, data }: Tensor, more: string): string =>
  array(name, { shape: [...shape], data: [...data].map(plainNumber) }, more);

const padsOf = (work: Work) => work.layer!.spec.pads;
const outputOf = (work: Work) => work.layer!.output.shape;

/** The line that puts zeros around x. */
function padded(work: Work): string[] {
  if (!padsOf(work).flat().some(Boolean)) return [];
  return [`x = np.pad(x, ${tuple([tuple([0, 0]), ...padsOf(work).map(tuple)])})`];
}

const added = (work: Work, index: string): string => (work.bias ? ` + bias[${index}]` : "");

/** The first channel that kernel k sees. */
const first = ({ kernels, groups, seen }: Work): string => (kernels === groups ? `${seen} * k` : `${seen} * (k // ${kernels / groups})`);

/** The channels that kernel k sees, as a slice. */
const own = (work: Work): string => (work.groups === 1 ? ":" : "first : first + " + work.seen);
const setFirst = (work: Work): string[] => (work.groups === 1 ? [] : [`    first = ${first(work)}  # the channels of its group`]);

function loops(work: Work): string[] {
  const [rows, columns] = work.weight.shape.slice(2);
  const [kernels, ...size] = outputOf(work);
  const inner = nest(["row", "column"], size, [
    `window = x[${own(work)}, row : row + ${rows}, column : column + ${columns}]`,
    `y[k, row, column] = (window * weight[k]).sum()${added(work, "k")}`,
  ]);
  return [
    ...padded(work),
    `y = np.zeros(${tuple(outputOf(work))})`,
    `for k in range(${kernels}):`,
    ...setFirst(work),
    ...inner.map((line) => `    ${line}`),
  ];
}

function im2col(work: Work): string[] {
  const [rows, columns] = work.weight.shape.slice(2);
  const cells = work.seen * rows! * columns!;
  return [
    ...padded(work),
    `windows = np.lib.stride_tricks.sliding_window_view(x, ${tuple([rows!, columns!])}, axis=(1, 2))`,
    "columns = windows.transpose(0, 3, 4, 1, 2)  # channel, kernel row and column, then output row and column",
    `columns = columns.reshape(${work.groups}, ${cells}, -1)  # a matrix for each group, a window in each column`,
    `y = (weight.reshape(${work.groups}, -1, ${cells}) @ columns).reshape(${tuple(outputOf(work))})${added(work, ":, None, None")}`,
  ];
}

function pytorch(work: Work): string[] {
  const even = padsOf(work).every(([before, after]) => before === after);
  const pads = padsOf(work).map(([before]) => before);
  const options = [
    ...(work.bias ? ["torch.from_numpy(bias)"] : []),
    ...(even && pads.some(Boolean) ? [`padding=${tuple(pads)}`] : []),
    ...(work.groups > 1 ? [`groups=${work.groups}`] : []),
  ];
  return [
    ...(even ? [] : padded(work)),
    "x = torch.from_numpy(x)[None]",
    `y = torch.nn.functional.conv2d(${["x", "torch.from_numpy(weight)", ...options].join(", ")})[0].numpy()`,
  ];
}

function scipy(work: Work): string[] {
  const slices = work.groups === 1 ? "x" : `x[${own(work)}]`;
  return [
    ...padded(work),
    `y = np.zeros(${tuple(outputOf(work))})`,
    `for k in range(${work.kernels}):`,
    ...setFirst(work),
    `    for channel, weights in zip(${slices}, weight[k]):`,
    '        y[k] += scipy.signal.correlate(channel, weights, mode="valid", method="direct")',
    ...(work.bias ? ["    y[k] += bias[k]"] : []),
  ];
}

function convolens(work: Work): string[] {
  const options = [
    ...(work.bias ? ["bias"] : []),
    ...(padsOf(work).flat().some(Boolean) ? [`padding=${tuple(padsOf(work).map(tuple))}`] : []),
    ...(work.groups > 1 ? [`groups=${work.groups}`] : []),
  ];
  return [`y = cl.conv2d(${["x", "weight", ...options].join(", ")})`];
}
