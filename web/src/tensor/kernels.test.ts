import { expect, test } from "vitest";
import { kernelWeights } from "../generated/kernel-weights.ts";
import { namedKernels } from "../generated/kernels.ts";
import entries from "../golden/catalogue.json";
import cases from "../golden/designs.json";
import { type Case, type Held, expectAlike, refusalOf } from "../golden/read.ts";
import { type Parameters, asProduct, findKernel, isSigned, kernelLabel, sumOf, weightsOf } from "./kernels.ts";

const catalogue = entries as unknown as Case<{ name: string }, { parameters: Parameters; weights: Held }>[];

for (const { given, expected } of cases as unknown as Case<
  { text: string }, { refusal?: string; weights: Held; sum: number; signed: boolean; rank: number }
>[]) {
  if (expected.refusal !== undefined) {
    test(`${given.text} is refused`, () => {
      const found = refusalOf(() => findKernel(namedKernels, kernelWeights, given.text));
      expect(found?.slice(0, 14)).toBe(expected.refusal!.slice(0, 14));
    });
    continue;
  }
  test(`${given.text} has Python's weights`, () => {
    const { weights } = findKernel(namedKernels, kernelWeights, given.text);
    expectAlike(weights, expected.weights);
    expect(sumOf(weights)).toBeCloseTo(expected.sum, 12);
    expect(isSigned(weights)).toBe(expected.signed);
    expect(asProduct(weights) !== null).toBe(expected.rank === 1);
  });
}

for (const { given, expected } of catalogue) {
  test(`${given.name} is in the generated catalogue, with Python's parameters and weights`, () => {
    const { entry, weights } = findKernel(namedKernels, kernelWeights, given.name);
    expect(entry.parameters).toEqual(expected.parameters);
    expectAlike(weights, expected.weights);
    expectAlike(weightsOf(entry, kernelWeights, entry.parameters), expected.weights);
  });
}

test("the catalogue has no other kernels, and what it lacks is refused", () => {
  expect(namedKernels.map(({ name }) => name)).toEqual(catalogue.map(({ given }) => given.name));
  expect(refusalOf(() => findKernel(namedKernels, {}, "sobel-x"))).toContain("sobel-x is not in the catalogue that was given");
});

test("a kernel is labelled with what makes it again", () => {
  const { entry } = findKernel(namedKernels, kernelWeights, "Gaussian:sigma=2");
  expect(kernelLabel(entry, { sigma: 2, size: null })).toBe("gaussian:sigma=2");
  expect(kernelLabel(entry, {})).toBe("gaussian");
});
