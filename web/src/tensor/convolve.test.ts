import { describe, expect, test } from "vitest";
import cases from "../golden/convolutions.json";
import { type Case, type Held, type PythonOptions, array, expectAlike, expectNumbers } from "../golden/read.ts";
import { conv } from "./convolve.ts";
import { convSpec } from "./geometry.ts";
import { gradBias, gradInput, gradWeight, inputGradientCell, weightGradientCell } from "./gradients.ts";
import { type Tensor, multiply, product, reshape, sameShape, tensor, unflatten, valueAt } from "./tensor.ts";
import { dense, toeplitz, toeplitzOffset } from "./toeplitz.ts";
import { kernelRows, unfold } from "./unfold.ts";
import { workOut } from "./window.ts";
import { hasTiles, winogradTiles } from "./winograd.ts";

interface Given {
  options: PythonOptions;
  x: Held;
  weight: Held;
  bias: Held | null;
  grad: Held;
}

interface Expected {
  y: Held;
  grad_input: Held;
  grad_weight: Held;
  grad_bias: Held;
  toeplitz?: Held;
  offset?: Held;
}

describe.each((cases as unknown as Case<Given, Expected>[]).map((one) => ({ title: one.name!, ...one })))(
  "$title",
  ({ given, expected }) => {
    const [x, weight, grad] = [array(given.x), array(given.weight), array(given.grad)];
    const bias = given.bias ? array(given.bias) : null;
    const spec = convSpec(x.shape, weight.shape, { ...given.options, bias: bias !== null });

    test("the convolution is that of the reference", () => {
      expectAlike(conv(x, weight, bias, given.options), expected.y);
    });

    test("the gradients are those of the reference", () => {
      expectAlike(gradInput(grad, weight, x.shape, given.options), expected.grad_input);
      expectAlike(gradWeight(grad, x, weight.shape, given.options), expected.grad_weight);
      expectAlike(gradBias(grad, spec.dims), expected.grad_bias);
    });

    test("cells that are worked out one by one agree with the whole", () => {
      if (!spec.batch) return;
      const places = [0, Math.floor(product(spec.outputSize) / 2), product(spec.outputSize) - 1];
      for (const place of places) {
        const cell = unflatten(spec.outputSize, place);
        const worked = workOut(spec, x, weight, bias, cell, spec.outChannels - 1, spec.batch - 1);
        const index = [...(spec.hasBatch ? [spec.batch - 1] : []), spec.outChannels - 1, ...cell];
        expectNumbers([worked.result], [valueAt(array(expected.y), ...index)]);
      }
      const last = spec.inputSize.map((n) => n - 1);
      const back = inputGradientCell(spec, grad, weight, last, spec.inChannels - 1, spec.batch - 1);
      expectNumbers([back.result], expected.grad_input.data.slice(-1));
      const own = spec.weightShape.map((n) => n - 1);
      const [kernel, channel, ...kernelCell] = own as [number, number, ...number[]];
      const { result } = weightGradientCell(spec, grad, x, kernelCell, kernel, channel);
      expectNumbers([result], expected.grad_weight.data.slice(-1));
    });

    if (expected.toeplitz) {
      test("the matrix is the reference's, and times the input it is the convolution", () => {
        const matrix = toeplitz(spec, weight);
        expectAlike(dense(matrix), expected.toeplitz!);
        const offset = toeplitzOffset(spec, weight, bias);
        expectNumbers(offset, expected.offset!.data);
        const y = multiply(dense(matrix), reshape(x, [x.data.length, 1]));
        expectNumbers(y.data.map((value, i) => value + offset[i]!), expected.y.data);
        matrix.value.forEach((value, i) => expect(value).toBe(weight.data[matrix.weight[i]!]));
      });
    }

    if (spec.groups === 1 && spec.batch === 1) {
      test("kernels as rows times windows as columns is the convolution", () => {
        const { flip: _flip, groups: _groups, ...rest } = given.options;
        const { columns } = unfold(x, spec.kernelSize, rest);
        const flat = reshape(columns, columns.shape.slice(-2));
        const y = multiply(kernelRows(spec, weight), flat).data;
        const cells = product(spec.outputSize);
        expectNumbers(y.map((value, i) => value + (bias?.data[Math.floor(i / cells)] ?? 0)), expected.y.data);
      });
    }

    if (hasTiles(spec) && spec.batch) {
      test("Winograd's tiles put together are the convolution", () => {
        expectNumbers(throughTiles(spec, x, weight, bias).data, expected.y.data);
      });
    }
  },
);

function throughTiles(spec: ReturnType<typeof convSpec>, x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  const result = tensor(spec.outputShape);
  const [height, width] = spec.outputSize as [number, number];
  for (let n = 0; n < spec.batch; n++) {
    for (let k = 0; k < spec.outChannels; k++) {
      for (const tile of winogradTiles(spec, x, weight, bias, k, n)) {
        for (let i = 0; i < tile.rows; i++) {
          for (let j = 0; j < tile.columns; j++) {
            const at = ((n * spec.outChannels + k) * height + tile.row + i) * width + tile.column + j;
            result.data[at] = valueAt(tile.output, i, j);
          }
        }
      }
    }
  }
  return result;
}

test("arguments stay as they are", () => {
  const [x, weight] = [tensor([1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]), tensor([1, 1, 2, 2], [1, 2, 3, 4])];
  conv(x, weight, null, { flip: true, padding: "full" });
  expect([...x.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...weight.data]).toEqual([1, 2, 3, 4]);
  expect(sameShape(weight.shape, [1, 1, 2, 2])).toBe(true);
});

test("there is a case with tiles, with groups and with each border", () => {
  const given = (cases as unknown as Case<Given, Expected>[]).map((one) => one.given);
  const specs = given.map(({ x, weight, options }) => convSpec(x.shape, weight.shape, options));
  expect(specs.some((spec) => hasTiles(spec) && spec.inChannels > 1)).toBe(true);
  expect(new Set(specs.map((spec) => spec.border.mode)).size).toBe(5);
  expect(specs.some((spec) => spec.groups > 1 && spec.flip)).toBe(true);
});
