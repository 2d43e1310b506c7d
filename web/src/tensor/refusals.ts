/** What the engine refuses, and how it says so: every text in one table, in the words of the Python package. */

type Numbers = readonly number[];
type Pairs = readonly (readonly [number, number])[];

/** Writes a value as Python does: 'text', (3, 8, 8), (8,) for a list of one number, ((1, 1), (0, 2)). */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `(${value.map(shown).join(", ")}${value.length === 1 ? "," : ""})`;
  return typeof value === "string" ? `'${value}'` : String(value);
}

const unknown = (kind: string, name: unknown, near: readonly string[], known: readonly string[]): string => {
  const hint = near.length ? `; did you mean ${near.map(shown).join(" or ")}?` : ".";
  const every = near.length && known.length > 12 ? "" : ` Known: ${known.join(", ")}`;
  return `unknown ${kind} ${shown(name)}${hint}${every}`;
};

/** English texts by code. A translation is another table with the same keys. */
export const REFUSALS = {
  whole: (name: string, found: unknown) => `${name} must be a whole number, not ${shown(found)}`,
  least: (name: string, least: number, found: number) =>
    `${name} must be a whole number of at least ${least}, not ${found}`,
  perDimension: (name: string, dims: number, found: Numbers) =>
    `${name} needs one number or ${dims}, one a dimension, but ${shown(found)} has ${found.length}`,
  pairs: (dims: number, found: unknown) =>
    `padding in pairs needs one (before, after) for each of the ${dims} dimensions, not ${shown(found)}`,
  unknown,
  ambiguous: (border: string, choice: string) => `border '${border}' is ambiguous: say ${choice}`,
  borderKind: (found: unknown, known: readonly string[]) =>
    `border must be a name or a number, not ${shown(found)}; names: ${known.join(", ")}`,
  axes: (input: Numbers, weight: Numbers) =>
    `input ${shown(input)} and weight ${shown(weight)} do not fit: for n dimensions the weight ` +
    "is (kernels, channels / groups, *n sizes) and the input has n + 1 or n + 2 axes",
  transposedAxes: (input: Numbers, weight: Numbers) =>
    `input ${shown(input)} and weight ${shown(weight)} do not fit: for n dimensions the ` +
    "weight is (channels, kernels / groups, *n sizes) and the input has n + 1 or n + 2 axes",
  poolAxes: (input: Numbers, window: number | Numbers) =>
    `input ${shown(input)} and window ${shown(window)} do not fit: for n ` +
    "dimensions the input has n + 1 or n + 2 axes and the window n numbers; one number will do where the input " +
    "has a batch axis",
  empty: (input: Numbers, weight: Numbers) =>
    `input ${shown(input)} (channels-first) and weight ${shown(weight)}: every axis but the batch must have at ` +
    "least one element",
  emptyInput: (input: Numbers) =>
    `input ${shown(input)} (channels-first): every axis but the batch must have at least one element`,
  groups: (groups: number, count: number, what: "input channels" | "kernels") =>
    `groups=${groups} must divide both channels and kernels, but there are ${count} ${what}`,
  channels: (input: Numbers, weight: Numbers, perGroup: number, groups: number, channels: number) =>
    `input ${shown(input)} (channels-first) and weight ${shown(weight)} do not fit: the weight takes ${perGroup} ` +
    `channels a group × ${groups} groups = ${perGroup * groups}, the input has ${channels}`,
  transposedChannels: (input: Numbers, weight: Numbers, channels: number) =>
    `input ${shown(input)} (channels-first) has ${channels} channels, but the weight ${shown(weight)} ` +
    `takes ${weight[0]}, its first axis`,
  kernelTooLarge: (axis: number, span: number, cells: number, dilation: number, size: number, pads: number) =>
    `kernel larger than the padded input: along dimension ${axis} the kernel spans ${span} cells (${cells} at ` +
    `dilation ${dilation}), the input has ${size} + ${pads} pads = ${size + pads}; pad more or use a smaller kernel`,
  windowTooLarge: (axis: number, span: number, cells: number, dilation: number, size: number, pads: number) =>
    `window larger than the padded input: along dimension ${axis} the window spans ${span} cells (${cells} at ` +
    `dilation ${dilation}), the input has ${size} + ${pads} pads = ${size + pads}; pad more or use a smaller window`,
  windowOutside: (
    axis: number, start: number, span: number, size: number, pads: readonly [number, number], cells: number,
    dilation: number,
  ) =>
    `the window from ${start} to ${start + span - 1} along dimension ${axis} lies wholly outside the input's ` +
    `${size} cells, so there is nothing to pool in it (pads ${shown(pads)}, window ${cells} at dilation ` +
    `${dilation}); pad less or set border`,
  outputPadding: (extra: number, stride: number) =>
    `output_padding must be less than the stride, but ${extra} is not less than ${stride}`,
  cutOff: (pads: Pairs, output: Numbers) =>
    `padding ${shown(pads)} cuts off all of the output, whose size would be ${shown(output)}; use less`,
  tooLarge: (what: string, shape: Numbers, remedy: string) =>
    `${what} of shape ${shown(shape)} is larger than any memory; ${remedy}`,
  power: (found: unknown) => `p must be a number of at least 1, or infinity, not ${shown(found)}`,
  uncounted: (border: string) =>
    `border '${border}' takes part in every window; leave out count_include_pad=False`,
  noPaddingKeeps: (stride: number) =>
    `no padding keeps the size with stride ${stride}, as the window skips cells; use stride 1, or give ` +
    `the input size for the pads that make it ceil(input / ${stride})`,
  stackInput: (shape: Numbers) =>
    `input ${shown(shape)} must be channels and 1 to 3 sizes, or a number of features, none 0`,
  notAMap: (shape: Numbers) =>
    `it needs channels and a size, but its input ${shown(shape)} is a vector; put it before 'flatten' and fully ` +
    "connected layers",
  finite: (name: string, wanted: string, found: unknown) =>
    `${name} must be a finite number${wanted}, found ${shown(found)}`,
  side: (least: number, found: unknown) =>
    `size must be a whole number from ${least} to 2047, found ${shown(found)}`,
  odd: (found: number) =>
    `size must be odd, so that one cell is the centre, found ${found}; use ${found - 1} or ${found + 1}`,
  wideKernel: (because: string) =>
    `${because} needs a kernel of more than 2047 cells a side; use a smaller one, or shrink the image first`,
  noWeight: (wavelength: number, phase: number, sigma: number, size: number) =>
    `gabor with wavelength=${wavelength}, phase=${phase}, sigma=${sigma} and size=${size} has no weight that ` +
    "differs from 0; use a larger sigma or size, or another phase",
  compass: (found: number) => `angle must be a multiple of 45 for a 3 × 3 compass kernel, found ${found}`,
  parameter: (kernel: string, name: string, takes: readonly string[]) =>
    `kernel ${kernel} has no parameter '${name}'; it takes ${takes.length ? takes.join(", ") : "none"}`,
  parameterValue: (kernel: string, name: string, wanted: string, found: string, takes: readonly string[]) =>
    `kernel ${kernel}: ${name} must be ${wanted}, found '${found}'; it takes ${takes.join(", ")}`,
  notKept: (kernel: string) => `kernel ${kernel} is not in the catalogue that was given`,
  cells: (shape: Numbers, found: number) => `shape ${shown(shape)} does not hold ${found} numbers`,
  ragged: (shape: Numbers) => `the lists must all be as long as the first: ${shown(shape)}`,
  matrices: (a: Numbers, b: Numbers) => `matrices of shapes ${shown(a)} and ${shown(b)} cannot be multiplied`,
  wantedShape: (name: string, found: Numbers, wanted: Numbers) =>
    `${name} has shape ${shown(found)}, but the spec says ${shown(wanted)}`,
  noCell: (cell: Numbers, sizes: Numbers) => `there is no cell ${shown(cell)}; sizes ${shown(sizes)}`,
  minimal: (kernel: Numbers, stride: Numbers, dilation: Numbers) =>
    `F(2, 3) takes kernels of 3 cells a side at stride 1 and dilation 1, not ${shown(kernel)} at stride ` +
    `${shown(stride)} and dilation ${shown(dilation)}`,
  sameDimensions: (array: Numbers, kernel: Numbers) =>
    `array and kernel must have the same number of dimensions, at least 1, but their shapes are ${shown(array)} ` +
    `and ${shown(kernel)}`,
  responseSize: (most: number, kernel: Numbers, found: number) =>
    `size must be at least ${most} for a kernel of ${shown(kernel)}, found ${found}`,
} as const;

