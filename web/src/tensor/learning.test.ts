import { expect, test } from "vitest";
import { conv } from "./convolve.ts";
import { convSpec } from "./geometry.ts";
import { learn } from "./learning.ts";
import { type Tensor, fromNested, tensor, toNested } from "./tensor.ts";

test("descent on examples of Sobel's output finds Sobel's kernel", () => {
  const x = tensor([1, 8, 8], Float64Array.from({ length: 64 }, (_, i) => Math.sin(i * i)));
  const sobel = fromNested([[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]]);
  const target = conv(x, sobel, null, { padding: 1 });
  const spec = convSpec(x.shape, sobel.shape, { padding: 1, bias: true });
  let [weight, bias, loss]: [Tensor, Tensor, number] = [tensor([1, 1, 3, 3]), tensor([1], [1]), Infinity];
  for (let n = 0; n < 600; n++) {
    const step = learn(spec, x, target, weight, bias, 0.3);
    expect(step.loss).toBeLessThanOrEqual(loss + 1e-15);
    [weight, bias, loss] = [step.weight, step.bias!, step.loss];
  }
  weight.data.forEach((value, i) => expect(value).toBeCloseTo(sobel.data[i]!, 3));
  expect(bias.data[0]).toBeCloseTo(0, 3);
});

test("lists become tensors and lists again", () => {
  const lists = [[[1, 2], [3, 4], [5, 6]]];
  expect(toNested(fromNested(lists))).toEqual(lists);
  expect(() => fromNested([[1, 2], [3]])).toThrow("as long as the first");
});
