/** What the engine refuses, in the words of the Python package. */

import type { Refusal, Refusals, SpecError } from "../../tensor/refusals.ts";
import { nearest, shown } from "../names.ts";

type Words = { readonly [C in Refusal]: (...values: Refusals[C]) => string };

const OPTIONS: Readonly<Record<string, string>> = { main: "a number", outputPadding: "output padding", ceilMode: "ceil mode" };
const option = (name: string): string => OPTIONS[name] ?? name;
const EXAMPLES: Readonly<Record<string, string>> = {
  k: "k3 or k3x5", s: "s2", p: "p1, p1x2 or p0+1", d: "d2", g: "g4", op: "op1",
};

const MIRRORS =
  "'reflect' (the edge cell stands once: c b | a b c) or 'symmetric' (it stands twice: b a | a b c; " +
  "this is what SciPy calls 'reflect')";
const BORDERS = {
  mirrored: MIRRORS,
  extend: `'edge' (the last cell again and again), ${MIRRORS} or 'wrap'`,
  pad: `'constant', 'edge', ${MIRRORS} or 'wrap'`,
};

function unknown(kind: string, name: unknown, near: readonly string[], known: readonly string[]): string {
  const hint = near.length ? `; did you mean ${near.map(shown).join(" or ")}?` : ".";
  const every = near.length && known.length > 12 ? "" : ` Known: ${known.join(", ")}`;
  return `unknown ${kind} ${shown(name)}${hint}${every}`;
}

