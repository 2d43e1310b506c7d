import { describe, expect, test } from "vitest";
import cases from "../golden/stacks.json";
import { type Case, refusalOf } from "../golden/read.ts";
import { texts } from "../texts/index.ts";
import { layerFormulas } from "./layer-formulas.ts";
import { readOptions, writeOptions } from "./stack-options.ts";
import { parseStack } from "./stack-text.ts";
import { fieldsBehind, totals } from "./stack.ts";

interface Expected {
  refusal?: string;
  layers: {
    name: string;
    kind: string;
    output: number[];
    parameters: number;
    macs: number;
    memory: number;
    field: number[];
    jump: number[][];
    start: number[];
    formulas: Record<string, string>;
  }[];
  sees: [number[], number[][]];
  total: { parameters: number; macs: number; memory: number };
}

type Text = Case<{ text: string }, Expected>;

describe.each((cases as unknown as Text[]).map((one) => ({ title: one.given.text, ...one })))(
  "$title",
  ({ given, expected }) => {
    if (expected.refusal !== undefined) {
      test("it is refused in Python's words", () => {
        expect(refusalOf(() => parseStack(given.text))).toBe(expected.refusal);
      });
      return;
    }
    const stack = parseStack(given.text);

    test("every layer costs and sees what Python says", () => {
      const found = stack.layers.map((layer) => ({
        name: layer.name, kind: layer.kind, output: layer.outputShape, parameters: layer.parameters, macs: layer.macs,
        memory: layer.memory, field: layer.field.size, jump: layer.field.jump, start: layer.field.start,
      }));
      expect(found).toEqual(expected.layers.map(({ formulas: _formulas, ...rest }) => rest));
      expect(totals(stack)).toMatchObject(expected.total);
    });

    test("formulae have the layer's numbers put in", () => {
      stack.layers.forEach((layer, i) => expect(layerFormulas(layer, texts.formulas)).toEqual(expected.layers[i]!.formulas));
    });

    test("a cell is traced back to the input", () => {
      const [cell, seen] = expected.sees;
      const fields = fieldsBehind(stack, stack.layers.length - 1, cell);
      expect(fields[0]).toEqual(seen);
      expect(fields).toHaveLength(stack.layers.length + 1);
    });
  },
);

test("options are written as they are read", () => {
  for (const text of ["64,k3x5,s2,p0+1x2+2,d2,g4,nobias,reflect,flip", "k3,same", "3,ceil", "8,p1x2,op1"]) {
    const all = [
      "main", "kernel", "stride", "padding", "dilation", "groups", "bias", "border", "flip", "ceilMode",
      "outputPadding",
    ] as const;
    expect(writeOptions(readOptions(text.split(","), all))).toBe(text);
  }
});