export type Refusal = keyof typeof REFUSALS;

/** Shapes or options that do not fit together; `code` and `values` are what a translation needs. */
export class SpecError extends Error {
  readonly code: Refusal;
  readonly values: readonly unknown[];

  constructor(code: Refusal, values: readonly unknown[], message: string) {
    super(message);
    this.name = "SpecError";
    this.code = code;
    this.values = values;
  }
}

/** Throws the refusal of that code. */
export function refuse<C extends Refusal>(code: C, ...values: Parameters<(typeof REFUSALS)[C]>): never {
  const text = REFUSALS[code] as (...given: Parameters<(typeof REFUSALS)[C]>) => string;
  throw new SpecError(code, values, text(...values));
}

/** Throws the refusal of a name that is not among the known ones, with the nearest offered. */
export function refuseName(kind: string, name: unknown, known: readonly string[]): never {
  refuse("unknown", kind, name, nearest(String(name), known), known);
}

/** Up to three of the known names that are most like `name`, as Python's difflib measures likeness. */
export function nearest(name: string, known: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  return known
    .map((other) => ({ other, ratio: (2 * common(other, wanted)) / (other.length + wanted.length) }))
    .filter(({ ratio }) => ratio >= 0.5)
    .sort((a, b) => b.ratio - a.ratio)
    .slice(0, 3)
    .map(({ other }) => other);
}

/** The letters that two words share: their longest common run, and the same to its left and right. */
function common(a: string, b: string): number {
  let [length, start, other] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      let run = 0;
      while (i + run < a.length && j + run < b.length && a[i + run] === b[j + run]) run++;
      if (run > length) [length, start, other] = [run, i, j];
    }
  }
  if (!length) return 0;
  const left = common(a.slice(0, start), b.slice(0, other));
  return left + length + common(a.slice(start + length), b.slice(other + length));
}
