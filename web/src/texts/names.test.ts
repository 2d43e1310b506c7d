import { expect, test } from "vitest";
import { nearest } from "./names.ts";

test("likeness of names is difflib's", () => {
  expect(nearest("sobel", ["box", "sobel-x", "sobel-y"])).toEqual(["sobel-x", "sobel-y"]);
  expect(nearest("xyz", ["constant", "edge", "reflect", "symmetric", "wrap"])).toEqual([]);
});
