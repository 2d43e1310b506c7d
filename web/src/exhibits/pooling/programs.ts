/** The programs that pool what is on the screen, with its numbers: each runs as it stands. */

import { anyAbove, array, comment, every, inStyles, pairs, python, short, tuple, type Style } from "../../export/python.ts";
import { asNumber } from "../../model/state.ts";
import type { Program } from "../../parts/share.ts";
import type { PoolSpec } from "../../tensor/pool-geometry.ts";
import { product } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { problemText } from "./problem.ts";
import { shiftProgram } from "./shift-programs.ts";
import type { Dims, PoolingState } from "./state.ts";
import { IMPORTS } from "./styles.ts";
import { power, setupOf, workOut, type Setup, type Work } from "./work.ts";

export const programsOf = (state: PoolingState): Program[] =>
  inStyles((style) => (state.view === "windows" ? program(setupOf(state, null), style) : shiftProgram(state, style)));

export function program(setup: Setup, style: Style): string {
  const work = workOut(setup);
  if (work.problem) return comment(problemText(work.problem, setup.dims as Dims));
  if (work.grid && (style === "im2col" || style === "scipy")) return comment(texts.pooling.noRegions[style]);
  const lines = { numpy, im2col, pytorch, scipy, convolens }[style](work);
  const float = style === "pytorch" || style === "scipy" || lines.some((line) => /=-?(\d*\.\d|\d+e|np\.)/.test(line)) ? ", dtype=float" : "";
  return `${[IMPORTS[style].join("\n"), array("x", setup.input, float), lines.join("\n"), "print(y)"].join("\n\n")}\n`;
}

/** What a window's, a region's or the whole array's cells become; `over` is what says so. */
function joined(name: string, setup: Setup, over: string, torch = false): string {
  const p = power(setup);
  const size = torch ? `${name}.abs()` : `np.abs(${name})`;
  const most = torch ? "amax" : "max";
  if (setup.kind === "max") return `${name}.${most}(${over})`;
  if (setup.kind === "average") return `${name}.mean(${over})`;
  if (p === Infinity) return `${size}.${most}(${over})`;
  return `(${size} ** ${python(p)}).sum(${over}) ** (1 / ${python(p)})`;
}

const kindName = ({ kind }: Setup): string => (kind === "average" ? "avg" : kind);

/** Pads with what a last window reaches behind them. */
const reached = (spec: PoolSpec): [number, number][] =>
  spec.pads.map(([before, after], axis) => {
    const last = (spec.outputSize[axis]! - 1) * spec.stride[axis]! + spec.windowSize[axis]!;
    return [before, after + Math.max(0, last - spec.paddedSize[axis]!)];
  });

/** Whether windows have different numbers of cells that count. */
const uneven = ({ setup, spec }: Work): boolean =>
  setup.kind === "average" && !spec!.border &&
  (setup.count_include_pad ? reached(spec!).some((pair, axis) => pair[1] > spec!.pads[axis]![1]) : anyAbove(reached(spec!).flat(), 0));

/** The line that puts around x what takes part, or what changes nothing. */
function padded(work: Work): string[] {
  const { setup, spec } = work;
  const pads = reached(spec!);
  if (!anyAbove(pads.flat(), 0)) return [];
  const value = setup.border === "constant" ? asNumber(setup.border_value, 0) : setup.kind === "max" ? -Infinity : 0;
  const named = !["none", "constant"].includes(setup.border);
  const how = named ? `, mode="${setup.border}"` : value === 0 ? "" : `, constant_values=${python(value)}`;
  const why = value === -Infinity && !named ? "  # never the largest" : "";
  return [`x = np.pad(x, ${pairs(pads)}${how})${why}`];
}

/** Where counts differ: a 1 for each cell that counts, made before x is padded. */
function counts(work: Work): string[] {
  if (!uneven(work)) return [];
  const { setup, spec } = work;
  const all = reached(spec!);
  if (!setup.count_include_pad) return [`counted = np.pad(np.ones(x.shape), ${pairs(all)})  # pads do not count`];
  const behind = all.map(([, after], axis) => [0, after - spec!.pads[axis]![1]]);
  return [`counted = np.pad(np.ones(${tuple(spec!.paddedSize)}), ${pairs(behind)})  # what lies behind the pads never counts`];
}

/** How many windows lie in what `padded` makes of x: where the size is rounded up, perhaps more than count. */
const found = ({ spec }: Work): number[] =>
  reached(spec!).map(([before, after], axis) => {
    const room = spec!.inputSize[axis]! + before + after - spec!.windowSize[axis]!;
    return Math.floor(room / spec!.stride[axis]!) + 1;
  });

