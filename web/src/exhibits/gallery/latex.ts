/** The gallery as LaTeX for amsmath: kernels, what they do, and a pixel worked out. */

import { matrix, planeOf, sumOf, tex } from "../../export/latex.ts";
import { namedKernels } from "../../generated/kernels.ts";
import { gradientKernels } from "../../tensor/photo-edges.ts";
import { shading } from "../../tensor/photo.ts";
import type { Photograph } from "../../tensor/photo-planes.ts";
import { reachAround } from "../../tensor/kernels.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { kernelOf, type Kernel } from "./kernel.ts";
import { gradientAt, workedAt } from "./pixel.ts";
import type { GalleryState } from "./state.ts";

const LARGEST = 9; // rows and columns of a matrix; of more the middle is left out
const LEFT_OUT = -1;
const MOST_TERMS = 25;

/** `pixel` is the one to work out, if there is one. */
export function latexOf(state: GalleryState, kernel: Kernel, photograph: Photograph, pixel: readonly [number, number] | null): string {
  if (state.view === "all") return catalogue();
  return state.measure === "kernel" ? kernelLatex(state, kernel, photograph, pixel) : edgesLatex(state, photograph, pixel);
}

/** May break between pages. */
const catalogue = (): string =>
  "\\allowdisplaybreaks\n" +
  aligned(namedKernels.map(({ name }) => `\\text{${name}: } & ${kernelMatrix(kernelOf(name).weights)}`));

const aligned = (lines: readonly string[]): string => `\\begin{align*}\n${lines.join(" \\\\\n")}\n\\end{align*}\n`;

function kernelMatrix({ shape, data }: Tensor): string {
  const [rows, columns] = shape.map((size) =>
    size <= LARGEST ? Array.from({ length: size }, (_, i) => i) : [0, 1, 2, LEFT_OUT, size - 3, size - 2, size - 1],
  ) as [number[], number[]];
  const entry = (row: number, column: number): string => {
    if (row === LEFT_OUT) return column === LEFT_OUT ? "\\ddots" : "\\vdots";
    return column === LEFT_OUT ? "\\cdots" : tex(data[row * shape[1]! + column]!);
  };
  return matrix(rows.flatMap((row) => columns.map((column) => entry(row, column))), columns.length);
}

function kernelLatex(state: GalleryState, { weights, entry }: Kernel, photograph: Photograph, pixel: readonly [number, number] | null): string {
  const [rows, columns] = weights.shape as [number, number];
  const [down, across] = reachAround(weights, state.flip).map((reach) => reach[state.flip ? 1 : 0]!) as [number, number];
  // Turned, the kernel's first weight lies on the window's last pixel.
  const place = (start: string, index: string, reach: number) =>
    state.flip ? `${start} - ${index}${reach ? ` + ${reach}` : ""}` : `${start} + ${index}${reach ? ` - ${reach}` : ""}`;
  const sum = `\\sum_{i=0}^{${rows - 1}} \\sum_{j=0}^{${columns - 1}} K_{i,j}\\, x_{${place("r", "i", down)},\\, ${place("c", "j", across)}}`;
  const head = `% ${entry ? (state.kernel as string) : texts.gallery.ownNumbers}\n\\[\nK = ${kernelMatrix(weights)}\n\\]\n\\[\ny_{r,c} = ${sum}\n\\]\n`;
  if (!pixel) return head;
  const worked = workedAt(photograph, weights, pixel, state);
  const window = worked.values.map((value, i) => (worked.outside[i] ? `\\boxed{${tex(value)}}` : tex(value)));
  const plane = Math.max(rows, columns) <= LARGEST ? `${planeOf(columns, window, worked.weights, worked.products)}\n` : "";
  const products = worked.products.length <= MOST_TERMS ? worked.products : [worked.sum];
  const shade = { clip: "y", absolute: "|y|", signed: `128 + ${tex(shading(weights, "signed", state.gain).scale)}\\, y` }[state.display];
  const shown = `\\max(0, \\min(255, \\operatorname{round}(${shade}))) &= ${worked.level}`;
  return head + plane + aligned([...sumOf(`y${channelOf(state)}_{${pixel.join(", ")}}`, products, worked.sum), shown]);
}

const channelOf = ({ channels, channel }: GalleryState): string =>
  channels === "each" ? `^{\\text{${texts.gallery.colours[channel]!.toLowerCase()}}}` : "";

function edgesLatex(state: GalleryState, photograph: Photograph, pixel: readonly [number, number] | null): string {
  const { across, down } = gradientKernels(state.operator);
  const steep = state.measure === "magnitude";
  const { x, y, smoothing } = gradientAt(photograph, pixel ?? [0, 0], state);
  const angle = (up: string, right: string) => `\\operatorname{atan2}(${up}, ${right})`;
  const root = (one: string, other: string) => `\\frac{\\sqrt{${one}^2 + ${other}^2}}{${smoothing}}`;
  const rule = steep ? `m &= ${root("g_x", "g_y")}` : `\\theta &= ${angle("-g_y", "g_x")}`;
  const [right, below, up] = [x, y, 0 - y].map(tex) as [string, string, string];
  const value = steep
    ? `${root(`(${right})`, `(${below})`)} = ${tex(Math.hypot(x, y) / smoothing)}`
    : `${angle(up, right)} = ${tex((Math.atan2(0 - y, x) * 180) / Math.PI)}^\\circ`;
  const put = [
    `g_x &= ${right}, \\quad g_y = ${below} \\quad \\text{at } [${pixel?.join(", ")}]`,
    `${steep ? `m${channelOf(state)}` : "\\theta"} &= ${value}`,
  ];
  return aligned([`g_x &= ${kernelMatrix(across)} \\star x`, `g_y &= ${kernelMatrix(down)} \\star x`, rule, ...(pixel ? put : [])]);
}
