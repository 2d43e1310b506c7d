/** What can be set of a block: numbers, names and ticks, each with what the block says with another value. */

import type { Mode } from "../../tensor/borders.ts";
import { optionsOf } from "../../tensor/stack-layers.ts";
import type { LayerOptions, OptionName } from "../../tensor/stack-options.ts";
import type { Padding, Pair } from "../../tensor/padding.ts";
import { withEntry } from "../../model/numbers.ts";
import { texts } from "../../texts/index.ts";
import type { Block } from "./blocks.ts";

export interface NumberSetting {
  label: string;
  value: number;
  least: number;
  set: (value: number) => LayerOptions;
}

const words = texts.sizes;
const NUMBERS = ["main", "kernel", "stride", "dilation", "groups", "outputPadding"] as const;
type NumberName = (typeof NUMBERS)[number];
const USUAL: Partial<Record<OptionName, number>> = { stride: 1, dilation: 1, groups: 1, outputPadding: 0 };
const POOLS = ["max", "avg", "lp"];

const nameOf = (kind: string, name: NumberName): string =>
  name === "main" ? (words.mains[kind] ?? words.mains.conv!) : words.options[name]!;

/** The numbers of a block; one for each dimension where the text says so. */
export function numbersOf({ kind, options }: Block): NumberSetting[] {
  if (!options) return [];
  const allowed = optionsOf(kind);
  const pool = POOLS.includes(kind);
  return NUMBERS.filter((name) => allowed.includes(name) && !(pool && name === (options.kernel === undefined ? "kernel" : "main"))).flatMap(
    (name) => {
      const usual = name === "stride" && pool ? (options.main ?? options.kernel ?? 2) : kind === "dw" && name === "main" ? 1 : (USUAL[name] ?? 1);
      const value = options[name] ?? usual;
      const least = name === "outputPadding" ? 0 : 1;
      const put = (next: number | number[]): LayerOptions => {
        const changed = { ...options, [name]: next };
        if (next === usual && !(pool && name === "stride") && (name in USUAL || kind === "dw") && name !== "kernel") delete changed[name];
        return changed;
      };
      const label = pool && name === "kernel" ? words.mains[kind]! : nameOf(kind, name);
      if (typeof value === "number") return [{ label, value, least, set: put }];
      return value.map((one, axis) => ({
        label: `${label} ${axis + 1}`, value: one, least, set: (next: number) => put(withEntry(value, axis, next)),
      }));
    },
  );
}

export const PADDINGS = ["valid", "same", "same-lower", "full", "own"] as const;
export type PaddingChoice = (typeof PADDINGS)[number];

/** The padding as it is chosen, and its numbers where it has them; null for a block without. */
export function paddingOf({ kind, options }: Block): { choice: PaddingChoice; numbers: NumberSetting[]; choose: (choice: PaddingChoice) => LayerOptions } | null {
  if (!options || !optionsOf(kind).includes("padding")) return null;
  const padding = options.padding ?? "valid";
  const put = (next: Padding): LayerOptions => {
    const { padding: _, ...rest } = options;
    return next === "valid" ? rest : { ...rest, padding: next };
  };
  const choose = (choice: PaddingChoice) => put(choice === "own" ? 1 : choice);
  if (typeof padding === "string") return { choice: padding === "same-upper" ? "same" : padding, numbers: [], choose };
  return { choice: "own", numbers: padNumbers(padding, put), choose };
}

function padNumbers(padding: number | readonly (number | Pair)[], put: (next: Padding) => LayerOptions): NumberSetting[] {
  const label = words.options.padding!;
  if (typeof padding === "number") return [{ label: words.pad, value: padding, least: 0, set: put }];
  return padding.flatMap((side, axis): NumberSetting[] => {
    const along = padding.length > 1 ? ` ${axis + 1}` : "";
    const change = (next: number | Pair) => put(padding.map((old, i) => (i === axis ? next : old)) as Padding);
    if (typeof side === "number") return [{ label: label + along, value: side, least: 0, set: change }];
    return [
      { label: words.padBefore + along, value: side[0], least: 0, set: (next) => change([next, side[1]]) },
      { label: words.padAfter + along, value: side[1], least: 0, set: (next) => change([side[0], next]) },
    ];
  });
}

/** The border of a convolution; null for a block without. */
export function borderOf({ kind, options }: Block): { value: Mode; set: (mode: Mode) => LayerOptions } | null {
  if (!options || !optionsOf(kind).includes("border")) return null;
  const { border = "constant", ...rest } = options;
  return { value: border, set: (mode) => (mode === "constant" ? rest : { ...rest, border: mode }) };
}

/** What is ticked or not. */
export function ticksOf({ kind, options }: Block): { label: string; checked: boolean; set: (on: boolean) => LayerOptions }[] {
  if (!options) return [];
  const allowed = optionsOf(kind);
  const without = (name: OptionName): LayerOptions => {
    const { [name]: _, ...rest } = options;
    return rest;
  };
  const found = [];
  if (allowed.includes("bias")) {
    found.push({ label: words.withBias, checked: options.bias ?? true, set: (on: boolean) => (on ? without("bias") : { ...options, bias: false }) });
  }
  if (allowed.includes("ceilMode")) {
    found.push({ label: words.ceil, checked: options.ceilMode ?? false, set: (on: boolean) => (on ? { ...options, ceilMode: true } : without("ceilMode")) });
  }
  return found;
}
