import { expect, test } from "vitest";
import cases from "../golden/responses.json";
import { type Case, type Held, array, expectAlike, expectNumbers, refusalOf } from "../golden/read.ts";
import { fft, frequencyResponse } from "./fourier.ts";

for (const { given, expected } of cases as unknown as Case<
  { text: string; size: number }, { weights: Held; magnitude: Held; frequencies: number[] }
>[]) {
  test(`the frequency response of ${given.text} at ${given.size} frequencies is Python's`, () => {
    const { magnitude, frequencies } = frequencyResponse(array(expected.weights), given.size);
    expectAlike(magnitude, expected.magnitude);
    expectNumbers(frequencies, expected.frequencies);
  });
}

test("there and back through the transform gives the numbers again", () => {
  const numbers = Float64Array.from({ length: 16 }, (_, i) => ((i * 7) % 11) - 5);
  const [real, imaginary] = [numbers.slice(), new Float64Array(16)];
  fft(real, imaginary);
  expect(real[0]).toBeCloseTo(numbers.reduce((a, b) => a + b, 0), 12);
  fft(real, imaginary, true);
  expectNumbers(real.map((value) => value / 16), [...numbers]);
});

test("a grid smaller than the kernel is refused", () => {
  expect(refusalOf(() => frequencyResponse({ shape: [3, 3], data: new Float64Array(9) }, 2))).toContain("size must be at least 3");
});
