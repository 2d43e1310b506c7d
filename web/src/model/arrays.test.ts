import { expect, test } from "vitest";
import { asDims, asNumbers, asPadding, asPlace, asSides, fitsIn } from "./arrays.ts";

test("an array is taken where shape and numbers fit, once, and what is no number is 0", () => {
  const taken = asNumbers({ shape: [2, 2], data: [1, "inf", null, -0.5] }, fitsIn(2));
  expect(taken).toEqual({ shape: [2, 2], data: [1, "inf", 0, -0.5] });
  expect(asNumbers(taken, fitsIn(2))).toBe(taken);
  expect(asNumbers(taken, fitsIn(1))).toBeNull();
  for (const raw of [null, 3, { shape: [2] }, { shape: [2], data: [1] }, { shape: [0], data: [] }, { shape: [65], data: new Array(65).fill(0) }]) {
    expect(asNumbers(raw, fitsIn(1))).toBeNull();
  }
});

test("settings a side are filled up, and places that do not fit are none", () => {
  expect(asSides([3, 0, "2"], 4, 1, 5, 2)).toEqual([3, 2, 2, 2]);
  expect(asPadding([[1, 2], "x"], 2)).toEqual([[1, 2], [0, 0]]);
  expect([asPadding("same", 2), asPadding("sam", 2)]).toEqual(["same", "valid"]);
  expect([asPlace([1, 2], 2), asPlace([1, -1], 2), asPlace([-3], 1, { least: -3 }), asPlace([65], 1, { most: 64 }), asPlace([1], 2)]).toEqual([
    [1, 2], null, [-3], null, null,
  ]);
  expect([asDims(3, null, [1, 2], 2), asDims(null, { shape: [4] }, [1, 2], 2), asDims(1, { shape: [4, 4] }, [1, 2], 2)]).toEqual([2, 1, 1]);
});
