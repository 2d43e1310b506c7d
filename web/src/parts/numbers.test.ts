import { describe, expect, test } from "vitest";
import { bracketed, factored, isAmbiguous, number, numberIn, readNumber, shortNumber, summed, whyUnread } from "./numbers.ts";

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
      expect(text.replace("−", "").length).toBeLessThanOrEqual(6);
      const read = readNumber(text)!;
      expect(Math.abs(read - value)).toBeLessThanOrEqual(0.06 * Math.abs(value));
      expect(Math.sign(read)).toBe(Math.sign(value));
    }
  });

  test("that do not fit are not made longer", () => {
    expect([-0.5, -109, -12345].map((value) => shortNumber(value, 3))).toEqual(["−.5", "−109", "−1e4"]);
    expect(shortNumber(-0.0925, 4)).toBe("−.092");
  });

  test("have the same digits on both sides of zero", () => {
    for (const value of [0.4245, 123456789.123, 14815, 1.49e10, 0.000123456, 0.25, Infinity]) {
      for (let room = 1; room <= 8; room += 1) expect(shortNumber(-value, room, room + 1)).toBe(`−${shortNumber(value, room, room + 1)}`);
    }
  });

  test("keep two digits and the 0 before the point where there is room for it in a smaller type", () => {
    const written = (most: number) => [1.49e10, 14815, 148150, 0.0825, 0.00825, 0.574].map((value) => shortNumber(value, 5, most));
    expect(written(6)).toEqual(["1.5e10", "14815", "1.5e5", "0.083", "0.0083", "0.574"]);
    expect(written(5)).toEqual(["1e10", "14815", "1.5e5", "0.083", ".0083", "0.574"]);
    expect(shortNumber(14815.0001, 5)).toBe("14820");
  });

  test("have all or none a 0 before the point where there is little room", () => {
    for (const room of [3, 4]) expect([0.5, 0.574, 0.0272, 0.25].map((value) => shortNumber(value, room)[0])).toEqual(Array(4).fill("."));
  });

  test("with a power of ten are written one way, whatever room there is", () => {
    expect([5, 6, 7, 9].map((room) => shortNumber(1e10, room))).toEqual(Array(4).fill("1e10"));
    expect([shortNumber(-1e10, 6), shortNumber(1.25e10, 7), shortNumber(1e300, 6)]).toEqual(["−1e10", "1.25e10", "1e300"]);
  });

  test("stand in sums with their signs as operators", () => {
    expect(summed([-10, 0, 30, -2.5])).toBe("−10 + 0 + 30 − 2.5");
    expect(bracketed(-2)).toBe("(−2)");
    expect([[-1, 0], [-2, -3], [4, 5]].map(([one, other], place) => factored(one!, other!, place)).join(" ")).toBe("−1·0 + (−2)·(−3) + 4·5");
  });

  test("are read as people type them", () => {
    expect(["1,5", " −2 ", "1/3", "-4e2", ".5"].map(readNumber)).toEqual([1.5, -2, 1 / 3, -400, 0.5]);
    expect(["0,125", "1234,567", "1,25"].map(readNumber)).toEqual([0.125, 1234.567, 1.25]);
    for (const either of ["1,000", "-12,500", "1,000,000", " +1,250.5"]) expect([isAmbiguous(either), readNumber(either)]).toEqual([true, null]);
    for (const wrong of ["", "x", "1/0", "1/2/3", "1/", "--2", "1e400", "2/1,000", "∞", "1/∞"]) expect(readNumber(wrong)).toBeNull();
  });

  test("that are too large are told from what is no number", () => {
    expect(["inf", "+∞", "−Inf", "-1e400", "1/∞"].map(numberIn)).toEqual([Infinity, Infinity, -Infinity, -Infinity, NaN]);
    expect(["2e15", "∞", "-1e308", "x", "1,000"].map((typed) => whyUnread(typed, "none"))).toEqual([
      "At most 1e15", "At most 1e15", "At least −1e15", "none", expect.stringMatching(/^1,000 has two readings/),
    ]);
  });
});
