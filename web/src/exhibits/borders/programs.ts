/** The programs that make every border that is on the screen, and the output of each: they run as they stand. */

import type { Program } from "../../parts/share.ts";
import { texts } from "../../texts/index.ts";
import { array, comment, inStyles, pairs, python, tuple, type Style } from "../../export/python.ts";
import { borderNames, type BorderName } from "../../generated/states.ts";
import type { BordersState } from "./state.ts";
import { workOut, type Work } from "./work.ts";

const IMPORTS: Record<Style | "opencv", string> = {
  numpy: "import numpy as np", im2col: "import numpy as np", pytorch: "import numpy as np\nimport torch\nimport torch.nn.functional as F",
  scipy: "import numpy as np\nimport scipy.ndimage", convolens: "import numpy as np\n\nimport convolens as cl", opencv: "import cv2\nimport numpy as np",
};
const SCIPY: Record<BorderName, string> = { constant: "constant", edge: "nearest", reflect: "mirror", symmetric: "reflect", wrap: "wrap" };

export const programsOf = (state: BordersState): Program[] =>
  [...inStyles((style) => program(state, style)), { name: "OpenCV", text: program(state, "opencv") }];

export function program(state: BordersState, style: Style | "opencv"): string {
  const work = workOut(state);
  if (!work.panels[0]!.result) return comment(texts.borders.tooLarge);
  const write = { numpy, im2col, pytorch, scipy, opencv, convolens };
  const float = style === "convolens" && Number.isInteger(work.value) ? "" : ", dtype=float";
  return `${[
    IMPORTS[style],
    [array("x", state.input, float), array("weight", state.kernel, float)].join("\n"),
    "outputs = {}",
    write[style](work).join("\n"),
    ["for mode, y in outputs.items():", "    print(mode)", "    print(y)"].join("\n"),
  ].join("\n\n")}\n`;
}

const pads = ({ pad }: Work): string => pairs(pad.map((cells) => [cells, cells]));
const list = (names: readonly string[]): string => tuple(names.map((name) => `"${name}"`));

/** The lines that slide the kernel over `padded`. */
const slide = (indent: string, mode: string): string[] => [
  `${indent}windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape)`,
  `${indent}outputs[${mode}] = np.tensordot(windows, weight, weight.ndim)`,
];

const padded = (work: Work): string[] => [
  `for mode in ${list(borderNames)}:`,
  `    options = {"constant_values": ${python(work.value)}} if mode == "constant" else {}`,
  `    padded = np.pad(x, ${pads(work)}, mode, **options)`,
];

const numpy = (work: Work): string[] => [...padded(work), ...slide("    ", "mode")];

const im2col = (work: Work): string[] => [
  ...padded(work),
  "    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape)",
  "    columns = windows.reshape(-1, weight.size).T  # a window in each column",
  "    outputs[mode] = (weight.ravel() @ columns).reshape(windows.shape[: weight.ndim])",
];

/** SciPy's filters make borders themselves where windows have their middle on the picture; wider ones are looked up. */
function scipy(work: Work): string[] {
  const { pad, kernel, input, value, panels } = work;
  const { shape } = panels[0]!.output;
  const inside = pad.every((cells, axis) => cells <= Math.floor((kernel.shape[axis]! - 1) / 2));
  const kept = pad.map((cells, axis) => {
    const first = Math.floor(kernel.shape[axis]! / 2) - cells;
    return `${first}:${first + shape[axis]!}`;
  });
  const cut = shape.every((size, axis) => size === input.shape[axis]) ? "" : `[${kept.join(", ")}]  # where the pads are wide enough`;
  const before = tuple(pad.length === 1 ? pad : pad.map((cells) => `[[${cells}]]`));
  const names = Object.entries(SCIPY).map(([mode, name]) => `"${mode}": "${name === "wrap" && !inside ? "grid-wrap" : name}"`);
  const call = `mode=name, cval=${python(value)})`;
  return [
    `names = {${names.join(", ")}}`,
    ...(inside ? [] : [`places = np.indices(${tuple(panels[0]!.padded.shape)}) - ${before}  # in the picture, and outside of it`]),
    "for mode, name in names.items():",
    ...(inside
      ? [`    outputs[mode] = scipy.ndimage.correlate(x, weight, ${call}${cut}`]
      : [`    padded = scipy.ndimage.map_coordinates(x, places, order=0, ${call}`, ...slide("    ", "mode")]),
  ];
}

function convolens(work: Work): string[] {
  const dims = work.pad.length;
  return [
    `for mode in ${list(borderNames)}:`,
    `    border = ${python(work.value)} if mode == "constant" else mode`,
    `    outputs[mode] = cl.conv${dims}d(x[None], weight[None, None], padding=${pads(work)}, border=border)[0]`,
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
  const sides = tuple([...work.pad].reverse().flatMap((cells) => [cells, cells]));
  return [
    "x, weight = torch.tensor(x)[None, None], torch.tensor(weight)[None, None]",
    `pads = ${sides}  # the last axis first`,
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
