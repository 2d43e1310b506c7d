import { expect, test } from "vitest";
import cases from "../golden/solutions.json";
import { type Case, refusalOf, renamed } from "../golden/read.ts";
import { type WindowOptions, windowFormula } from "./formula.ts";
import { paddingThatKeeps, settingFormula, settingText, settingsFor } from "./solve.ts";

interface Given {
  keep?: number;
  from?: number;
  to: number;
  kernels: number[];
  size: number;
  window: number;
  options: object;
}

for (const { given, expected } of cases as unknown as Case<
  Given, { pads?: number[]; refusal?: string; settings?: string[]; formula?: string }
>[]) {
  test(`${JSON.stringify(given)} is solved as in Python`, () => {
    if (given.keep !== undefined) {
      const solve = (): unknown => paddingThatKeeps(given.keep!, renamed(given.options));
      if (expected.refusal) expect(refusalOf(solve)).toBe(expected.refusal);
      else expect(solve()).toEqual(expected.pads);
    } else if (given.from !== undefined) {
      const found = settingsFor(given.from, given.to, { kernels: given.kernels });
      expect(found.map(settingText)).toEqual(expected.settings);
      for (const setting of found) expect(settingFormula(setting, given.from)).toMatch(new RegExp(` ${given.to}$`));
    } else {
      expect(windowFormula(given.size, given.window, given.options as WindowOptions)).toBe(expected.formula);
    }
  });
}
