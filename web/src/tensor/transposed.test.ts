import { describe, expect, test } from "vitest";
import cases from "../golden/transposed.json";
import {
  type Case, type Held, type PythonOptions, array, expectAlike, expectNumbers, renamed,
} from "../golden/read.ts";
import { convTransposed, gather } from "./transposed.ts";
import { transposedSpec } from "./transposed-geometry.ts";
import { product, unflatten } from "./tensor.ts";

interface Given {
  options: PythonOptions;
  x: Held;
  weight: Held;
  bias: Held | null;
}

describe.each((cases as unknown as Case<Given, { y: Held }>[]).map((one) => ({ title: one.name!, ...one })))(
  "$title",
  ({ given, expected }) => {
    const [x, weight] = [array(given.x), array(given.weight)];
    const bias = given.bias ? array(given.bias) : null;
    const options = renamed(given.options);

    test("the transposed convolution is that of the reference", () => {
      expectAlike(convTransposed(x, weight, bias, options), expected.y);
    });

    test("every cell is the sum of what reaches it", () => {
      const spec = transposedSpec(x.shape, weight.shape, options);
      const cells = product(spec.inputSize);
      const found = Array.from({ length: spec.inChannels * cells }, (_, i) =>
        gather(spec, x, weight, bias, unflatten(spec.inputSize, i % cells), Math.floor(i / cells)),
      );
      expectNumbers(found.map(({ result }) => result), expected.y.data.slice(0, found.length));
      for (const { terms } of found) {
        for (const term of terms) expect(term.product).toBe(term.value * term.weight);
      }
    });
  },
);
