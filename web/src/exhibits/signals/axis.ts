/** Axes: round numbers to write at them, ranges that hold the values, outlines of what is too long to be drawn. */

/** Pixels beside all plots of signals, for the numbers of their axes. */
export const LEFT = 46;
export const RIGHT = 16;

export interface Span {
  from: number;
  to: number;
}

/** Round numbers within a span, about as many as wanted. */
export function ticksOf({ from, to }: Span, wanted: number): number[] {
  const rough = (to - from) / Math.max(wanted, 1);
  if (!(rough > 0) || !Number.isFinite(rough)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough * 0.999)!;
  const [first, last] = [Math.ceil(from / step - 1e-9), Math.floor(to / step + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Round numbers to read heights by. */
export function rulesOf(y: Span, height: number): number[] {
  const wanted = Math.max(3, height / 26);
  const rules = ticksOf(y, wanted);
  return rules.length < 3 ? ticksOf(y, 2 * wanted) : rules;
}

/** How many digits tell the round numbers within a span from each other. */
export const digitsOf = ({ from, to }: Span, least = 5): number =>
  Math.max(least, Math.ceil(Math.log10((10 * Math.max(Math.abs(from), Math.abs(to))) / (to - from))) + 1);

/** A span that holds zero and all values, with some room where one draws. */
export function rangeOf(lists: readonly ArrayLike<number>[], room = 0.06): Span {
  let [from, to] = [0, 0];
  for (const values of lists) {
    for (let i = 0; i < values.length; i++) {
      from = Math.min(from, values[i]!);
      to = Math.max(to, values[i]!);
    }
  }
  const most = Math.max(-from, to) || 1;
  return { from: from < 0 ? from - room * most : -2 * room * most, to: to > 0 ? to + room * most : 2 * room * most };
}

/** The least and the largest value in each of so many parts, from sample `from` up to `to`; the sample before a part counts, so that parts join. */
export function envelope(values: ArrayLike<number>, { from, to }: Span, parts: number): { least: Float64Array; most: Float64Array } {
  const [least, most] = [new Float64Array(parts).fill(NaN), new Float64Array(parts).fill(NaN)];
  const begin = (part: number) => Math.ceil(from + (part * (to - from)) / parts);
  for (let part = 0; part < parts; part++) {
    const [start, end] = [Math.max(0, begin(part)), Math.min(values.length, begin(part + 1))];
    if (start >= end) continue;
    let [low, high] = [values[start]!, values[start]!];
    for (let i = Math.max(0, start - 1); i < end; i++) {
      const value = values[i]!;
      if (value < low) low = value;
      else if (value > high) high = value;
    }
    [least[part], most[part]] = [low, high];
  }
  return { least, most };
}

export interface Series {
  values: ArrayLike<number>;
  /** Where the first of them lies. */
  first: number;
  look: "stems" | "bars" | "line";
  tone: "signal" | "kernel" | "product" | "output" | "faint";
}

export interface Frame {
  x: Span;
  y: Span;
  /** The area within the axes, in pixels. */
  left: number;
  top: number;
  width: number;
  height: number;
}

export const xOf = ({ x, left, width }: Frame, place: number): number => left + ((place - x.from) / (x.to - x.from)) * width;
export const yOf = ({ y, top, height }: Frame, value: number): number => top + ((y.to - value) / (y.to - y.from)) * height;
export const placeAt = ({ x, left, width }: Frame, at: number): number => x.from + ((at - left) / width) * (x.to - x.from);
export const valueAt = ({ y, top, height }: Frame, at: number): number => y.to - ((at - top) / height) * (y.to - y.from);

const DOTS_FROM = 4; // pixels between samples, from which on each has a dot

/** Where samples lie too close to be told apart, what each column of pixels holds; null where they do not. */
export function outlineOf(values: ArrayLike<number>, first: number, frame: Frame): { at: number; low: number; high: number }[] | null {
  const { x, left, width } = frame;
  if (width >= x.to - x.from || values.length <= width) return null;
  const { least, most } = envelope(values, { from: x.from - first, to: x.to - first }, Math.round(width));
  return Array.from(least, (low, i) => ({ at: left + i, low: yOf(frame, low), high: yOf(frame, most[i]!) })).filter(({ low }) => !Number.isNaN(low));
}

/** The samples that are seen, and one more at either side, so that lines go on to the edge. */
export function nearOf({ x }: Frame, first: number, length: number): Span {
  return { from: Math.max(0, Math.floor(x.from - first)), to: Math.max(0, Math.min(length, Math.ceil(x.to - first) + 1)) };
}

/** The paths of a series: lines, and dots or areas where there are any. Samples that lie too close become an outline. */
export function pathsOf({ values, first, look }: Series, frame: Frame): { line: string; dots: string; area: string } {
  const round = (n: number) => Math.round(n * 10) / 10;
  const outline = outlineOf(values, first, frame);
  if (outline) {
    return { line: outline.map(({ at, low, high }) => `M${round(at)} ${round(low + 0.5)}V${round(high - 0.5)}`).join(""), dots: "", area: "" };
  }
  const apart = frame.width / (frame.x.to - frame.x.from);
  const zero = round(yOf(frame, 0));
  const { from, to } = nearOf(frame, first, values.length);
  const points = Array.from({ length: Math.max(0, to - from) }, (_, i) => [round(xOf(frame, first + from + i)), round(yOf(frame, values[from + i]!))] as const);
  if (look === "bars") {
    const half = round(Math.max(0.5, 0.42 * apart));
    return { line: "", dots: "", area: points.map(([x, y]) => `M${round(x - half)} ${zero}H${round(x + half)}V${y}H${round(x - half)}Z`).join("") };
  }
  if (look === "line" || apart < DOTS_FROM) return { line: points.map(([x, y], i) => `${i ? "L" : "M"}${x} ${y}`).join(""), dots: "", area: "" };
  const size = Math.min(3.4, Math.max(1.6, apart / 4));
  return {
    line: points.map(([x, y]) => `M${x} ${zero}V${y}`).join(""),
    dots: points.map(([x, y]) => `M${round(x - size)} ${y}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0`).join(""),
    area: "",
  };
}
