/** Which part of the axis is seen: all of it, or a span that moves and grows within. */

import type { Span } from "./axis.ts";
import { extentOf, type Work } from "./work.ts";

const LEAST = 8; // samples that are seen at least
const ROOM = 0.7; // beside the first and the last of them
export const MANY = 120; // samples, from which on there is something to zoom into
export const LARGER = 2; // times, by a button or a key

/** All that is drawn: the kernel of long signals does not slide, and begins where they do. */
export function wholeOf(work: Work): Span {
  const { samples, weights, first, count, long } = work;
  const { from, to } = long ? { from: Math.min(0, first), to: Math.max(samples.length, weights.length, first + count) - 1 } : extentOf(work);
  return { from: from - ROOM, to: to + ROOM };
}

/** A span of the same width within the whole. */
export function fitted({ from, to }: Span, whole: Span): Span {
  const all = whole.to - whole.from;
  const width = Math.min(all, Math.max(LEAST, to - from));
  const start = Math.min(whole.to - width, Math.max(whole.from, from));
  return width === all ? whole : { from: start, to: start + width };
}

export const spanOf = (span: readonly number[] | null, whole: Span): Span => (span ? fitted({ from: span[0]!, to: span[1]! }, whole) : whole);

/** As a state has it: null for the whole. */
export function written(span: Span, whole: Span): number[] | null {
  const { from, to } = fitted(span, whole);
  return from <= whole.from && to >= whole.to ? null : [from, to].map((place) => Math.round(place * 1000) / 1000);
}

/** Makes the span so many times narrower; the place `about` stays where it is. */
export function zoomed({ from, to }: Span, whole: Span, times: number, about = (from + to) / 2): Span {
  const width = Math.min(whole.to - whole.from, Math.max(LEAST, (to - from) / times));
  const start = about - ((about - from) / (to - from)) * width;
  return fitted({ from: start, to: start + width }, whole);
}

export const moved = ({ from, to }: Span, whole: Span, by: number): Span => fitted({ from: from + by, to: to + by }, whole);

/** Moves the span as little as shows what is looked at; what is wider than it is shown from its beginning. */
export function following(span: Span, whole: Span, seen: Span): Span {
  const by = seen.from < span.from || seen.to - seen.from > span.to - span.from ? seen.from - span.from : Math.max(0, seen.to - span.to);
  return by ? moved(span, whole, by) : span;
}

/** The samples of a list that are seen, from one up to another. */
export function seenOf({ from, to }: Span, first: number, length: number): Span {
  return { from: Math.min(length, Math.max(0, Math.ceil(from - first))), to: Math.max(0, Math.min(length, Math.floor(to - first) + 1)) };
}
