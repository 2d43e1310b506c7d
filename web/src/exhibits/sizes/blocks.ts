/** Layers as blocks: what a word says, what can be set of it, and the text with a block changed, moved, added or gone. */

import { LAYER_NAMES, optionsOf } from "../../tensor/stack-layers.ts";
import { readOptions, writeOptions, type LayerOptions, type OptionName } from "../../tensor/stack-options.ts";
import type { Reading } from "../../tensor/stack-text.ts";
import { SpecError } from "../../tensor/refusals.ts";

export interface Block {
  /** Its name, one of `KINDS`; "" where the word is none that is known. */
  readonly kind: string;
  /** Null where they cannot be read. */
  readonly options: LayerOptions | null;
}

const OTHER_NAMES: Record<string, string> = {
  depthwise: "dw", convt: "deconv", transposed: "deconv", "adaptive-avg": "adaptive", global: "gap", fc: "dense", linear: "dense",
  swish: "silu",
};
/** One name for every kind of layer. */
export const KINDS = LAYER_NAMES.filter((name) => !(name in OTHER_NAMES));

/** What a new block of a kind says. */
const STARTS: Record<string, LayerOptions> = {
  conv: { main: 16, kernel: 3, padding: "same" },
  dw: { kernel: 3, padding: "same" },
  deconv: { main: 16, kernel: 4, stride: 2, padding: 1 },
  max: { main: 2 },
  avg: { main: 2 },
  lp: { main: 2 },
  adaptive: { main: 4 },
  "adaptive-max": { main: 4 },
  dense: { main: 10 },
};
/** Kinds that are offered to be added. */
export const OFFERED = ["conv", "dw", "deconv", "max", "avg", "gap", "bn", "relu", "dropout", "flatten", "dense"] as const;
const POOLS = ["max", "avg", "lp"];
/** Options that mean the same in every layer that has them. */
const SHARED: readonly OptionName[] = ["kernel", "stride", "padding", "dilation", "groups", "bias", "border", "flip"];

export function blockOf(text: string): Block {
  const [name = "", ...rest] = text.toLowerCase().split(":");
  const kind = OTHER_NAMES[name] ?? name;
  if (!KINDS.includes(kind)) return { kind: "", options: null };
  const words = rest.join(":").replaceAll("×", "x");
  try {
    return { kind, options: words ? readOptions(words.split(","), optionsOf(kind)) : {} };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return { kind, options: null };
  }
}

export function writeBlock(kind: string, options: LayerOptions): string {
  const written = writeOptions(options);
  return written ? `${kind}:${written}` : kind;
}

/** A new block; convolutions have as many kernels as their input has channels, where those are not few. */
export function newBlock(kind: string, channels: number): string {
  const start = { ...STARTS[kind] };
  if (["conv", "deconv"].includes(kind) && channels >= 8) start.main = channels;
  return writeBlock(kind, start);
}

/** The same block as another kind, with what both can say. */
export function asKind({ kind: before, options }: Block, kind: string): string {
  const allowed = optionsOf(kind);
  const next: LayerOptions = { ...STARTS[kind] };
  const old: LayerOptions = { ...options };
  if (POOLS.includes(before) && old.main !== undefined) {
    old.kernel = old.main;
    delete old.main;
  }
  for (const name of SHARED) if (allowed.includes(name) && old[name] !== undefined) Object.assign(next, { [name]: old[name] });
  if (POOLS.includes(kind) && next.kernel !== undefined) {
    next.main = next.kernel;
    delete next.kernel;
  } else if (old.main !== undefined && kind !== "dw" && before !== "dw" && !kind.startsWith("adaptive") && !before.startsWith("adaptive") && allowed.includes("main")) {
    next.main = old.main;
  }
  return writeBlock(kind, next);
}

/** The text anew; what could not be read of it stays at its end. */
const written = ({ input, rest }: Reading, words: readonly string[]): string => [input, ...words, rest.trim()].filter(Boolean).join(" ");

const textsOf = ({ words }: Reading): string[] => words.map(({ text }) => text);

/** With some texts in the place of as many others as are said. */
const withText = (list: readonly string[], at: number, gone: number, ...more: string[]): string[] => [
  ...list.slice(0, at), ...more, ...list.slice(at + gone),
];

/** Layers are counted from 1, and 0 is the input. */
export function replaced(reading: Reading, layer: number, text: string): string {
  return layer ? written(reading, withText(textsOf(reading), layer - 1, 1, text)) : written({ ...reading, input: text }, textsOf(reading));
}

export const inserted = (reading: Reading, after: number, text: string): string =>
  written(reading, withText(textsOf(reading), after, 0, text));

export const removed = (reading: Reading, layer: number): string => written(reading, withText(textsOf(reading), layer - 1, 1));

/** Puts a layer into another's place; those between move up. */
export function moved(reading: Reading, layer: number, to: number): string {
  const words = textsOf(reading);
  const [word] = words.splice(layer - 1, 1);
  return written(reading, withText(words, to - 1, 0, word!));
}
