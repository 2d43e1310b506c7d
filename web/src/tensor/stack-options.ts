/** The options of a layer written as text: "k3x5", "s2", "p0+1", "same", "nobias". */

import { type Mode, MODES, SYNONYMS } from "./borders.ts";
import type { Padding, Pair, PerDimension } from "./padding.ts";
import { refuse } from "./refusals.ts";

export interface LayerOptions {
  main?: PerDimension;
  kernel?: PerDimension;
  stride?: PerDimension;
  padding?: Padding;
  dilation?: PerDimension;
  groups?: PerDimension;
  outputPadding?: PerDimension;
  bias?: boolean;
  border?: Mode;
  flip?: boolean;
  ceilMode?: boolean;
}

export type OptionName = keyof LayerOptions;

const KEYS: Record<string, OptionName> = {
  k: "kernel", s: "stride", p: "padding", d: "dilation", g: "groups", op: "outputPadding",
};
const FLAGS: ReadonlyMap<string, Partial<LayerOptions>> = new Map<string, Partial<LayerOptions>>([
  ...(["valid", "same", "same-lower", "full"] as const).map(
    (padding): [string, LayerOptions] => [padding, { padding }],
  ),
  ...[...SYNONYMS].map(([name, border]): [string, LayerOptions] => [name, { border }]),
  ["nobias", { bias: false }],
  ["flip", { flip: true }],
  ["ceil", { ceilMode: true }],
]);
const NUMBERED = /^(k|s|p|d|g|op)([^a-z].*|)$/;
export const SIZES = /^\d{1,9}(?:x\d{1,9})*$/;
const PADS = /^\d{1,9}(?:\+\d{1,9})?(?:x\d{1,9}(?:\+\d{1,9})?)*$/;

/** Reads options; a first one without a letter is the layer's main number. */
export function readOptions(words: readonly string[], allowed: readonly OptionName[]): LayerOptions {
  if (words.length && !allowed.length) refuse("noOptions", words.join(","));
  const options: LayerOptions = {};
  words.forEach((word, index) => {
    const found = readOption(word, index, allowed);
    const key = Object.keys(found)[0] as OptionName;
    if (!allowed.includes(key)) refuse("strangeOption", word, optionNames(allowed));
    if (key in options) refuse("optionTwice", word, key);
    Object.assign(options, found);
  });
  return options;
}

function readOption(word: string, index: number, allowed: readonly OptionName[]): Partial<LayerOptions> {
  if (index === 0 && SIZES.test(word)) return { main: numbersIn(word) };
  const numbered = NUMBERED.exec(word);
  if (numbered) return { [KEYS[numbered[1]!]!]: optionValue(numbered[1]!, numbered[2]!) };
  return FLAGS.get(word) ?? refuse("unknown", "option", word, optionNames(allowed));
}

function optionNames(allowed: readonly OptionName[]): string[] {
  const letters = Object.keys(KEYS).filter((letter) => allowed.includes(KEYS[letter]!));
  const flags = [...FLAGS].filter(([flag, value]) => {
    const key = Object.keys(value)[0] as OptionName;
    return allowed.includes(key) && (key !== "border" || (MODES as readonly string[]).includes(flag));
  });
  return [...(allowed.includes("main") ? ["main"] : []), ...letters, ...flags.map(([flag]) => flag)];
}

function optionValue(letter: string, text: string): Padding {
  if (letter === "p" && text.includes("+") && PADS.test(text)) {
    return text.split("x").map((side): Pair => {
      const [before, after = before] = side.split("+").map(Number) as [number, number?];
      return [before, after];
    });
  }
  if (!SIZES.test(text)) refuse("unreadableOption", letter + text, letter);
  return numbersIn(text);
}

function numbersIn(text: string): PerDimension {
  const numbers = text.split("x").map(Number);
  return numbers.length > 1 ? numbers : numbers[0]!;
}

/** Writes options as `readOptions` reads them. */
export function writeOptions(options: LayerOptions): string {
  const written: string[] = [];
  if (options.main !== undefined) written.push(sizes(options.main));
  for (const [letter, key] of Object.entries(KEYS)) {
    const value = options[key];
    if (value === undefined) continue;
    written.push(typeof value === "string" ? value : letter + sizes(value as Exclude<Padding, string>));
  }
  if (options.bias === false) written.push("nobias");
  if (options.border !== undefined) written.push(options.border);
  if (options.flip) written.push("flip");
  if (options.ceilMode) written.push("ceil");
  return written.join(",");
}

function sizes(value: Exclude<Padding, string>): string {
  if (typeof value === "number") return String(value);
  return value.map((side) => (typeof side === "number" ? side : side.join("+"))).join("x");
}
