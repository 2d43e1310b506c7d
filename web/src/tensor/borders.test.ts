import { expect, test } from "vitest";
import cases from "../golden/borders.json";
import { type Mode, SYNONYMS, parseBorder, sourceIndex } from "./borders.ts";

interface Given {
  mode?: Mode;
  size?: number;
  names?: string[];
}

for (const { given, expected } of cases as { given: Given; expected: { cells?: number[]; modes?: string[] } }[]) {
  if (given.names) {
    test("every synonym of Python means the same here, and there are no others", () => {
      expect(given.names!.map((name) => parseBorder(name).mode)).toEqual(expected.modes);
      expect([...SYNONYMS.keys()].sort()).toEqual(given.names);
    });
  } else {
    test(`${given.mode} shows the cells of an axis of ${given.size} that Python says`, () => {
      const cells = Array.from({ length: 27 }, (_, i) => sourceIndex(i - 13, given.size!, given.mode!));
      expect(cells).toEqual(expected.cells);
    });
  }
}

test("case, blanks and underscores of a border's name do not matter, and a number is a constant", () => {
  expect(parseBorder(" Grid_Wrap ")).toEqual({ mode: "wrap", value: 0 });
  expect(parseBorder(2.5)).toEqual({ mode: "constant", value: 2.5 });
  expect(parseBorder({ mode: "edge", value: 0 }).mode).toBe("edge");
});
