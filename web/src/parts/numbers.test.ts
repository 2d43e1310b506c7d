import { describe, expect, test } from "vitest";
import { bracketed, number, readNumber, shortNumber, summed } from "./numbers.ts";

describe("numbers", () => {
  test("are written as the Python side writes them, with a real minus", () => {
    expect([-12345678, 2, 1 / 3, -0, 1.25e-9, -0.5].map((value) => number(value))).toEqual([
      "−12345678", "2", "0.33333", "0", "1.25e−9", "−0.5",
    ]);
    expect([NaN, Infinity, -Infinity].map((value) => number(value))).toEqual(["nan", "∞", "−∞"]);
  });

  test("lose digits where there is no room, never their sign or size", () => {
    for (const value of [0.123456, -0.123456, 1234567, -9876.54321, 1e-7, -3, 1e15]) {
      const text = shortNumber(value, 6);
      expect(text.length).toBeLessThanOrEqual(6);
      const read = readNumber(text)!;
      expect(Math.abs(read - value)).toBeLessThanOrEqual(0.06 * Math.abs(value));
      expect(Math.sign(read)).toBe(Math.sign(value));
    }
  });

  test("stand in sums with their signs as operators", () => {
    expect(summed([-10, 0, 30, -2.5])).toBe("−10 + 0 + 30 − 2.5");
    expect(bracketed(-2)).toBe("(−2)");
  });

  test("are read as people type them", () => {
    expect(["1,5", " −2 ", "1/3", "-4e2", ".5"].map(readNumber)).toEqual([1.5, -2, 1 / 3, -400, 0.5]);
    for (const wrong of ["", "x", "1/0", "1/2/3", "1/", "--2", "1e400"]) expect(readNumber(wrong)).toBeNull();
  });
});
