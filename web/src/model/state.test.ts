import { expect, test } from "vitest";
import * as backwards from "../exhibits/backwards/state.ts";
import * as borders from "../exhibits/borders/state.ts";
import * as channels from "../exhibits/channels/state.ts";
import * as gallery from "../exhibits/gallery/state.ts";
import * as matrixView from "../exhibits/matrix-view/state.ts";
import * as pooling from "../exhibits/pooling/state.ts";
import * as signals from "../exhibits/signals/state.ts";
import * as sizes from "../exhibits/sizes/state.ts";
import * as slidingWindow from "../exhibits/sliding-window/state.ts";
import * as generated from "../generated/states.ts";
import { texts } from "../texts/index.ts";
import { alike, notUnderstood, type Completion, type Raw } from "./state.ts";

const modules = { backwards, borders, channels, gallery, matrixView, pooling, signals, sizes, slidingWindow };
const exhibits = Object.entries(modules).map(([name, { complete, defaults }]) => ({
  name,
  complete: complete as Completion<object>,
  defaults: defaults as object as Raw,
  presets: Object.values((generated as Raw)[`${name}Presets`] as Record<string, Raw>),
}));

test.each(exhibits)("all that Python writes is understood: $name", ({ complete, defaults, presets }) => {
  for (const given of [{}, defaults, ...presets, ...presets.map((preset) => ({ ...defaults, ...preset }))]) {
    expect(notUnderstood(given, complete(given))).toEqual([]);
  }
  const locked = ["undo", "code"]; // in an order of their own
  expect(notUnderstood({ locked }, complete({ locked }))).toEqual([]);
});

test.each(exhibits)("whatever cannot be taken is named: $name", ({ complete, defaults }) => {
  for (const name of Object.keys(defaults)) {
    const given = { ...defaults, [name]: { odd: 1 } };
    expect(notUnderstood(given, complete(given))).toContain(name);
  }
  const given = { locked: ["nothing"], version: 2, stridee: [1, 1] };
  expect(notUnderstood(given, complete(given))).toEqual(["locked", "version", "stridee"]);
});

test("numbers out of range, in part of an array too, are named; what stays as it was is not", () => {
  const given = { stride: [0, 2], dilation: [2, 2], border_value: "1", kernel: { data: [1, "nan"], shape: [1, 2] }, cell: [-1, 0], padding: [[0, 0]] };
  expect(notUnderstood(given, slidingWindow.complete(given))).toEqual(["stride", "border_value", "cell", "padding"]);
});

test("values are alike by what they say, however their parts are ordered", () => {
  const pads = { shape: [1, 2], data: [0, "nan"], padding: null };
  expect(alike(pads, { padding: null, data: [0, "nan"], shape: [1, 2] })).toBe(true);
  expect(alike(pads, { ...pads, data: [0, "nan", 0] })).toBe(false);
  expect(alike(pads, { ...pads, padding: [] })).toBe(false);
  expect(alike(pads, { ...pads, shape: ["1", 2] })).toBe(false);
});

test("a stranger's names do not fill the page", () => {
  const names = Array.from({ length: 30 }, (_, i) => `${i}`.repeat(50));
  expect(texts.page.notUnderstood(names, true)).toMatch(/^Not understood in this link: 0{32}, .* and 22 more\. /);
  expect(texts.page.notUnderstood(["stride", "dilation"], false)).toBe("Not understood in this file: stride, dilation. Defaults stand in for that.");
});
