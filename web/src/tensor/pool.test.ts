import { describe, expect, test } from "vitest";
import cases from "../golden/pooling.json";
import { type Case, type Held, type PythonOptions, array, expectAlike, renamed, refusalOf } from "../golden/read.ts";
import type { PerDimension } from "./padding.ts";
import { poolSpec } from "./pool-geometry.ts";
import { type GlobalKind, adaptivePool, averagePool, globalPool, lpPool, maxPool } from "./pool.ts";
import { poolWindow } from "./pool-window.ts";
import { flatIndex, product, tensor, unflatten } from "./tensor.ts";

interface Given {
  kind: string;
  window: PerDimension;
  size: number[];
  options: PythonOptions;
  more: { p?: number | "inf"; count_include_pad?: boolean };
  x: Held;
}

const title = ({ kind, window, options, more, size }: Given): string =>
  `${kind} ${JSON.stringify(size ?? window)} ${JSON.stringify({ ...options, ...more })}`;

type Pooled = Case<Given, { y: Held; indices?: number[] }>;

describe.each((cases as unknown as Pooled[]).map((one) => ({ title: title(one.given), ...one })))(
  "$title",
  ({ given, expected }) => {
    const x = array(given.x);

    test("it is what Python pools", () => {
      const [kind, of] = given.kind.split(" ") as [string, string];
      if (kind === "adaptive") {
        const found = adaptivePool(x, given.size, of as "max" | "average", 2);
        expectAlike(found.values, expected.y);
        if (expected.indices) expect([...found.indices]).toEqual(expected.indices);
      } else if (kind === "global") {
        expectAlike(globalPool(x, of as GlobalKind, 2), expected.y);
      } else if (kind === "max") {
        const { values, indices } = maxPool(x, given.window, renamed(given.options));
        expectAlike(values, expected.y);
        expect([...indices]).toEqual(expected.indices);
      } else if (kind === "average") {
        expectAlike(averagePool(x, given.window, renamed({ ...given.options, ...given.more })), expected.y);
      } else {
        const p = given.more.p === "inf" ? Infinity : given.more.p;
        expectAlike(lpPool(x, given.window, p, renamed(given.options)), expected.y);
      }
    });

    if (given.kind === "max") {
      test("the window that a hover shows has that maximum", () => {
        const spec = poolSpec(x.shape, given.window, renamed(given.options));
        for (let i = 0; i < product(spec.outputSize); i++) {
          const { members, largest } = poolWindow(spec, x, unflatten(spec.outputSize, i));
          expect(members[largest]!.value).toBe(expected.y.data[i]);
          const { source } = members[largest]!;
          expect(source ? flatIndex(spec.inputSize, source) : -1).toBe(expected.indices![i]);
        }
      });
    }
  },
);

test("powers below 1 make no norm, and pads that take part are counted", () => {
  const x = tensor([1, 4], [1, 2, 3, 4]);
  expect(refusalOf(() => lpPool(x, [2], 0.5))).toContain("p must be a number of at least 1, or infinity, not 0.5");
  const uncounted = (): unknown => averagePool(x, [2], { border: "edge", countPads: false });
  expect(refusalOf(uncounted)).toContain("border 'edge' takes part in every window");
});
