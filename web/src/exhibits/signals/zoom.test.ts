import { expect, test } from "vitest";
import { digitsOf, envelope, outlineOf, pathsOf, rangeOf, rulesOf, ticksOf, type Frame } from "./axis.ts";
import { figureOf } from "./figure.ts";
import { filterLong } from "./filter.ts";
import { noise } from "./kernels.ts";
import { workOut } from "./work.ts";
import { fitted, following, moved, seenOf, spanOf, wholeOf, written, zoomed } from "./zoom.ts";

test("axes have round numbers, and what is long becomes an outline", () => {
  expect(ticksOf({ from: -0.31, to: 1.02 }, 4)).toEqual([0, 0.5, 1]);
  expect(ticksOf({ from: 3, to: 3 }, 4)).toEqual([3]);
  expect(rulesOf({ from: -0.4, to: 0.45 }, 116)).toEqual([-0.4, -0.2, 0, 0.2, 0.4]);
  expect(rangeOf([[0, 0]]).to).toBeGreaterThan(0);
  const { least, most } = envelope([1, -2, 3, 0, 5, 4], { from: 0, to: 6 }, 3);
  expect([[...least], [...most]]).toEqual([[-2, -2, 0], [1, 3, 5]]);
  expect([...envelope([1, 2], { from: -2, to: 4 }, 3).most]).toEqual([NaN, 2, NaN]);
  const frame: Frame = { x: { from: 0, to: 100_000 }, y: { from: -1, to: 1 }, left: 0, top: 0, width: 500, height: 100 };
  const { line } = pathsOf({ values: noise(100_000, 1), first: 0, look: "line", tone: "signal" }, frame);
  expect(line.match(/M/g)).toHaveLength(500);
});

test("columns hold the least and the largest of their samples wherever one looks, and far in every sample is a stem", () => {
  const values = noise(120_000, 5);
  const whole = { from: -0.7, to: 119_999.7 };
  let span = whole;
  for (let i = 0; i < 9; i++) {
    const frame: Frame = { x: span, y: { from: -1, to: 1 }, left: 0, top: 0, width: 400, height: 200 };
    for (const { at, low, high } of outlineOf(values, 0, frame)!) {
      const begin = (pixel: number) => Math.ceil(span.from + (pixel * (span.to - span.from)) / 400);
      const own = values.slice(Math.max(0, begin(at) - 1), begin(at + 1));
      expect([low, high]).toEqual([100 - 100 * Math.min(...own), 100 - 100 * Math.max(...own)]);
    }
    span = zoomed(span, whole, 2, 70_000.25);
  }
  const near = zoomed(span, whole, 4, 70_000);
  const { dots, line, area } = pathsOf({ values, first: 0, look: "stems", tone: "signal" }, { x: near, y: { from: -1, to: 1 }, left: 0, top: 0, width: 400, height: 200 });
  const { from, to } = seenOf(near, 0, values.length);
  expect([dots, line].map((path) => path.match(/M/g)!.length - (to - from))).toEqual([2, 2]); // one more at either side
  expect(area).toBe("");
});

test("a span grows about a place, stays within the whole, and is written short", () => {
  const whole = { from: -0.7, to: 999.7 };
  const half = zoomed(whole, whole, 2, 100);
  expect((100 - half.from) / (half.to - half.from)).toBeCloseTo((100 - whole.from) / (whole.to - whole.from), 9);
  expect(moved(half, whole, 1e6).to).toBe(999.7);
  expect(zoomed(half, whole, 1e9, 100)).toMatchObject({ from: expect.closeTo(99.2, 1) });
  expect(zoomed(half, whole, 0.1)).toBe(whole);
  expect(fitted({ from: 5000, to: 5010 }, whole)).toEqual({ from: 989.7, to: 999.7 });
  expect([written(whole, whole), written({ from: 1.23456, to: 99 }, whole)]).toEqual([null, [1.235, 99]]);
  expect([spanOf(null, whole), spanOf([-5, 2000], whole)]).toEqual([whole, whole]);
  expect(following({ from: 0, to: 10 }, whole, { from: 8, to: 12 })).toEqual({ from: 2, to: 12 });
  expect(following({ from: 5, to: 15 }, whole, { from: 2, to: 40 }).from).toBe(2);
  const still = { from: 0, to: 10 };
  expect(following(still, whole, { from: 1, to: 9 })).toBe(still);
  expect(seenOf({ from: 3.5, to: 6 }, 2, 100)).toEqual({ from: 2, to: 5 });
  expect(seenOf({ from: 300, to: 600 }, 2, 100)).toEqual({ from: 100, to: 100 });
  expect(seenOf({ from: -30, to: -20 }, 2, 100)).toEqual({ from: 0, to: 0 });
});

test("axes tell samples apart, however far in, and files show what is seen", () => {
  const span = { from: 1.23455, to: 1.2346 };
  const ticks = ticksOf(span, 5).map((value) => value.toPrecision(digitsOf(span)));
  expect(new Set(ticks).size).toBe(ticks.length);
  const work = workOut({ samples: noise(9000, 1), rate: 8000 }, noise(700, 2), "convolution", "full");
  const output = filterLong(work);
  const [whole, part] = [undefined, { from: 400.5, to: 440.5 }].map((x) => figureOf(work, output, null, false, x));
  expect(wholeOf(work)).toEqual({ from: -0.7, to: 9698.7 });
  expect(whole!.length).toBeGreaterThan(2 * part!.length);
  expect(part).toContain("0.0505");
  expect(part).not.toMatch(/NaN/);
});
