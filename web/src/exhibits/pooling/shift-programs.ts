/** The programs that shift the input and compare the maps before and after: each runs as it stands. */

import { array, tuple, type Style } from "../../export/python.ts";
import { featureKernel, type Method } from "../../tensor/shifts.ts";
import { strideOf } from "./shift-work.ts";
import { MOST_SHIFT, type PoolingState } from "./state.ts";
import { IMPORTS } from "./styles.ts";

export function shiftProgram(state: PoolingState, style: Style): string {
  const moved = state.measure === "moved";
  const head = moved ? ["import itertools", "import math", "", ...IMPORTS[style]] : IMPORTS[style];
  const parts = [
    [head.join("\n")],
    [array("x", state.input, ", dtype=float"), `shift = ${tuple(state.shift)}`, ...weights(state)],
    moveLines(state),
    ...helpers(state, style),
    ["def pooled(x):", ...bodyLines(state, style).map((line) => `    ${line}`)],
    ["before, after = pooled(x), pooled(moved(x, shift))"],
    measureLines(state),
    ["print(before)", "print(after)", "print(apart)"],
  ];
  const text = parts.map((lines, i) => {
    const defines = lines[0]!.startsWith("def ") || parts[i - 1]?.at(-1)!.startsWith("    ");
    return "\n".repeat(i && defines ? 2 : Math.min(i, 1)) + lines.join("\n");
  });
  return `${text.join("\n")}\n`;
}

const wraps = ({ entering }: PoolingState): boolean => entering === "wrap";
const blurs = (method: Method): boolean => method === "blur" || method === "max-blur";
const mode = (state: PoolingState): string => (wraps(state) ? ', mode="wrap"' : "");
const border = (state: PoolingState): string => `border=${wraps(state) ? '"wrap"' : "0"}`;
const last = ({ dims }: PoolingState): string => (dims === 1 ? "axis=1" : "axis=(2, 3)");
const around = ({ dims }: PoolingState): string => tuple(new Array<string>(dims).fill("(1, 1)"));
const behind = ({ window }: PoolingState): string => tuple(window.map((cells) => tuple([0, cells - 1])));
const kept = (state: PoolingState): string => {
  const steps = strideOf(state).map((step) => (step > 1 ? `::${step}` : ":"));
  return steps.every((step) => step === ":") ? "" : `[${steps.join(", ")}]`;
};

function weights(state: PoolingState): string[] {
  const lines: string[] = [];
  if (state.feature !== "none") {
    const kernel = featureKernel(state.feature, state.dims);
    lines.push(array("edges", { shape: [...kernel.shape], data: [...kernel.data] }, ", dtype=float"));
  }
  if (blurs(state.method)) lines.push(state.dims === 1 ? "blur = np.array([1, 2, 1]) / 4" : "blur = np.outer([1, 2, 1], [1, 2, 1]) / 16");
  return lines;
}

function moveLines(state: PoolingState): string[] {
  const axes = state.dims === 1 ? "0" : "(0, 1)";
  if (wraps(state)) return ["def moved(x, by):", `    return np.roll(x, by, axis=${axes})`];
  const inner = new Array<string>(state.dims).fill(`${MOST_SHIFT}:-${MOST_SHIFT}`).join(", ");
  return ["def moved(x, by):  # zeros come in", `    return np.roll(np.pad(x, ${MOST_SHIFT}), by, axis=${axes})[${inner}]`];
}

function helpers(state: PoolingState, style: Style): string[][] {
  const window = `np.lib.stride_tricks.sliding_window_view(np.pad(x, reach${mode(state)}), size)`;
  const size = "    size = [before + 1 + after for before, after in reach]";
  const why = "at every cell, from so many cells before it to so many behind";
  if (style === "numpy") return [[`def windows(x, reach):  # ${why}`, size, `    return ${window}`]];
  if (style === "im2col") return [[`def columns(x, reach):  # a window ${why}`, size, `    return ${window}.reshape(x.size, -1).T`]];
  if (style !== "pytorch") return [];
  return [["def padded(x, reach):", `    return torch.from_numpy(np.pad(x, reach${mode(state)}))[None, None]`]];
}

function bodyLines(state: PoolingState, style: Style): string[] {
  const { method, dims } = state;
  const outside = `mode="${wraps(state) ? "wrap" : "constant"}"`;
  const write = {
    numpy: {
      convolved: (weight: string) => `(windows(x, ${around(state)}) * ${weight}).sum(${last(state)})`,
      pooled: (how: string) => `windows(x, ${behind(state)}).${how === "avg" ? "mean" : "max"}(${last(state)})`,
    },
    im2col: {
      convolved: (weight: string) => `(${weight}.ravel() @ columns(x, ${around(state)})).reshape(x.shape)`,
      pooled: (how: string) => `columns(x, ${behind(state)}).${how === "avg" ? "mean" : "max"}(axis=0).reshape(x.shape)`,
    },
    scipy: {
      convolved: (weight: string) => `scipy.ndimage.correlate(x, ${weight}, ${outside})`,
      pooled: (how: string) => {
        const origin = tuple(state.window.map((cells) => -Math.floor(cells / 2))); // windows begin at their cell
        return `scipy.ndimage.${how === "avg" ? "uniform" : "maximum"}_filter(x, ${tuple(state.window)}, ${outside}, origin=${origin})`;
      },
    },
    pytorch: {
      convolved: (weight: string) => `F.conv${dims}d(padded(x, ${around(state)}), torch.from_numpy(${weight})[None, None])[0, 0].numpy()`,
      pooled: (how: string) => `F.${how}_pool${dims}d(padded(x, ${behind(state)}), ${tuple(state.window)}, stride=1)[0, 0].numpy()`,
    },
    convolens: {
      convolved: (weight: string) => `cl.conv${dims}d(x[None], ${weight}[None, None], padding=1, ${border(state)})[0]`,
      pooled: (how: string) => `cl.${how}_pool${dims}d(x[None], ${tuple(state.window)}, stride=1, padding=${behind(state)}, ${border(state)})[0]`,
    },
  }[style];
  const lines = state.feature === "none" ? [] : [`x = np.maximum(${write.convolved("edges")}, 0)`];
  if (method === "max" || method === "max-blur") lines.push(`x = ${write.pooled("max")}`);
  if (method === "average") lines.push(`x = ${write.pooled("avg")}`);
  if (blurs(method)) lines.push(`x = ${write.convolved("blur")}`);
  return [...lines, `return x${kept(state)}${kept(state) ? "  # the stride" : ""}`];
}

function measureLines(state: PoolingState): string[] {
  if (state.measure === "changed") {
    return ["most = max(np.abs(before).max(), np.abs(after).max())", "apart = np.mean(np.abs(before - after) > 1e-9 * most)"];
  }
  const distance = [
    "def distance(a, b):",
    "    whole = (a**2).sum() + (b**2).sum()",
    "    return ((a - b) ** 2).sum() / whole if whole else 0.0",
    "",
    "",
  ];
  if (state.measure === "distance") return [...distance, "apart = distance(before, after)"];
  return [
    ...distance,
    `steps = [cells / step for cells, step in zip(shift, ${tuple(strideOf(state))})]`,
    "moves = itertools.product(*((math.floor(step), math.ceil(step)) for step in steps))",
    "apart = min(distance(moved(before, move), after) for move in moves)",
  ];
}
