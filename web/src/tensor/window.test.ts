import { describe, expect, test } from "vitest";
import cases from "../golden/windows.json";
import { type Case, type Held, type PythonOptions, array, expectNumbers, refusalOf } from "../golden/read.ts";
import { convSpec } from "./geometry.ts";
import { product, unflatten, valueAt } from "./tensor.ts";
import { placesUnder, windowsOver, workOut } from "./window.ts";

interface Given {
  options: PythonOptions;
  x: Held;
  weight: Held;
  bias: Held | null;
  cell: number[];
}

type Lists = number | boolean | Lists[];

/** What Python's Step.as_dict gives. */
interface Expected {
  channels: number[];
  window: Lists[];
  positions: Lists[];
  sources: Lists[];
  border: Lists[];
  weights: Lists[];
  products: Lists[];
  sums: number[];
  bias: number | null;
  result: number;
}

const flat = (lists: Lists): (number | boolean)[] => (Array.isArray(lists) ? lists.flatMap(flat) : [lists]);

const title = ({ name, given }: Case<Given, Expected>): string => `${name} at ${given.cell}`;

describe.each((cases as unknown as Case<Given, Expected>[]).map((one) => ({ title: title(one), ...one })))(
  "$title",
  ({ given, expected }) => {
    const [x, weight] = [array(given.x), array(given.weight)];
    const bias = given.bias ? array(given.bias) : null;
    const spec = convSpec(x.shape, weight.shape, given.options);
    const [item, kernel, ...cell] = given.cell as [number, number, ...number[]];

    test("a cell is worked out as Python explains it", () => {
      const worked = workOut(spec, x, weight, bias, cell, kernel, item);
      expect(worked.channels).toEqual(expected.channels);
      expectNumbers(worked.terms.map(({ value }) => value), flat(expected.window) as number[]);
      expectNumbers(worked.terms.map(({ weight: w }) => w), flat(expected.weights) as number[]);
      expectNumbers(worked.terms.map((term) => term.product), flat(expected.products) as number[]);
      expectNumbers(worked.sums, expected.sums);
      expect(worked.bias).toBe(expected.bias);
      expectNumbers([worked.result], [expected.result]);
      const places = worked.terms.slice(0, product(spec.kernelSize));
      expect(places.map(({ border }) => border)).toEqual(flat(expected.border));
      cell.forEach((_, axis) => {
        expect(places.map(({ position }) => position[axis])).toEqual(flat(expected.positions[axis]!));
        expect(places.map(({ source }) => source?.[axis] ?? -1)).toEqual(flat(expected.sources[axis]!));
      });
      for (const term of worked.terms) {
        expect(term.weight).toBe(valueAt(weight, kernel, term.channel - worked.channels[0]!, ...term.kernelCell));
      }
    });

    test("an input cell is under the windows that show it", () => {
      const source = spec.inputSize.map((n) => Math.floor(n / 2));
      const all = Array.from({ length: product(spec.outputSize) }, (_, i) => unflatten(spec.outputSize, i));
      const wanted = all.flatMap((at) =>
        placesUnder(spec, at)
          .filter((place) => place.source?.every((s, axis) => s === source[axis]))
          .map((place) => ({ cell: at, ...place })),
      );
      expect(windowsOver(spec, source)).toEqual(wanted);
    });
  },
);

test("a cell that is not there is refused", () => {
  const spec = convSpec([1, 4, 4], [1, 1, 3, 3]);
  expect(refusalOf(() => placesUnder(spec, [2, 0]))).toContain("there is no cell (2, 0); sizes (2, 2)");
});