const words: Words = {
  whole: (name, found) => `${name} must be a whole number, not ${shown(found)}`,
  least: (name, least, found) => `${name} must be a whole number of at least ${least}, not ${found}`,
  perDimension: (name, dims, found) =>
    `${name} needs one number or ${dims}, one a dimension, but ${shown(found)} has ${found.length}`,
  pairs: (dims, found) =>
    `padding in pairs needs one (before, after) for each of the ${dims} dimensions, not ${shown(found)}`,
  unknown: (kind, name, known) => {
    const names = known.map(option);
    return unknown(kind, name, nearest(String(name), names), names);
  },
  unknownBorder: (name, synonyms, modes) => {
    const near = nearest(name.trim().replaceAll("_", "-"), [...synonyms.keys()]);
    return unknown("border", name, near.map((other) => (modes.includes(other) ? other : `${other} (${synonyms.get(other)})`)), modes);
  },
  ambiguousBorder: (name, like) => `border '${name}' is ambiguous: say ${BORDERS[like]}`,
  borderKind: (found, modes) => `border must be a name or a number, not ${shown(found)}; names: ${modes.join(", ")}`,
  power: (found) => `p must be a number of at least 1, or infinity, not ${shown(found)}`,
  uncounted: (border) => `border '${border}' takes part in every window; leave out count_include_pad=False`,

  axes: (input, weight) =>
    `input ${shown(input)} and weight ${shown(weight)} do not fit: for n dimensions the weight ` +
    "is (kernels, channels / groups, *n sizes) and the input has n + 1 or n + 2 axes",
  transposedAxes: (input, weight) =>
    `input ${shown(input)} and weight ${shown(weight)} do not fit: for n dimensions the ` +
    "weight is (channels, kernels / groups, *n sizes) and the input has n + 1 or n + 2 axes",
  poolAxes: (input, window) =>
    `input ${shown(input)} and window ${shown(window)} do not fit: for n ` +
    "dimensions the input has n + 1 or n + 2 axes and the window n numbers; one number will do where the input " +
    "has a batch axis",
  empty: (input, weight) =>
    `input ${shown(input)} (channels-first) and weight ${shown(weight)}: every axis but the batch must have at ` +
    "least one element",
  emptyInput: (input) => `input ${shown(input)} (channels-first): every axis but the batch must have at least one element`,
  groups: (groups, count, of) =>
    `groups=${groups} must divide both channels and kernels, but there are ${count} ${of === "kernels" ? "kernels" : "input channels"}`,
  channels: (input, weight, perGroup, groups, channels) =>
    `input ${shown(input)} (channels-first) and weight ${shown(weight)} do not fit: the weight takes ${perGroup} ` +
    `channels a group × ${groups} groups = ${perGroup * groups}, the input has ${channels}`,
  transposedChannels: (input, weight, channels) =>
    `input ${shown(input)} (channels-first) has ${channels} channels, but the weight ${shown(weight)} ` +
    `takes ${weight[0]}, its first axis`,
  tooWide: (what, axis, span, cells, dilation, size, pads) =>
    `${what} larger than the padded input: along dimension ${axis} the ${what} spans ${span} cells (${cells} at ` +
    `dilation ${dilation}), the input has ${size} + ${pads} pads = ${size + pads}; pad more or use a smaller ${what}`,
  windowOutside: (axis, start, span, size, pads, cells, dilation) =>
    `the window from ${start} to ${start + span - 1} along dimension ${axis} lies wholly outside the input's ` +
    `${size} cells, so there is nothing to pool in it (pads ${shown(pads)}, window ${cells} at dilation ` +
    `${dilation}); pad less or set border`,
  outputPadding: (extra, stride) => `output_padding must be less than the stride, but ${extra} is not less than ${stride}`,
  cutOff: (pads, output) => `padding ${shown(pads)} cuts off all of the output, whose size would be ${shown(output)}; use less`,
  tooLarge: (what, shape, input, pads) =>
    `${what === "padded" ? "padded input" : "output"} of shape ${shown(shape)} is larger than any memory; ` +
    `input ${shown(input)} has pads ${shown(pads)}: pad less`,
  noPaddingKeeps: (stride) =>
    `no padding keeps the size with stride ${stride}, as the window skips cells; use stride 1, or give ` +
    `the input size for the pads that make it ceil(input / ${stride})`,
  minimal: (kernel, stride, dilation) =>
    `F(2, 3) takes kernels of 3 cells a side at stride 1 and dilation 1, not ${shown(kernel)} at stride ` +
    `${shown(stride)} and dilation ${shown(dilation)}`,
  sameDimensions: (array, kernel) =>
    `array and kernel must have the same number of dimensions, at least 1, but their shapes are ${shown(array)} ` +
    `and ${shown(kernel)}`,
  responseSize: (most, kernel, found) => `size must be at least ${most} for a kernel of ${shown(kernel)}, found ${found}`,

  cells: (shape, found) => `shape ${shown(shape)} does not hold ${found} numbers`,
  ragged: (shape) => `the lists must all be as long as the first: ${shown(shape)}`,
  matrices: (a, b) => `matrices of shapes ${shown(a)} and ${shown(b)} cannot be multiplied`,
  wantedShape: (name, found, wanted) => `${name} has shape ${shown(found)}, but the spec says ${shown(wanted)}`,
  noCell: (cell, sizes) => `there is no cell ${shown(cell)}; sizes ${shown(sizes)}`,

  finite: (name, { least, above }, found) =>
    `${name} must be a finite number${least === undefined ? "" : ` of at least ${least}`}` +
    `${above === undefined ? "" : ` greater than ${above}`}, found ${shown(found)}`,
  finiteWeights: () => "a weight must be a finite number, found one that is none",
  manyWeights: (rows, columns, most) =>
    `a kernel of ${rows} × ${columns} has more than ${most} weights; use a smaller one, or shrink the image first`,
  side: (least, found) => `size must be a whole number from ${least} to 2047, found ${shown(found)}`,
  odd: (found) => `size must be odd, so that one cell is the centre, found ${found}; use ${found - 1} or ${found + 1}`,
  wideKernel: (because) =>
    `${because} needs a kernel of more than 2047 cells a side; use a smaller one, or shrink the image first`,
  noWeight: (wavelength, phase, sigma, size) =>
    `gabor with wavelength=${wavelength}, phase=${phase}, sigma=${sigma} and size=${size} has no weight that ` +
    "differs from 0; use a larger sigma or size, or another phase",
  compass: (found) => `angle must be a multiple of 45 for a 3 × 3 compass kernel, found ${found}`,
  parameter: (kernel, name, takes) =>
    `kernel ${kernel} has no parameter '${name}'; it takes ${takes.length ? takes.join(", ") : "none"}`,
  parameterValue: (kernel, name, wanted, found, takes) =>
    `kernel ${kernel}: ${name} must be ${wanted === "whole" ? "a whole number" : "a number"}, found '${found}'; ` +
    `it takes ${takes.join(", ")}`,
  notKept: (kernel) => `kernel ${kernel} is not in the catalogue that was given`,

  stackInput: (shape) => `input ${shown(shape)} must be channels and 1 to 3 sizes, or a number of features, none 0`,
  notAMap: (shape) =>
    `it needs channels and a size, but its input ${shown(shape)} is a vector; put it before 'flatten' and fully ` +
    "connected layers",
  beginning: (found) =>
    `a stack begins with the shape of its input, such as 3x224x224, but ${found === null ? "nothing" : `'${found}'`} was given`,
  nested: (position, most) => `'(' at character ${position} is nested more than ${most} deep`,
  closesNothing: (position) => `')' at character ${position} closes no bracket`,
  emptyBrackets: (position) => `the brackets at character ${position} have nothing in them`,
  neverClosed: (position) => `'(' at character ${position} is never closed`,
  repeatsNothing: (text, position) =>
    `'${text}' at character ${position} must repeat something, at least once, ` +
    "such as 3*conv:64,k3 or 2*(conv:64,k3,same relu)",
  manyLayers: ({ layer, text, position }, most) =>
    `layer ${layer} '${text}' at character ${position}: a stack has at most ${most} layers; repeat less`,
  inLayer: ({ layer, text, position }, input, why) =>
    `layer ${layer} '${text}' at character ${position}, on input ${input.join("×")}: ${refusal(why)}`,
  noOptions: (found) => `it takes no options, but '${found}' was given`,
  strangeOption: (found, known) => `'${found}' means nothing here; options: ${known.map(option).join(", ")}`,
  optionTwice: (found, name) => `'${found}' says ${option(name)} a second time`,
  unreadableOption: (found, letter) => `'${found}' cannot be read; write ${EXAMPLES[letter]}`,
  missing: (what, example) => `the ${what} is missing; write, for example, ${example}`,
  single: (found, example) => `one number is wanted, not ${found.join("x")}; write, for example, ${example}`,
  windowOnce: (example) => `give the window once; write, for example, ${example}`,
  kernelSizes: (found, dims) => `the kernel has ${found} sizes, but the input has ${dims}; give one number or ${dims}`,
  groupsOfInput: (groups, channels, kernels) =>
    `groups=${groups} must divide the input's ${channels} channels${kernels === null ? "" : ` and the ${kernels} kernels`}`,
};

/** Says what is refused, and why. */
export function refusal({ code, values }: SpecError): string {
  return (words[code] as (...given: readonly unknown[]) => string)(...values);
}
