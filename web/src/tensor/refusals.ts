/** What the engine refuses: a code with its values. How that is said stands with the other texts, in texts/en/refusals.ts. */

type Numbers = readonly number[];
type Names = readonly string[];
type Pair = readonly [number, number];

/** A layer of a stack that is written as text. */
export interface Where {
  /** 1 is the first. */
  readonly layer: number;
  readonly text: string;
  /** The character that it begins with; 1 is the first. */
  readonly position: number;
}

/** The values that belong to each code. */
export interface Refusals {
  // Options
  whole: [name: string, found: unknown];
  least: [name: string, least: number, found: number];
  perDimension: [name: string, dims: number, found: Numbers];
  pairs: [dims: number, found: unknown];
  unknown: [kind: "padding" | "kernel" | "layer" | "option", name: unknown, known: Names];
  unknownBorder: [name: string, synonyms: ReadonlyMap<string, string>, modes: Names];
  ambiguousBorder: [name: string, like: "mirrored" | "extend" | "pad"];
  borderKind: [found: unknown, modes: Names];
  power: [found: unknown];
  uncounted: [border: string];

  // Shapes
  axes: [input: Numbers, weight: Numbers];
  transposedAxes: [input: Numbers, weight: Numbers];
  poolAxes: [input: Numbers, window: number | Numbers];
  empty: [input: Numbers, weight: Numbers];
  emptyInput: [input: Numbers];
  groups: [groups: number, count: number, of: "channels" | "kernels"];
  channels: [input: Numbers, weight: Numbers, perGroup: number, groups: number, channels: number];
  transposedChannels: [input: Numbers, weight: Numbers, channels: number];
  tooWide: [
    what: "kernel" | "window", axis: number, span: number, cells: number, dilation: number, size: number, pads: number,
  ];
  windowOutside: [axis: number, start: number, span: number, size: number, pads: Pair, cells: number, dilation: number];
  outputPadding: [extra: number, stride: number];
  cutOff: [pads: readonly Pair[], output: Numbers];
  tooLarge: [what: "padded" | "output", shape: Numbers, input: Numbers, pads: readonly Pair[]];
  noPaddingKeeps: [stride: number];
  minimal: [kernel: Numbers, stride: Numbers, dilation: Numbers];
  sameDimensions: [array: Numbers, kernel: Numbers];
  responseSize: [most: number, kernel: Numbers, found: number];

  // Arrays
  cells: [shape: Numbers, found: number];
  ragged: [shape: Numbers];
  matrices: [a: Numbers, b: Numbers];
  wantedShape: [name: string, found: Numbers, wanted: Numbers];
  noCell: [cell: Numbers, sizes: Numbers];

  // Kernels
  finite: [name: string, limits: { least?: number; above?: number }, found: unknown];
  finiteWeights: [];
  manyWeights: [rows: number, columns: number, most: number];
  side: [least: number, found: unknown];
  odd: [found: number];
  wideKernel: [because: string];
  noWeight: [wavelength: number, phase: number, sigma: number, size: number];
  compass: [found: number];
  parameter: [kernel: string, name: string, takes: Names];
  parameterValue: [kernel: string, name: string, wanted: "whole" | "number", found: string, takes: Names];
  notKept: [kernel: string];

  // Stacks of layers, and their text
  stackInput: [shape: Numbers];
  notAMap: [shape: Numbers];
  beginning: [found: string | null];
  nested: [position: number, most: number];
  closesNothing: [position: number];
  emptyBrackets: [position: number];
  neverClosed: [position: number];
  repeatsNothing: [text: string, position: number];
  manyLayers: [where: Where, most: number];
  inLayer: [where: Where, input: Numbers, why: SpecError];
  noOptions: [found: string];
  strangeOption: [found: string, known: Names];
  optionTwice: [found: string, option: string];
  unreadableOption: [found: string, letter: string];
  missing: [what: "number" | "kernel", example: string];
  single: [found: Numbers, example: string];
  windowOnce: [example: string];
  kernelSizes: [found: number, dims: number];
  groupsOfInput: [groups: number, channels: number, kernels: number | null];
}

export type Refusal = keyof Refusals;

/** Shapes or options that do not fit together. */
export class SpecError<C extends Refusal = Refusal> extends Error {
  constructor(
    readonly code: C,
    readonly values: Readonly<Refusals[C]>,
  ) {
    super(code);
    this.name = "SpecError";
  }
}

/** Throws the refusal of that code. */
export function refuse<C extends Refusal>(code: C, ...values: Refusals[C]): never {
  throw new SpecError(code, values);
}
