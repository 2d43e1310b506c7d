/** The programs that compute what is on the screen in each of its ways, with its numbers: each runs as it stands. */

import { array, nest, tuple } from "../../export/python.ts";
import type { Program } from "../../parts/share.ts";
import { times } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import type { Work } from "./work.ts";

const words = texts.matrixView;
export const STYLES = ["loops", "im2col", "toeplitz", "fft", "convolens"] as const;
export type Style = (typeof STYLES)[number];

/** The way back is that of matrices: the other programs do not have it. */
export const programsOf = (work: Work, transposed: boolean): Program[] =>
  STYLES.filter((style) => !transposed || style === "toeplitz" || style === "convolens").map((style) => ({
    name: words.programs[style], text: program(work, style, transposed),
  }));

export function program(work: Work, style: Style, transposed: boolean): string {
  if (!work.made) return `# ${words.impossible(times(work.window), times(work.input.shape.slice(1)))}\n`;
  const imports = { loops: [], im2col: [], toeplitz: ["import scipy.linalg"], fft: ["import scipy.fft"], convolens: ["", "import convolens as cl"] };
  const write = { loops, im2col, toeplitz, fft, convolens };
  const { input, weight } = work.setup;
  const given = [array("x", input, ""), array("weight", weight, "")];
  if (work.channels > 1 || work.kernels > 1) given.push(`weight = weight.reshape(${tuple(work.weight.shape)})`);
  else given.push("weight = weight[None]  # kernels, channels, size");
  const back = transposed ? ["back = (A.T @ y.ravel()).reshape(x.shape)"] : [];
  return `${[
    ["import numpy as np", ...imports[style]].join("\n"),
    given.join("\n"),
    [...write[style](work), ...back].join("\n"),
    transposed ? "print(back)" : "print(y)",
  ].join("\n\n")}\n`;
}

const spec = (work: Work) => work.made!.spec;
const names = (work: Work): string[] => ["row", "column"].slice(2 - work.dims);
const anyPads = (work: Work): boolean => spec(work).pads.flat().some(Boolean);
const step = (by: number): string => (by > 1 ? `::${by}` : ":");
const everywhere = (work: Work, by: number): string => names(work).map(() => step(by)).join(", ");
const flipped = (work: Work): string[] =>
  spec(work).flip ? [`weight = np.flip(weight, ${tuple(names(work).map((_, i) => i + 2))})  # convolution: kernels turned by 180°`] : [];

const mode = (work: Work): string => (work.setup.border === "constant" ? "" : `, mode="${work.setup.border}"`);

/** The lines that put the border around x and turn the kernels. */
function prepared(work: Work): string[] {
  const pads = anyPads(work) ? [`x = np.pad(x, ${tuple([tuple([0, 0]), ...spec(work).pads.map(tuple)])}${mode(work)})`] : [];
  return [...pads, ...flipped(work)];
}

function loops(work: Work): string[] {
  const { stride, dilation } = work.setup;
  const slices = names(work).map((name, axis) => {
    const start = stride === 1 ? name : `${stride} * ${name}`;
    return `${start} : ${start} + ${work.window[axis]}${dilation > 1 ? ` : ${dilation}` : ""}`;
  });
  return [
    ...prepared(work),
    `y = np.zeros(${tuple(spec(work).outputShape)})`,
    ...nest(["k", ...names(work)], spec(work).outputShape, [
      `window = x[:, ${slices.join(", ")}]`,
      `y[k, ${names(work).join(", ")}] = (window * weight[k]).sum()`,
    ]),
  ];
}

function im2col(work: Work): string[] {
  const { stride, dilation } = work.setup;
  const axes = names(work).map((_, i) => i + 1);
  const thin = stride > 1 || dilation > 1 ? `[:, ${everywhere(work, stride)}, ${everywhere(work, dilation)}]` : "";
  const order = [0, ...axes.map((axis) => axis + work.dims), ...axes];
  return [
    ...prepared(work),
    `windows = np.lib.stride_tricks.sliding_window_view(x, ${tuple(work.window)}, axis=${tuple(axes)})${thin}`,
    `columns = windows.transpose(${order.join(", ")})  # channel and kernel cell, then output cell`,
    `columns = columns.reshape(${work.made!.laid.shape[1]}, -1)  # a window in each column`,
    `y = (weight.reshape(${work.kernels}, -1) @ columns).reshape(${tuple(spec(work).outputShape)})`,
  ];
}