/** The line that leaves out windows that would begin in the padding behind. */
function cut(work: Work): string[] {
  const { outputSize } = work.spec!;
  if (found(work).every((count, axis) => count === outputSize[axis])) return [];
  return [`y = y[${outputSize.map((count) => `:${count}`).join(", ")}]  # no window begins behind the input`];
}

function numpy(work: Work): string[] {
  const { setup, grid } = work;
  if (grid) return adaptive(work);
  if (setup.windows === "global") return [`y = ${joined("x", setup, "keepdims=True")}`];
  return windowed(work, "windows", "", setup.dims === 1 ? "axis=1" : "axis=(2, 3)");
}

function im2col(work: Work): string[] {
  const columns = `.reshape(-1, ${product(work.spec!.kernelSize)}).T  # a window in each column`;
  return windowed(work, "columns", columns, "axis=0", `.reshape(${tuple(found(work))})`);
}

/** All windows as one array, laid out as `layout` says, and reduced over the axes of their cells. */
function windowed(work: Work, name: string, layout: string, over: string, back = ""): string[] {
  const { stride, dilation, windowSize } = work.spec!;
  const thin = anyAbove([...stride, ...dilation], 1) ? `[${[...stride, ...dilation].map(every).join(", ")}]` : "";
  const view = (of: string) => `np.lib.stride_tricks.sliding_window_view(${of}, ${tuple(windowSize)})${thin}${layout}`;
  const start = [...counts(work), ...padded(work), `${name} = ${view("x")}`];
  if (!uneven(work)) return [...start, `y = ${bound(joined(name, work.setup, over), back)}`, ...cut(work)];
  return [...start, `counted = ${view("counted")}`, `y = ${bound(`${name}.sum(${over}) / counted.sum(${over})`, back)}`, ...cut(work)];
}

const bound = (formula: string, method: string): string =>
  method && / [*/]/.test(formula) ? `(${formula})${method}` : formula + method;

/** SciPy's filters have a window around every cell of x: those that lie inside of it are kept, and thinned out. */
function scipy(work: Work): string[] {
  const { setup } = work;
  const { stride, dilation, kernelSize, windowSize, outputSize } = work.spec!;
  const cells = anyAbove(dilation, 1)
    ? [`cells = np.zeros(${tuple(windowSize)})`, `cells[${dilation.map(every).join(", ")}] = 1`]
    : [`cells = np.ones(${tuple(kernelSize)})`];
  const kept = outputSize.map((count, axis) => {
    const first = Math.floor(windowSize[axis]! / 2);
    return `${first}:${first + (count - 1) * stride[axis]! + 1}${stride[axis]! > 1 ? `:${stride[axis]}` : ""}`;
  });
  const p = power(setup);
  const most = (of: string) => `scipy.ndimage.maximum_filter(${of}, footprint=cells)[kept]`;
  const sum = (of: string) => `scipy.ndimage.correlate(${of}, cells)[kept]`;
  const filtered = () => {
    if (setup.kind === "max") return most("x");
    if (setup.kind === "lp") return p === Infinity ? most("np.abs(x)") : `${sum(`np.abs(x) ** ${python(p)}`)} ** (1 / ${python(p)})`;
    return `${sum("x")} / ${uneven(work) ? sum("counted") : "cells.sum()"}`;
  };
  return [
    ...counts(work), ...padded(work), ...cells,
    `kept = np.s_[${kept.join(", ")}]  # the windows inside of x, by the stride`,
    `y = ${filtered()}`,
  ];
}

function adaptive({ setup, input }: Work): string[] {
  const names = setup.dims === 1 ? ["i"] : ["row", "column"];
  const own = setup.dims === 1 ? ["cells"] : ["rows", "columns"];
  const loops = names.flatMap((name, axis) => {
    const [size, count] = [input.shape[axis]!, setup.output_size[axis]!];
    const indent = "    ".repeat(axis);
    return [
      `${indent}for ${name} in range(${count}):`,
      `${indent}    ${own[axis]} = slice(${name} * ${size} // ${count}, -(-(${name} + 1) * ${size} // ${count}))`,
    ];
  });
  const inner = `${"    ".repeat(names.length)}y[${names.join(", ")}] = ${joined(`x[${own.join(", ")}]`, setup, "")}`;
  return [`y = np.zeros(${tuple(setup.output_size)})`, ...loops, inner];
}

