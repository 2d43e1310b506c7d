import { describe, expect, test } from "vitest";
import cases from "../golden/shifts.json";
import { type Case, type Held, array, expectAlike, expectNumbers } from "../golden/read.ts";
import { type Entering, type Feature, type Measure, type Method, apart, featureMap, shifted, thinned } from "./shifts.ts";

interface Given {
  shift: number[];
  window: number[];
  stride: number[];
  entering: Entering;
  feature: Feature;
  x: Held;
}
type Measures = Record<Measure, number>;
type Expected = { features: Held; maps: Record<Method, Held>; apart: Record<Method, Measures> };

describe.each((cases as unknown as Case<Given, Expected>[]).map((one, i) => ({ i, ...one })))("shift $i", ({ given, expected }) => {
  const { shift, window, stride, entering, feature } = given;
  const zero = shift.map(() => 0);
  const features = (by: number[]) => featureMap(shifted(array(given.x), by, entering), feature, entering);
  const moved = shift.map((cells, axis) => cells / stride[axis]!);

  test("maps and their distances are Python's", () => {
    expectAlike(features(shift), expected.features);
    for (const method of Object.keys(expected.maps) as Method[]) {
      const [before, after] = [zero, shift].map((by) => thinned(features(by), method, window, stride, entering));
      expectAlike(after!, expected.maps[method]);
      const measures = Object.keys(expected.apart[method]) as Measure[];
      expectNumbers(
        measures.map((measure) => apart(measure, before!, after!, moved, entering)),
        measures.map((measure) => expected.apart[method][measure]),
      );
    }
  });
});

test("a shift by whole strides moves the map along, and another one does not", () => {
  const image = { shape: [8], data: Float64Array.from([0, 0, 1, 1, 0, 0, 1, 1]) };
  const pool = (by: number) => thinned(shifted(image, [by], "wrap"), "max", [2], [2], "wrap");
  expect([...pool(0).data]).toEqual([0, 1, 0, 1]);
  expect([...pool(1).data]).toEqual([1, 1, 1, 1]);
  expect(apart("moved", pool(0), pool(2), [1], "wrap")).toBe(0);
  expect(apart("moved", pool(0), pool(1), [0.5], "wrap")).toBeCloseTo(1 / 3);
});
