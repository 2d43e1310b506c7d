import { describe, expect, test } from "vitest";
import cases from "../golden/learning.json";
import { type Case, type Held, array, expectNumbers, refusalOf } from "../golden/read.ts";
import { eigenvalues } from "./eigenvalues.ts";
import { convSpec } from "./geometry.ts";
import { curvatures, descent } from "./learning.ts";
import { fromNested, tensor, toNested } from "./tensor.ts";

interface Given {
  x: Held;
  target: Held;
  start: Held;
  rate: number;
  momentum: number;
  steps: number;
}

interface Expected {
  kernels: Held;
  losses: number[];
  curvatures: number[];
}

describe.each((cases as Case<Given, Expected>[]).map((one) => ({ title: one.name!, ...one })))("$title", ({ given, expected }) => {
  const [x, target, start] = [array(given.x), array(given.target), array(given.start)];

  test("kernels and losses on the way are the reference's", () => {
    const moments = descent(convSpec(x.shape, start.shape), x, target, start, given);
    expectNumbers(moments.flatMap(({ weight }) => [...weight.data]), expected.kernels.data);
    expectNumbers(moments.map(({ loss }) => loss), expected.losses);
  });

  test("the loss bends as the reference says, and that decides which rates are too large", () => {
    const found = curvatures(x, start.shape.slice(2));
    expectNumbers(found, expected.curvatures);
    const limit = (2 * (1 + given.momentum)) / found.at(-1)!;
    const lossAfter = (rate: number) =>
      descent(convSpec(x.shape, start.shape), x, target, start, { ...given, rate, steps: 400 }).at(-1)!.loss;
    expect(lossAfter(0.97 * limit)).toBeLessThan(expected.losses[0]!);
    expect(lossAfter(1.03 * limit)).toBeGreaterThan(100 * expected.losses[0]!);
  });
});

test("a way ends before its numbers do", () => {
  const x = tensor([1, 4], [100, 200, 300, 400]);
  const [target, start] = [tensor([1, 1, 1], [1]), tensor([1, 1, 1], [0])];
  const moments = descent(convSpec(x.shape, start.shape), x, target, start, { rate: 1, momentum: 0, steps: 500 });
  expect(moments.length).toBeLessThan(50);
  expect(Number.isFinite(moments.at(-1)!.loss)).toBe(true);
});

test("eigenvalues are those that are known", () => {
  expectNumbers(eigenvalues(fromNested([[2, 1], [1, 2]])), [1, 3]);
  expectNumbers(eigenvalues(fromNested([[5, 0, 0], [0, -1, 0], [0, 0, 2]])), [-1, 2, 5]);
  expectNumbers(eigenvalues(tensor([4, 4], new Float64Array(16).fill(1))), [0, 0, 0, 4]);
  expectNumbers(eigenvalues(tensor([2, 2])), [0, 0]);
});

test("descent on examples of Sobel's output finds Sobel's kernel", () => {
  const x = tensor([1, 8, 8], Float64Array.from({ length: 64 }, (_, i) => Math.sin(i * i)));
  const sobel = fromNested([[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]]);
  const spec = convSpec(x.shape, sobel.shape, { padding: 1 });
  const moments = descent(spec, x, sobel, tensor(sobel.shape), { rate: 0.3, momentum: 0, steps: 600 });
  moments.slice(1).forEach(({ loss }, step) => expect(loss).toBeLessThanOrEqual(moments[step]!.loss + 1e-15));
  moments.at(-1)!.weight.data.forEach((value, i) => expect(value).toBeCloseTo(sobel.data[i]!, 3));
});

test("lists become tensors and lists again", () => {
  const lists = [[[1, 2], [3, 4], [5, 6]]];
  expect(toNested(fromNested(lists))).toEqual(lists);
  expect(refusalOf(() => fromNested([[1, 2], [3]]))).toContain("as long as the first");
});