function pytorch(work: Work): string[] {
  const { setup, spec, grid } = work;
  const at = "[0, 0].numpy()";
  const p = power(setup);
  const tensor = "x = torch.from_numpy(x)[None, None]";
  if (setup.windows === "global" && setup.kind === "lp") {
    return [`y = torch.linalg.vector_norm(torch.from_numpy(x), ${p === Infinity ? "torch.inf" : python(p)}, keepdim=True).numpy()`];
  }
  if (grid || setup.windows === "global") {
    return [tensor, `y = F.adaptive_${kindName(setup)}_pool${setup.dims}d(x, ${grid ? tuple(setup.output_size) : 1})${at}`];
  }
  const size = (values: readonly number[]) => (setup.dims === 1 ? String(values[0]) : tuple(values));
  const options = [size(setup.window), ...(setup.stride ? [`stride=${size(setup.stride)}`] : [])];
  const apart = anyAbove(setup.dilation, 1);
  const dilated = apart ? [`dilation=${size(setup.dilation)}`] : [];
  const inCall = !spec!.border && spec!.pads.every(([before, after], axis) => before === after && before <= spec!.kernelSize[axis]! / 2);
  if (inCall && setup.kind !== "lp" && !(apart && setup.kind === "average")) {
    const pads = spec!.pads.map(([before]) => before);
    options.push(...(anyAbove(pads, 0) ? [`padding=${size(pads)}`] : []), ...dilated, ...(setup.ceil_mode ? ["ceil_mode=True"] : []));
    if (setup.kind === "average" && !setup.count_include_pad) options.push("count_include_pad=False");
    return [tensor, `y = F.${kindName(setup)}_pool${setup.dims}d(x, ${options.join(", ")})${at}`];
  }
  if (setup.kind === "max" || (setup.kind === "lp" && p === Infinity)) {
    const cells = setup.kind === "max" ? "x" : "x.abs()";
    return [...padded(work), tensor, `y = F.max_pool${setup.dims}d(${[cells, ...options, ...dilated].join(", ")})${at}`, ...cut(work)];
  }
  if (!apart && !uneven(work)) {
    const call = setup.kind === "lp" ? `lp_pool${setup.dims}d(x.abs(), ${python(p)}` : `avg_pool${setup.dims}d(x`;
    return [...padded(work), tensor, `y = F.${call}, ${options.join(", ")})${at}`, ...cut(work)];
  }
  return unfolded(work);
}

/** For what PyTorch has no pooling of: windows as a view. */
function unfolded(work: Work): string[] {
  const { setup, spec } = work;
  const thin = anyAbove(setup.dilation, 1) ? `[..., ${setup.dilation.map(every).join(", ")}]` : "";
  const view = (name: string) =>
    `torch.from_numpy(${name})${spec!.windowSize.map((span, axis) => `.unfold(${axis}, ${span}, ${spec!.stride[axis]})`).join("")}${thin}`;
  const over = setup.dims === 1 ? "-1" : "(-2, -1)";
  const start = [...counts(work), ...padded(work), `windows = ${view("x")}`];
  if (!uneven(work)) return [...start, `y = (${joined("windows", setup, over, true)}).numpy()`, ...cut(work)];
  return [...start, `counted = ${view("counted")}`, `y = (windows.sum(${over}) / counted.sum(${over})).numpy()`, ...cut(work)];
}

function convolens({ setup, spec, grid }: Work): string[] {
  const name = `${kindName(setup)}_pool`;
  const p = setup.kind === "lp" && power(setup) !== 2 ? [`p=${python(power(setup))}`] : [];
  if (grid) return [`y = cl.adaptive_${name}${setup.dims}d(x[None], ${tuple(setup.output_size)})[0]`];
  if (setup.windows === "global") return [`y = cl.global_${name}(${["x[None]", ...p, `dims=${setup.dims}`].join(", ")})[0]`];
  const even = spec!.pads.every(([before, after]) => before === after);
  const options = [
    ...p,
    ...(setup.stride ? [`stride=${short(setup.stride)}`] : []),
    ...(anyAbove(spec!.pads.flat(), 0) ? [`padding=${even ? short(spec!.pads.map(([before]) => before)) : pairs(spec!.pads)}`] : []),
    ...(anyAbove(setup.dilation, 1) ? [`dilation=${short(setup.dilation)}`] : []),
    ...(setup.ceil_mode ? ["ceil_mode=True"] : []),
    ...(setup.border === "none" ? [] : [`border=${setup.border === "constant" ? python(asNumber(setup.border_value, 0)) : `"${setup.border}"`}`]),
    ...(setup.kind === "average" && setup.border === "none" && !setup.count_include_pad ? ["count_include_pad=False"] : []),
  ];
  return [`y = cl.${name}${setup.dims}d(${["x[None]", short(setup.window), ...options].join(", ")})[0]`];
}
