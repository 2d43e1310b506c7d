import { expect, test } from "vitest";
import cases from "../golden/unfolding.json";
import { type Case, type Held, type PythonOptions, array, expectAlike } from "../golden/read.ts";
import { entriesOf, fold, unfold } from "./unfold.ts";

for (const { given, expected } of cases as unknown as Case<
  { x: Held; kernel: number[]; options: PythonOptions }, { columns: Held; folded: Held }
>[]) {
  test(`windows of ${given.kernel}, ${JSON.stringify(given.options)} as columns, and back`, () => {
    const x = array(given.x);
    const unfolded = unfold(x, given.kernel, given.options);
    expectAlike(unfolded.columns, expected.columns);
    expectAlike(fold(unfolded), expected.folded);
    for (const at of entriesOf(unfolded.sources, 1)) expect(unfolded.columns.data[at]).toBe(x.data[1]);
  });
}
