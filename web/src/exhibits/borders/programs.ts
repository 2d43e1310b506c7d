/** The programs that make every border that is on the screen, and the output of each: they run as they stand. */

import type { Program } from "../../parts/share.ts";
import { texts } from "../../texts/index.ts";
import { array, python, tuple } from "../../export/python.ts";
import { borderNames, type BorderName } from "../../generated/states.ts";
import type { BordersState } from "./state.ts";
import { workOut, type Work } from "./work.ts";

export const STYLES = ["numpy", "pytorch", "opencv", "convolens"] as const;
export type Style = (typeof STYLES)[number];

export function programsOf(state: BordersState): Program[] {
  return STYLES.map((style) => ({ name: style === "opencv" ? "OpenCV" : texts.code.styles[style], text: program(state, style) }));
}

export function program(state: BordersState, style: Style): string {
  const work = workOut(state);
  if (!work.panels[0]!.result) return `# ${texts.borders.tooLarge}\n`;
  const imports = { numpy: [], pytorch: ["import torch", "import torch.nn.functional as F"], opencv: ["import cv2"], convolens: ["", "import convolens as cl"] };
  const write = { numpy, pytorch, opencv, convolens };
  const float = style === "convolens" && Number.isInteger(work.value) ? "" : ", dtype=float";
  return `${[
    [...(style === "pytorch" || style === "opencv" ? [...imports[style], "import numpy as np"].sort(plainImports) : ["import numpy as np", ...imports[style]])].join("\n"),
    [array("x", state.input, float), array("weight", state.kernel, float)].join("\n"),
    "outputs = {}",
    write[style](work).join("\n"),
    ["for mode, y in outputs.items():", "    print(mode)", "    print(y)"].join("\n"),
  ].join("\n\n")}\n`;
}

const plainImports = (one: string, other: string): number => (one < other ? -1 : 1);

const pairs = ({ pad }: Work): string => tuple(pad.map((cells) => tuple([cells, cells])));
const list = (names: readonly string[]): string => tuple(names.map((name) => `"${name}"`));

/** The lines that slide the kernel over `padded`. */
const slide = (indent: string, mode: string): string[] => [
  `${indent}windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape)`,
  `${indent}outputs[${mode}] = np.tensordot(windows, weight, weight.ndim)`,
];

function numpy(work: Work): string[] {
  return [
    `for mode in ${list(borderNames)}:`,
    `    options = {"constant_values": ${python(work.value)}} if mode == "constant" else {}`,
    `    padded = np.pad(x, ${pairs(work)}, mode, **options)`,
    ...slide("    ", "mode"),
  ];
}

function convolens(work: Work): string[] {
  const dims = work.pad.length;
  return [
    `for mode in ${list(borderNames)}:`,
    `    border = ${python(work.value)} if mode == "constant" else mode`,
    `    outputs[mode] = cl.conv${dims}d(x[None], weight[None, None], padding=${pairs(work)}, border=border)[0]`,
  ];
}

function pytorch(work: Work): string[] {
  const dims = work.pad.length;
  const sizes = work.input.shape;
  const fits = (allowed: (cells: number, size: number) => boolean) => work.pad.every((cells, axis) => allowed(cells, sizes[axis]!));
  const names: Partial<Record<BorderName, string>> = {
    edge: "replicate",
    ...(fits((cells, size) => cells < size) ? { reflect: "reflect" } : {}),
    ...(fits((cells, size) => cells <= size) ? { wrap: "circular" } : {}),
  };
  const wider = [...(names.reflect ? [] : ["reflect"]), ...(names.wrap ? [] : ["circular"])];
  const pads = tuple([...work.pad].reverse().flatMap((cells) => [cells, cells]));
  return [
    "x, weight = torch.tensor(x)[None, None], torch.tensor(weight)[None, None]",
    `pads = ${pads}  # the last axis first`,
    `padded = {"constant": F.pad(x, pads, value=${torchNumber(work.value)})}`,
    "# There is no symmetric border.",
    ...(wider.length ? [`# ${wider.join(" and ")} would be refused: the border is too wide for the picture.`] : []),
    ...Object.entries(names).map(([mode, name]) => `padded["${mode}"] = F.pad(x, pads, mode="${name}")`),
    "for mode, picture in padded.items():",
    `    outputs[mode] = F.conv${dims}d(picture, weight)[0, 0].numpy()`,
  ];
}

const torchNumber = (value: number): string => (Number.isFinite(value) ? python(value) : python(value).replace("np.", "torch."));

function opencv(work: Work): string[] {
  const flat = work.pad.length === 1;
  const constants = ["BORDER_CONSTANT", "BORDER_REPLICATE", "BORDER_REFLECT_101", "BORDER_REFLECT", "BORDER_WRAP"];
  const [rows, columns] = [flat ? 0 : work.pad[0]!, work.pad.at(-1)!];
  const shown = flat ? "x[None]" : "x";
  return [
    "borders = {",
    ...borderNames.map((mode, i) => `    "${mode}": cv2.${constants[i]},`),
    "}",
    "for mode, border in borders.items():",
    `    padded = cv2.copyMakeBorder(${shown}, ${rows}, ${rows}, ${columns}, ${columns}, border, value=${python(work.value)})${flat ? "[0]" : ""}`,
    ...slide("    ", "mode"),
  ];
}
