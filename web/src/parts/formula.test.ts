import { expect, test } from "vitest";
import { plain, transposedSize, windowSize } from "./formula.ts";

const usual = { before: 0, after: 0, stride: 1, dilation: 1, outputPadding: 0 };

test("sizes of windows stand with their numbers, rounding where it happens", () => {
  expect(plain(windowSize({ ...usual, input: 7, kernel: 3, output: 5 }))).toBe("7 − 3 + 1 = 5");
  expect(plain(windowSize({ ...usual, input: 7, kernel: 3, stride: 2, output: 3 }))).toBe("⌊(7 − 3) / 2⌋ + 1 = 3");
  expect(plain(windowSize({ ...usual, input: 224, kernel: 7, before: 3, after: 3, stride: 2, output: 112 }))).toBe(
    "⌊(224 + 3 + 3 − 7) / 2⌋ + 1 = ⌊111.5⌋ + 1 = 112",
  );
  expect(plain(windowSize({ ...usual, input: 7, kernel: 2, dilation: 2, after: 1, output: 6 }))).toBe(
    "7 + 0 + 1 − (2·(2 − 1) + 1) + 1 = 6",
  );
});

test("sizes of transposed convolution go the other way", () => {
  const size = { ...usual, input: 14, kernel: 3, before: 1, after: 1, stride: 2, outputPadding: 1, output: 28 };
  expect(plain(transposedSize(size))).toBe("2·(14 − 1) − 1 − 1 + 3 + 1 = 28");
});
