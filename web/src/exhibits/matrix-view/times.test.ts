import { describe, expect, test } from "vitest";
import type { TimedAnswer, Timing } from "../../generated/messages.ts";
import { scaleOf, seconds, timesOf, type Known } from "./times.ts";

/** Predicted seconds, first values and medians of four algorithms, one of which is far behind, and of one that is too slow. */
const TIMES: Record<string, [predicted: number, first: number, median: number]> = {
  tiled: [1e-3, 3e-3, 2e-3], rows: [2e-3, 1e-3, 1.5e-3], fft: [3e-3, 4e-3, 1e-3], direct: [4e-3, 30e-3, 99], reference: [2, 99, 99],
};

/** An engine that keeps what it was asked. */
function engine() {
  const asked: (readonly string[])[] = [];
  const answer = async ({ algorithms, seconds }: { algorithms?: string[] | null; seconds?: number }): Promise<TimedAnswer> => {
    asked.push(algorithms!);
    const rows = Object.entries(TIMES).map(([algorithm, [predicted, first, median]]): Timing => {
      const measured = algorithms!.includes(algorithm) ? (seconds === undefined ? median : first) : null;
      return { algorithm, summary: "", predicted, measured, too_slow: predicted > 1, refusal: null, chosen: algorithm === "tiled" };
    });
    const refused: Timing = { algorithm: "separable", summary: "", predicted: 0, measured: null, too_slow: false, refusal: "no", chosen: false };
    // As the engine sorts them: by what is known.
    rows.sort((a, b) => (a.measured ?? a.predicted) - (b.measured ?? b.predicted));
    return { kind: "timed", id: 1, algorithms: [...rows, refused], multiply_adds: 1, threads: 1 };
  };
  return { asked, answer };
}

const measured = ({ timed }: Known) => timed.algorithms.filter((row) => row.measured !== null).map((row) => [row.algorithm, row.measured]);

describe("times", () => {
  test("come one by one in the planner's order, then as medians in turn, sorted; who is far behind keeps its first", async () => {
    const { asked, answer } = engine();
    const known: Known[] = [];
    for await (const step of timesOf(answer)) known.push(step);
    const names = ["tiled", "rows", "fft", "direct"];
    expect(asked).toEqual([[], ...names.map((name) => [name]), ["tiled", "rows", "fft"]]);
    expect(known.map(({ measuring, done, all }) => [measuring, done, all])).toEqual([
      ...names.map((name, i) => [[name], i, 4]), [["tiled", "rows", "fft"], 4, 4], [[], 4, 4],
    ]);
    expect(measured(known[2]!)).toEqual([["tiled", 3e-3], ["rows", 1e-3]]);
    expect(known[4]!.timed.algorithms.map(({ algorithm }) => algorithm)).toEqual([...names, "reference", "separable"]);
    expect(measured(known[5]!)).toEqual([["fft", 1e-3], ["rows", 1.5e-3], ["tiled", 2e-3], ["direct", 30e-3]]);
  });

  test("are asked for no longer once nobody reads on", async () => {
    const { asked, answer } = engine();
    for await (const { done } of timesOf(answer)) if (done === 1) break;
    expect(asked).toEqual([[], ["tiled"]]);
  });

  test("are asked for once where every algorithm is too slow", async () => {
    const { asked, answer } = engine();
    const slow = async (what: { algorithms?: string[] | null }): Promise<TimedAnswer> => {
      const timed = await answer(what);
      return { ...timed, algorithms: timed.algorithms.map((row) => ({ ...row, too_slow: true })) };
    };
    const known: Known[] = [];
    for await (const step of timesOf(slow)) known.push(step);
    expect(asked).toEqual([[]]);
    expect(known.map(({ measuring, done, all }) => [measuring, done, all])).toEqual([[[], 0, 0]]);
  });

  test("that fail say so", async () => {
    const { answer } = engine();
    const died = (what: { algorithms?: string[] | null }) => (what.algorithms![0] === "rows" ? Promise.reject(new Error("died")) : answer(what));
    const seen: number[] = [];
    await expect(async () => {
      for await (const { done } of timesOf(died)) seen.push(done);
    }).rejects.toThrow("died");
    expect(seen).toEqual([0, 1]);
  });
});

describe("the scale", () => {
  test("goes from a power of ten to another, each decade as wide", () => {
    const { place, ticks } = scaleOf([3e-5, 2e-3]);
    expect(ticks).toEqual(["10 µs", "100 µs", "1 ms", "10 ms"]);
    for (const [i, time] of [1e-5, 1e-4, 1e-3, 1e-2].entries()) expect(place(time)).toBeCloseTo((100 * i) / 3, 9);
  });

  test("has room for many decades, and at least one", () => {
    const { place, ticks } = scaleOf([2e-6, 30]);
    expect(ticks).toEqual(["1 µs", "100 µs", "10 ms", "1 s", "100 s"]);
    expect(place(1)).toBeCloseTo(75, 9);
    expect(scaleOf([1e-3]).ticks).toEqual(["1 ms", "10 ms"]);
    expect(scaleOf([1e-8]).ticks).toEqual(["0.0100 µs", "0.100 µs"]);
  });

  test("and times are written to three digits", () => {
    expect([1.234e-6, 9.996e-5, 0.5, 12.3456].map(seconds)).toEqual(["1.23 µs", "100 µs", "500 ms", "12.3 s"]);
  });
});
