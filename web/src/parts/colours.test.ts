import { expect, test } from "vitest";
import { contrast, scaleOf } from "./colours.ts";

const rgb = (colour: string) =>
  (colour.startsWith("#")
    ? [1, 3, 5].map((place) => Number.parseInt(colour.slice(place, place + 2), 16))
    : colour.match(/\d+/g)!.map(Number)) as [number, number, number];

test("every number can be read on its colour, light and dark", () => {
  for (const dark of [false, true]) {
    const scale = scaleOf([-100, 100], dark);
    for (let value = -100; value <= 100; value += 1) {
      const { fill, ink } = scale.colour(value);
      expect(contrast(rgb(fill), rgb(ink))).toBeGreaterThanOrEqual(4.5);
    }
  }
});

test("the scale is the same on both sides of zero, and takes what is not finite", () => {
  const scale = scaleOf([3, -8, NaN, Infinity], false);
  expect(scale.most).toBe(8);
  expect([-8, 0, 4, Infinity, NaN].map((value) => scale.place(value))).toEqual([-1, 0, 0.5, 1, 0]);
  expect(scaleOf([], false).most).toBe(1);
});

test("what is no finite number is none of the scale's, and told", () => {
  for (const dark of [false, true]) {
    const scale = scaleOf([NaN, Infinity], dark);
    expect([scale.odd, scale.hasFinite]).toEqual([[NaN, Infinity], false]);
    expect([NaN, -Infinity, 0].map((value) => scale.colour(value).odd ?? false)).toEqual([true, true, false]);
    expect(scale.colour(NaN).fill).not.toBe(scale.colour(0).fill);
    expect(contrast(rgb(scale.colour(NaN).fill), rgb(scale.colour(NaN).ink))).toBeGreaterThanOrEqual(4.5);
  }
});
