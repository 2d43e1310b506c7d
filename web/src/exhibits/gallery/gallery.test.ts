import { describe, expect, test } from "vitest";
import { namedKernels } from "../../generated/kernels.ts";
import { kernelWeights } from "../../generated/kernel-weights.ts";
import { filterPhotograph } from "../../tensor/photo.ts";
import { tensor } from "../../tensor/tensor.ts";
import { Client, type Port } from "./client.ts";
import type { Work } from "./filterer.ts";
import { isKernelText, kernelOf, resizedAbout, slidersOf, withParameter } from "./kernel.ts";
import { layOverWhite, ringsAt, shapesAt } from "./photographs.ts";
import { complete, defaults, preset } from "./state.ts";

describe("kernels", () => {
  test.each(namedKernels.map(({ name }) => name))("%s has the weights of the catalogue", (name) => {
    const { weights } = kernelOf(name);
    const known = kernelWeights[name]!;
    expect(weights.shape).toEqual(known.shape);
    weights.data.forEach((w, i) => expect(w).toBeCloseTo(known.data[i] as number, 9));
  });

  test("sliders reach from end to end, one parameter at a time", () => {
    for (const { name } of namedKernels) {
      const kernel = kernelOf(name);
      for (const { name: parameter, range } of slidersOf(kernel)) {
        for (const value of [range.least, range.most]) {
          const text = withParameter(kernel, parameter, value);
          expect(isKernelText(text), text).toBe(true);
          expect(kernelOf(text).parameters[parameter]).toBe(value);
        }
      }
    }
  });

  test("other sizes keep the middle", () => {
    const grown = resizedAbout(tensor([1, 3], [1, 2, 3]), 3, 5);
    expect(grown.data).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0]);
    expect(resizedAbout(tensor(grown.shape, grown.data as number[]), 1, 3).data).toEqual([1, 2, 3]);
  });
});

test("a state from anywhere", () => {
  expect(complete({ kernel: "nonsense", divider: 101, photograph: 3, pixel: [1] })).toEqual(defaults);
  expect(complete({ kernel: { shape: [1, 2], data: [1, "nan"] } }).kernel).toEqual({ shape: [1, 2], data: [1, 0] });
  expect(complete({ kernel: "gaussian:sigma=400" }).kernel).toBe("sobel-x");
  expect(preset("blur", "shapes")).toMatchObject({ photograph: "shapes", kernel: "gaussian:sigma=3" });
});

test("samples by formula", () => {
  expect(ringsAt(0, 0)).toEqual([255, 255, 255]);
  expect([shapesAt(0, 0)[0], shapesAt(159, 0)[0]]).toEqual([0, 255]);
});

test("what is transparent lies over white", () => {
  const opaque = Uint8ClampedArray.of(1, 2, 3, 255);
  expect(layOverWhite(opaque)).toBe(false);
  expect([...opaque]).toEqual([1, 2, 3, 255]);
  const glass = Uint8ClampedArray.of(9, 9, 9, 255, 255, 0, 100, 51, 7, 8, 9, 0);
  expect(layOverWhite(glass)).toBe(true);
  expect([...glass]).toEqual([9, 9, 9, 255, 255, 204, 224, 255, 255, 255, 255, 255]);
});

describe("the worker's client", () => {
  const photograph = { width: 4, height: 3, data: Uint8ClampedArray.from({ length: 48 }, (_, i) => 5 * i) };
  const kernel = tensor([1, 3], [-1, 0, 1]);
  const work: Work = { slot: "whole", measure: "kernel", kernel, operator: "sobel", options: {} };

  test("where there are no workers, the same is done here", async () => {
    const client = new Client(() => {
      throw new Error("not allowed");
    });
    client.open("whole", photograph);
    expect(await client.ask("a", work)).toEqual(filterPhotograph(photograph, kernel));
  });

  test("newer work takes the place of what waits, and a worker that fails is done without", async () => {
    const port: Port = { postMessage: () => undefined, onmessage: null, onerror: null, terminate: () => undefined };
    const client = new Client(() => port);
    client.open("whole", photograph);
    const [first, second, third] = [1, 2, 3].map(() => client.ask("a", work));
    expect(await second).toBeNull();
    port.onerror!({ preventDefault: () => undefined } as ErrorEvent);
    expect(await first).toEqual(filterPhotograph(photograph, kernel));
    expect(await third).toEqual(filterPhotograph(photograph, kernel));
  });
});
