/** The programs that compute what is on the screen in each of its ways, with its numbers: each runs as it stands. */

import { array, comment, every, nest, pairs, tuple } from "../../export/python.ts";
import type { Program } from "../../parts/share.ts";
import { times } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import { tileRefusal } from "./tile.ts";
import type { Work } from "./work.ts";

const words = texts.matrixView;
export const STYLES = ["loops", "im2col", "toeplitz", "winograd", "fft", "pytorch", "convolens"] as const;
export type Style = (typeof STYLES)[number];

export const programsOf = (work: Work, transposed: boolean): Program[] =>
  STYLES.map((style) => ({ name: words.programs[style], text: program(work, style, transposed) }));

/** With `transposed` also the way back, Aᵀ y. */
export function program(work: Work, style: Style, transposed: boolean): string {
  if (!work.made) return comment(words.impossible(times(work.window), times(work.input.shape.slice(1))));
  if (style === "winograd" && tileRefusal(work)) return comment(words.tileRefused);
  if (transposed && (style === "winograd" || style === "fft")) return comment(words.noWayBack);
  const imports = {
    loops: [], im2col: [], toeplitz: ["import scipy.linalg"], winograd: [], fft: ["import scipy.fft"],
    pytorch: ["import torch", "import torch.nn.functional as F"], convolens: ["", "import convolens as cl"],
  };
  const write = { loops, im2col, toeplitz, winograd, fft, pytorch, convolens };
  const { input, weight } = work.setup;
  const float = style === "pytorch" ? ", dtype=float" : "";
  const given = [array("x", input, float), array("weight", weight, float)];
  if (work.channels > 1 || work.kernels > 1) given.push(`weight = weight.reshape(${tuple(work.weight.shape)})`);
  else given.push("weight = weight[None]  # kernels, channels, size");
  const back = transposed && (style === "toeplitz" || style === "convolens") ? ["back = (A.T @ y.ravel()).reshape(x.shape)"] : [];
  return `${[
    ["import numpy as np", ...imports[style]].join("\n"),
    given.join("\n"),
    [...write[style](work, transposed), ...back].join("\n"),
    transposed ? "print(back)" : "print(y)",
  ].join("\n\n")}\n`;
}

const spec = (work: Work) => work.made!.spec;
const names = (work: Work): string[] => ["row", "column"].slice(2 - work.dims);
const anyPads = (work: Work): boolean => spec(work).pads.flat().some(Boolean);
const everywhere = (work: Work, by: number): string => names(work).map(() => every(by)).join(", ");
const flipped = (work: Work): string[] =>
  spec(work).flip ? [`weight = np.flip(weight, ${tuple(names(work).map((_, i) => i + 2))})  # convolution: kernels turned by 180°`] : [];

const mode = (work: Work): string => (work.setup.border === "constant" ? "" : `, mode="${work.setup.border}"`);

/** The array with the border around it. */
const padded = (work: Work, name: string): string =>
  anyPads(work) ? `np.pad(${name}, ${pairs([[0, 0], ...spec(work).pads])}${mode(work)})` : name;

/** The lines that put the border around x and turn the kernels. */
const prepared = (work: Work): string[] => [...(anyPads(work) ? [`x = ${padded(work, "x")}`] : []), ...flipped(work)];

/** For the way back: which cell of x stands where, counted from 1, and 0 where none does. */
const numbered = (work: Work): string[] => ["count, shape = x.size, x.shape", `cells = ${padded(work, "1 + np.arange(count).reshape(shape)")}`];
const folded = "[1:].reshape(shape)  # what flows to one cell adds up";

function loops(work: Work, transposed: boolean): string[] {
  const { stride, dilation } = work.setup;
  const slices = names(work).map((name, axis) => {
    const start = stride === 1 ? name : `${stride} * ${name}`;
    return `${start} : ${start} + ${work.window[axis]}${dilation > 1 ? ` : ${dilation}` : ""}`;
  });
  const at = `k, ${names(work).join(", ")}`;
  return [
    ...(transposed ? [...numbered(work), "back = np.zeros(1 + count)"] : []),
    ...prepared(work),
    `y = np.zeros(${tuple(spec(work).outputShape)})`,
    ...nest(["k", ...names(work)], spec(work).outputShape, [
      `window = x[:, ${slices.join(", ")}]`,
      `y[${at}] = (window * weight[k]).sum()`,
      ...(transposed ? [`np.add.at(back, cells[:, ${slices.join(", ")}], y[${at}] * weight[k])`] : []),
    ]),
    ...(transposed ? [`back = back${folded}`] : []),
  ];
}

