/** The engine's times of a layer: in which order they are asked for, and the scale that they are drawn on. */

import type { TimedAnswer, TimesRequest } from "../../generated/messages.ts";

/** Seconds of runs for a first value. */
const FIRST = 0.02;
/** Who is so many times slower than the fastest keeps its first value. */
export const FAR_BEHIND = 20;

/** What is known so far. */
export interface Known {
  timed: TimedAnswer;
  /** Which algorithms are being measured now; none at the end. */
  measuring: readonly string[];
  /** How many have a first value, and how many are to have one. */
  done: number;
  all: number;
}

type Ask = (what: Pick<TimesRequest, "algorithms" | "seconds">) => Promise<TimedAnswer>;

/** First a quick value of each algorithm, in the planner's order; then medians in turn of those that are not far behind. */
export async function* timesOf(ask: Ask): AsyncGenerator<Known> {
  let timed = await ask({ algorithms: [] });
  const names = timed.algorithms.filter(({ refusal, too_slow }) => refusal === null && !too_slow).map(({ algorithm }) => algorithm);
  const all = names.length;
  for (const [done, name] of names.entries()) {
    yield { timed, measuring: [name], done, all };
    timed = joined(timed, await ask({ algorithms: [name], seconds: FIRST }));
  }
  if (all) {
    const near = FAR_BEHIND * Math.min(...timed.algorithms.map(({ measured }) => measured ?? Infinity));
    const measuring = timed.algorithms.filter(({ measured }) => measured !== null && measured <= near).map(({ algorithm }) => algorithm);
    yield { timed, measuring, done: all, all };
    timed = joined(timed, await ask({ algorithms: measuring }));
  }
  timed.algorithms.sort((a, b) => (a.measured ?? a.predicted) - (b.measured ?? b.predicted));
  yield { timed, measuring: [], done: all, all };
}

/** Newer times before older ones, in the order of the older. */
function joined(older: TimedAnswer, newer: TimedAnswer): TimedAnswer {
  const times = new Map(newer.algorithms.map(({ algorithm, measured }) => [algorithm, measured]));
  return { ...older, algorithms: older.algorithms.map((row) => ({ ...row, measured: times.get(row.algorithm) ?? row.measured })) };
}

/** To three digits. */
export const seconds = (time: number): string =>
  time < 1e-3 ? `${(time * 1e6).toPrecision(3)} µs` : time < 1 ? `${(time * 1e3).toPrecision(3)} ms` : `${time.toPrecision(3)} s`;

/** A logarithmic scale that holds all times: where each lies, from 0 to 100, and what is written at even steps from end to end. */
export function scaleOf(times: readonly number[]): { place: (time: number) => number; ticks: string[] } {
  const first = Math.floor(Math.log10(Math.min(...times)));
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(...times))) - first);
  const step = Math.ceil(decades / 6); // so many have room on a phone
  const steps = Math.ceil(decades / step);
  return {
    place: (time) => (100 * (Math.log10(time) - first)) / (steps * step),
    ticks: Array.from({ length: steps + 1 }, (_, i) => seconds(Number(`1e${first + i * step}`)).replace(/\.0+(?= )/, "")),
  };
}
