import { describe, expect, test } from "vitest";
import { possibleGroups, withBias, withInput, withLayer } from "./edits.ts";
import { figureOf } from "./figure.ts";
import { latexOf } from "./latex.ts";
import { program } from "./programs.ts";
import { complete, defaults, preset, presets } from "./state.ts";
import { cellWork, chosenCell, comparisonOf, countsOf, seenBy, workOut } from "./work.ts";

const states = Object.keys(presets).map((name) => complete(preset(name)));

describe("channels", () => {
  test("sums of channels and the bias add up to the cell", () => {
    for (const state of states) {
      const work = workOut(state);
      const { data, shape } = work.layer!.output;
      data.forEach((value, flat) => {
        const [rows, columns] = shape.slice(1) as [number, number];
        const at = [Math.floor(flat / rows / columns), Math.floor(flat / columns) % rows, flat % columns];
        const { sums, bias, channels } = cellWork(work, at);
        expect(sums.reduce((all, sum) => all + sum, 0) + (bias ?? 0)).toBeCloseTo(value, 9);
        expect(channels).toEqual(seenBy(work, at[0]!));
      });
    }
  });

  test("are counted as the definition says", () => {
    const [full, depthwise] = ["full", "depthwise"].map((name) => workOut(complete(preset(name))));
    expect(countsOf(full!.layer!.spec)).toEqual({ weights: 144, parameters: 144, macs: 1296 });
    expect(comparisonOf(depthwise!)).toEqual({
      full: { weights: 144, parameters: 144, macs: 1296 }, separable: { weights: 52, parameters: 52, macs: 468 },
    });
    const biased = workOut({ ...defaults, bias: [3] });
    expect(comparisonOf(biased)).toMatchObject({ full: { parameters: 28 }, separable: { parameters: 27 + 3 + 3 + 1 } });
  });

  test("are seen by all kernels or by those of their group", () => {
    expect(possibleGroups(4, 8)).toEqual([1, 2, 4]);
    expect(possibleGroups(3, 1)).toEqual([1]);
    const two = workOut(complete(preset("groups")));
    expect([0, 1, 2, 3].map((kernel) => seenBy(two, kernel))).toEqual([[0, 1], [0, 1], [2, 3], [2, 3]]);
  });
});

describe("edits", () => {
  test("to fewer groups leave the maps as they were", () => {
    for (const name of ["groups", "depthwise"]) {
      const state = complete(preset(name));
      const whole = complete({ ...state, ...withLayer(state, { groups: 1 }) });
      expect(whole.groups).toBe(1);
      expect(workOut(whole).layer!.output.data).toEqual(workOut(state).layer!.output.data);
    }
  });

  test("always give a layer that fits", () => {
    for (const state of states) {
      for (let channels = 1; channels <= 8; channels += 1) {
        const more = complete({ ...state, ...withInput(state, [channels, 4, 7]) });
        expect(more.input.shape).toEqual([channels, 4, 7]);
        for (let kernels = 1; kernels <= 8; kernels += 1) {
          const next = complete({ ...more, ...withLayer(more, { kernels, size: [2, 3] }), ...withBias(more, true) });
          expect(workOut(next).layer!.output.shape).toEqual([kernels, 3, 5]);
          expect(next.bias).toHaveLength(kernels);
        }
      }
    }
  });
});

test("a state from anywhere is one that fits", () => {
  expect(complete(null)).toEqual(defaults);
  expect(complete({ groups: 2 })).toEqual(defaults);
  const odd = complete({ input: { shape: [9, 2, 2], data: [] }, bias: ["nan", "x", 4], cell: [0, 99, 0], padding: "full" });
  expect(odd).toEqual({ ...defaults, bias: ["nan"] });
  expect(chosenCell(workOut(odd), [9, 60, 1])).toEqual([0, 2, 1]);
  expect(workOut({ ...defaults, input: { shape: [3, 1, 1], data: [1, 2, 3] } }).layer).toBeNull();
});

test("what is shared says the sum", () => {
  const work = workOut(complete({ ...preset("many"), padding: "same" }));
  const worked = cellWork(work, [1, 0, 0]);
  const total = worked.result;
  expect(latexOf(work, worked)).toContain(`= ${total}\n`);
  expect(latexOf(work, worked)).toContain("\\boxed{0}");
  expect(figureOf(work, [1, 0, 0], true)).toContain(`= ${String(total).replace("-", "−")}</text>`);
  expect(program(work, "convolens")).toContain("y = cl.conv2d(x, weight, bias, padding=((1, 1), (1, 1)))");
});