function im2col(work: Work, transposed: boolean): string[] {
  const { stride, dilation } = work.setup;
  const axes = names(work).map((_, i) => i + 1);
  const thin = stride > 1 || dilation > 1 ? `[:, ${everywhere(work, stride)}, ${everywhere(work, dilation)}]` : "";
  const order = [0, ...axes.map((axis) => axis + work.dims), ...axes];
  const columns = (name: string, of: string) => [
    `windows = np.lib.stride_tricks.sliding_window_view(${of}, ${tuple(work.window)}, axis=${tuple(axes)})${thin}`,
    `${name} = windows.transpose(${order.join(", ")})  # channel and kernel cell, then output cell`,
    `${name} = ${name}.reshape(${work.made!.laid.shape[1]}, -1)  # a window in each column`,
  ];
  const rows = `weight.reshape(${work.kernels}, -1)`;
  return [
    ...(transposed ? numbered(work) : []),
    ...prepared(work),
    ...columns("columns", "x"),
    `y = (${rows} @ columns).reshape(${tuple(spec(work).outputShape)})`,
    ...(transposed ? [
      ...columns("cells", "cells"),
      `back = ${rows}.T @ y.reshape(${work.kernels}, -1)`,
      `back = np.bincount(cells.ravel(), back.ravel(), 1 + count)${folded}`,
    ] : []),
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
  const inner =
    border === "constant"
      ? [`inside = ${padded(work, "np.ones(x.shape, bool)")}`, "A = A[:, inside.ravel()]  # zeros outside take no part"]
      : [`cells = ${padded(work, "np.arange(x.size).reshape(x.shape)")}`, "A = A @ np.eye(x.size, dtype=int)[cells.ravel()]  # columns of the same cell add up"];
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
    ...(anyPads(work) ? inner : []),
    `y = (A @ x.ravel()).reshape(${tuple(spec(work).outputShape)})`,
    "print(A)",
  ];
}

/** Tiles of 2 (× 2) outputs; what a last one has too much is cut off. */
function winograd(work: Work): string[] {
  const flat = work.dims === 1;
  const ends = spec(work).outputShape.slice(1);
  const more = ends.map((size) => size % 2);
  const odd = more.includes(1) ? [`x = np.pad(x, ${pairs([[0, 0], ...more.map((cells) => [0, cells])])})  # a whole last tile`] : [];
  const both = (left: string, middle: string) => (flat ? `${middle} @ ${left}.T` : `${left} @ ${middle} @ ${left}.T`);
  return [
    ...prepared(work),
    ...odd,
    "BT = np.array([[-1, 0, 1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]])",
    "G = np.array([[-2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2",
    "AT = np.array([[1, 1, 1, 0], [0, 1, -1, 1]])",
    `tiles = np.lib.stride_tricks.sliding_window_view(x, ${flat ? "4, axis=1)[:, ::2]" : "(4, 4), axis=(1, 2))[:, ::2, ::2]"}`,
    `X, W = ${both("BT", "tiles")}, ${both("G", "weight")}`,
    `products = np.einsum("${flat ? "kci,cti->kti" : "kcij,crsij->krsij"}", W, X)  # added up over channels`,
    `Y = ${both("AT", "products")}`,
    `y = Y${flat ? "" : ".transpose(0, 1, 3, 2, 4)"}.reshape(${tuple([work.kernels, ...ends.map((size, i) => size + more[i]!)])})[:, ${ends.map((size) => `:${size}`).join(", ")}]`,
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

function pytorch(work: Work, transposed: boolean): string[] {
  const { stride, dilation, border } = work.setup;
  const steps = [...(stride > 1 ? [`, stride=${stride}`] : []), ...(dilation > 1 ? [`, dilation=${dilation}`] : [])].join("");
  const sides = tuple([...spec(work).pads].reverse().flat());
  const around = border === "constant" ? `F.pad(x, ${sides})` : `x.ravel()[${padded(work, "np.arange(x.numel()).reshape(x.shape)")}]`;
  const pad = anyPads(work) ? around : "x";
  return [
    `x, weight = torch.from_numpy(x)${transposed ? ".requires_grad_()" : ""}, torch.from_numpy(weight)`,
    ...(spec(work).flip ? [`weight = weight.flip(${names(work).map((_, i) => i + 2).join(", ")})  # convolution: kernels turned by 180°`] : []),
    `padded = ${pad}`,
    `y = F.conv${work.dims}d(padded[None], weight${steps})[0]`,
    ...(work.dims === 2 ? [`columns = F.unfold(padded[None], ${tuple(work.weight.shape.slice(2))}${steps})[0]`] : []),
    ...(transposed ? ["back = torch.autograd.grad(y, x, y)[0]  # the gradient is Aᵀ times what comes back: here y"] : []),
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