/** Zeros between the weights. */
function spread(work: Work): string[] {
  if (work.setup.dilation === 1) return [];
  return [
    `spread = np.zeros(${tuple([work.kernels, work.channels, ...work.window])})`,
    `spread[:, :, ${everywhere(work, work.setup.dilation)}] = weight  # dilation: zeros between the weights`,
    "weight = spread",
  ];
}

function toeplitz(work: Work): string[] {
  const { stride, border } = work.setup;
  const [high, wide] = [spec(work).paddedSize[0]!, spec(work).paddedSize.at(-1)!];
  const thin = stride > 1 ? `[::${stride}]` : "";
  const blocks = [
    "",
    "",
    "def matrix(kernel):",
    '    """Put the band of each of the kernel\'s rows into blocks, one further down its diagonal every time."""',
    `    diagonals = [np.eye(${high - work.window[0]! + 1}, ${high}, i)${thin} for i in range(len(kernel))]`,
    `    return sum(np.kron(diagonal, band(row, ${wide})) for diagonal, row in zip(diagonals, kernel))`,
  ];
  const one = work.dims === 1 ? `band(kernel, ${wide})` : "matrix(kernel)";
  const pads = tuple([tuple([0, 0]), ...spec(work).pads.map(tuple)]);
  const folded =
    border === "constant"
      ? [`inside = np.pad(np.ones(x.shape, bool), ${pads})`, "A = A[:, inside.ravel()]  # zeros outside take no part"]
      : [`cells = np.pad(np.arange(x.size).reshape(x.shape), ${pads}${mode(work)})`, "A = A @ np.eye(x.size, dtype=int)[cells.ravel()]  # columns of the same cell add up"];
  const before = [...flipped(work), ...spread(work)];
  return [
    ...before,
    ...(before.length ? ["", ""] : [""]),
    "def band(weights, cells):",
    '    """Put the weights into each row, one cell further every time."""',
    "    zeros = np.zeros(cells - len(weights), int)",
    `    return scipy.linalg.toeplitz(np.r_[weights[:1], zeros], np.r_[weights, zeros])${thin}`,
    ...(work.dims > 1 ? blocks : []),
    "",
    "",
    `A = np.block([[${one} for kernel in kernels] for kernels in weight])`,
    ...(anyPads(work) ? folded : []),
    `y = (A @ x.ravel()).reshape(${tuple(spec(work).outputShape)})`,
    "print(A)",
  ];
}

function fft(work: Work): string[] {
  const { stride } = work.setup;
  const axes = tuple(names(work).map((_, i) => i - work.dims));
  const size = tuple(spec(work).paddedSize);
  const valid = spec(work).paddedSize.map((cells, axis) => `:${cells - work.window[axis]! + 1}${stride > 1 ? `:${stride}` : ""}`);
  return [
    ...prepared(work),
    ...spread(work),
    `X = scipy.fft.rfftn(x, ${size}, axes=${axes})`,
    `W = scipy.fft.rfftn(weight, ${size}, axes=${axes})`,
    "Y = (X * W.conj()).sum(axis=1)  # correlation; channels are added up",
    `y = scipy.fft.irfftn(Y, ${size}, axes=${axes})[:, ${valid.join(", ")}]  # windows that did not go round the end`,
  ];
}

function convolens(work: Work): string[] {
  const { stride, dilation, border } = work.setup;
  const options = [
    ...(stride > 1 ? [`stride=${stride}`] : []),
    ...(dilation > 1 ? [`dilation=${dilation}`] : []),
    ...(anyPads(work) ? [`padding=${tuple(spec(work).pads.map(tuple))}`] : []),
    ...(anyPads(work) && border !== "constant" ? [`border="${border}"`] : []),
    ...(spec(work).flip ? ["flip=True"] : []),
  ];
  const more = options.length ? `, ${options.join(", ")}` : "";
  return [
    `y = cl.conv${work.dims}d(x, weight${more})`,
    `A = cl.toeplitz(cl.ConvSpec(x.shape, weight.shape${more}, dtype=x.dtype, weight_dtype=weight.dtype), weight)`,
    "print(A.toarray())",
    "columns = cl.unfold(x, weight.shape[2:]" + more.replace(", flip=True", "") + ")",
    "print(columns)",
  ];
}
