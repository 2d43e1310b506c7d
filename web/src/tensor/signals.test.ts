import { expect, test } from "vitest";
import cases from "../golden/signals.json";
import { type Case, type Held, type PythonOptions, array, expectAlike, expectNumbers } from "../golden/read.ts";
import {
  bend, binomial, convolve, convolveSparse, correlate, difference, echo, movingAverage, slope, throughSpectra,
} from "./signals.ts";
import { tensor } from "./tensor.ts";

for (const { given, expected } of cases as unknown as Case<
  { array: Held; kernel: Held; options: PythonOptions }, { correlated: Held; convolved: Held }
>[]) {
  test(`(${given.array.shape}) with (${given.kernel.shape}), ${JSON.stringify(given.options)}, is Python's`, () => {
    expectAlike(correlate(array(given.array), array(given.kernel), given.options), expected.correlated);
    expectAlike(convolve(array(given.array), array(given.kernel), given.options), expected.convolved);
  });
}

test("long signals go through spectra, and come out the same", () => {
  const draw = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => Math.sin(i * i));
  const [a, b] = [tensor([300], draw(300)), tensor([77], draw(77))];
  const plain = convolve(a, b, { padding: "full" }).data;
  throughSpectra(a.data, b.data).forEach((value, i) => expect(value).toBeCloseTo(plain[i]!, 10));
});

test("kernels of signals do what their names say", () => {
  const ramp = tensor([6], [0, 1, 4, 9, 16, 25]);
  const valid = { padding: "valid" } as const;
  expectNumbers(correlate(ramp, difference(), valid).data, [1, 3, 5, 7, 9]);
  expectNumbers(correlate(ramp, slope(), valid).data, [2, 4, 6, 8]);
  expectNumbers(correlate(ramp, bend(), valid).data, [2, 2, 2, 2]);
  expectNumbers(correlate(ramp, movingAverage(4), valid).data, [3.5, 7.5, 13.5]);
  expectNumbers(binomial(4).data, [0.125, 0.375, 0.375, 0.125]);
  const twice = echo(2, 0.5, 2);
  expectNumbers(twice.data, [1, 0, 0.5, 0, 0.25]);
  expectNumbers(convolveSparse(ramp, twice).data, [...convolve(ramp, twice, { padding: "full" }).data]);
});
