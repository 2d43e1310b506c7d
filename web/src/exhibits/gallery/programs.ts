/** The programs that make the result: each reads photograph.png and leaves it in y. */

import type { Program } from "../../parts/share.ts";
import { shading } from "../../tensor/photo.ts";
import { reachAround } from "../../tensor/kernels.ts";
import { texts } from "../../texts/index.ts";
import { GAIN } from "./filterer.ts";
import type { Kernel } from "./kernel.ts";
import type { GalleryState } from "./state.ts";

/** A state, and whether its photograph has transparent parts. */
type Given = GalleryState & { transparent?: boolean };

const SCIPY = { constant: "constant", edge: "nearest", reflect: "mirror", symmetric: "reflect", wrap: "wrap" };

export function programsOf(state: Given, kernel: Kernel): Program[] {
  const styles = texts.code.styles;
  const { convolens: own, ...others } = styles;
  if (state.view === "all" || state.measure !== "kernel") {
    const rest = { name: Object.values(others).join(", "), text: `# ${texts.gallery.oneKernel}\n` };
    return [{ name: own, text: state.view === "all" ? each(state) : edges(state) }, rest];
  }
  const written = (style: keyof typeof others, lines: string[], ...more: string[]): Program => ({
    name: styles[style],
    text: file(state, ["import numpy as np", ...more], [...weights(kernel), ...lines, ...shades(state, kernel)]),
  });
  return [
    written("numpy", [...padded(state, kernel), ...NUMPY], PIL),
    written("im2col", [...padded(state, kernel), ...IM2COL], PIL),
    written("pytorch", [...padded(state, kernel), ...PYTORCH], "import torch", PIL),
    written("scipy", scipy(state), PIL, "from scipy import ndimage"),
    { name: own, text: file(state, CONVOLENS, convolens(state, kernel)) },
  ];
}

const PIL = "from PIL import Image";
const OVER_WHITE = [
  'photograph = Image.open("photograph.png").convert("RGBA")',
  'white = Image.new("RGBA", photograph.size, "white")',
  'x = np.asarray(Image.alpha_composite(white, photograph).convert("RGB"))',
];
const NUMPY = [
  "rows, columns = x.shape[:2]",
  "s = sum(weight[i, j] * padded[i : i + rows, j : j + columns] for i, j in np.ndindex(weight.shape))",
];
const IM2COL = [
  "windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape, axis=(0, 1))",
  "s = np.empty(x.shape)",
  "for row in range(len(x)):  # a matrix for each row of pixels: one for all would be large",
  "    columns = windows[row].reshape(-1, weight.size).T",
  "    s[row] = (weight.ravel() @ columns).reshape(x.shape[1:])",
];
const PYTORCH = [
  "planes = torch.from_numpy(np.atleast_3d(padded)).permute(2, 0, 1)[:, None]  # each channel by itself",
  "s = torch.nn.functional.conv2d(planes, torch.from_numpy(weight.astype(float))[None, None])",
  "s = s[:, 0].permute(1, 2, 0).numpy().reshape(x.shape)",
];

function file(state: Given, imports: string[], lines: string[], save = 'Image.fromarray(y).save("result.png")'): string {
  return `${[
    ...imports, "", ...(state.transparent ? OVER_WHITE : ['x = np.asarray(Image.open("photograph.png").convert("RGB"))']),
    ...(state.channels === "luminance" ? ["x = np.rint(x @ [0.2126, 0.7152, 0.0722]).astype(np.uint8)"] : []),
    ...lines, save,
  ].join("\n")}\n`;
}

function weights({ weights: { shape, data } }: Kernel): string[] {
  const columns = shape[1]!;
  const rows = Array.from({ length: shape[0]! }, (_, i) => `    [${[...data.slice(i * columns, (i + 1) * columns)].join(", ")}],`);
  return ["weight = np.array([", ...rows, "])"];
}

function padded(state: GalleryState, kernel: Kernel): string[] {
  const reach = reachAround(kernel.weights, state.flip).map(([before, after]) => `(${before}, ${after})`);
  const pads = [...reach, ...(state.channels === "each" ? ["(0, 0)"] : [])].join(", ");
  return [
    ...(state.flip ? ["weight = weight[::-1, ::-1]  # convolution turns the kernel"] : []),
    `padded = np.pad(x.astype(float), (${pads}), mode="${state.border}")`,
  ];
}

function scipy(state: GalleryState): string[] {
  const name = state.flip ? "convolve" : "correlate";
  const weight = state.channels === "each" ? "weight[..., np.newaxis]" : "weight";
  return [`s = ndimage.${name}(x.astype(float), ${weight}, mode="${SCIPY[state.border]}")`];
}

function shades({ display, gain }: GalleryState, { weights: kernel }: Kernel): string[] {
  const { scale } = shading(kernel, display, gain);
  const levels = { clip: "s", absolute: "abs(s)", signed: `128 + s * ${scale}` }[display];
  return [`y = np.rint(np.clip(${levels}, 0, 255)).astype(np.uint8)`];
}

function options(state: GalleryState): string {
  return `border=${state.border === "constant" ? "0" : `"${state.border}"`}`;
}

function convolens(state: GalleryState, kernel: Kernel): string[] {
  const named = typeof state.kernel === "string";
  const more = `${state.flip ? ", flip=True" : ""}, response="${state.display}"${state.display === "signed" && state.gain !== 1 ? `, gain=${state.gain}` : ""}`;
  return [
    ...(named ? [] : weights(kernel)),
    `y = cl.filter_image(x, ${named ? `"${state.kernel as string}"` : "weight"}, ${options(state)}${more})`,
  ];
}

const CONVOLENS = ["import numpy as np", PIL, "", "import convolens as cl"];

function edges(state: Given): string {
  const call = (name: string) => `cl.edge_${name}(x, operator="${state.operator}", ${options(state)})`;
  if (state.measure === "magnitude") return file(state, CONVOLENS, [`y = ${call("magnitude")}`]);
  const lines = [
    `strength = ${call("magnitude")}[..., np.newaxis]`,
    `angle = np.radians(${call("direction")})[..., np.newaxis]`,
    "# light upward, dark downward, orange to the right, blue to the left",
    `light = np.minimum(1, strength * (${GAIN} / 255))`,
    "y = np.rint(128 + light * (np.cos(angle) * [90, 10, -90] + np.sin(angle) * 88)).astype(np.uint8)",
  ];
  return file({ ...state, channels: "luminance" }, CONVOLENS, lines);
}

/** All kernels, each shown as the sheet shows it. */
function each(state: Given): string {
  const lines = [
    "for name, kernel in cl.kernels.items():",
    `    shown = {"response": "signed", "gain": ${state.gain}} if kernel.signed else {}`,
    `    y = cl.filter_image(x, name, ${options(state)}${state.flip ? ", flip=True" : ""}, **shown)`,
  ];
  return file(state, CONVOLENS, lines, '    Image.fromarray(y).save(f"{name}.png")');
}
