import { expect, test } from "vitest";
import cases from "../golden/geometry.json";
import { type Case, type PythonOptions, refusalOf, renamed } from "../golden/read.ts";
import { texts } from "../texts/index.ts";
import { sizeFormulas, transposedFormulas } from "./formula.ts";
import { type ConvSpec, convSpec, memoryOf, optionsOf } from "./geometry.ts";
import { countSpectra } from "./counts.ts";
import type { PerDimension } from "./padding.ts";
import { type PoolSpec, poolSpec } from "./pool-geometry.ts";
import { product } from "./tensor.ts";
import { transposedSpec } from "./transposed-geometry.ts";

interface Given {
  of: "conv" | "transposed" | "pool";
  input: number[];
  window: PerDimension;
  options: PythonOptions;
}

interface Expected {
  refusal?: string;
  input: number[];
  output: number[];
  pads: number[][];
  macs: number;
  sizes: string[];
  memory: number;
  parameters?: number;
  connected?: number;
  border?: [string, number];
  fft?: number;
}

function specOf({ of, input, window, options }: Given): ConvSpec | PoolSpec {
  if (of === "pool") return poolSpec(input, window, renamed(options));
  return (of === "conv" ? convSpec : transposedSpec)(input, window as number[], renamed(options));
}

for (const { given, expected } of cases as unknown as Case<Given, Expected>[]) {
  const title = `${given.of} of (${given.input}) by (${given.window}), ${JSON.stringify(given.options)}`;
  if (expected.refusal !== undefined) {
    test(`${title} is refused in Python's words`, () => {
      expect(refusalOf(() => specOf(given))).toBe(expected.refusal);
    });
    continue;
  }
  test(`${title} has Python's sizes and counts`, () => {
    const spec = specOf(given);
    expect(spec.inputShape).toEqual(expected.input);
    expect(spec.outputShape).toEqual(expected.output);
    expect(spec.pads).toEqual(expected.pads);
    expect(spec.macs).toBe(expected.macs);
    expect(given.of === "transposed" ? transposedFormulas(spec) : sizeFormulas(spec, texts.formulas)).toEqual(expected.sizes);
    if (!("weights" in spec)) {
      expect(4 * (product(spec.inputShape) + product(spec.outputShape))).toBe(expected.memory);
      return;
    }
    expect(memoryOf(spec)).toBe(expected.memory);
    expect(spec.parameters).toBe(expected.parameters);
    expect(spec.fullyConnectedWeights).toBe(expected.connected);
    expect([spec.border.mode, spec.border.value]).toEqual(expected.border);
    expect(countSpectra(spec).operations).toBe(expected.fft);
    expect(convSpec(spec.inputShape, spec.weightShape, optionsOf(spec))).toEqual(spec);
  });
}

test("sizes beyond what can be counted are refused", () => {
  expect(refusalOf(() => convSpec([1, 8, 8], [1, 1, 3, 3], { padding: 2 ** 30 }))).toMatch("larger than any memory");
});
