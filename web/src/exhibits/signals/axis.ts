/** Axes: round numbers to write at them, ranges that hold the values, outlines of what is too long to be drawn. */

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
  for (let part = 0; part < parts; part++) {
    const start = Math.max(0, Math.ceil(from + (part * (to - from)) / parts) - 1);
    const end = Math.min(values.length, Math.max(start + 1, Math.ceil(from + ((part + 1) * (to - from)) / parts)));
    for (let i = start; i < end; i++) {
      if (!(values[i]! >= least[part]!)) least[part] = values[i]!;
      if (!(values[i]! <= most[part]!)) most[part] = values[i]!;
    }
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

/** The paths of a series: lines, and dots or areas where there are any. Samples that lie too close become an outline. */
export function pathsOf({ values, first, look }: Series, frame: Frame): { line: string; dots: string; area: string } {
  const round = (n: number) => Math.round(n * 10) / 10;
  const apart = frame.width / (frame.x.to - frame.x.from);
  const zero = round(yOf(frame, 0));
  if (apart < 1 && values.length > frame.width) {
    const parts = Math.max(1, Math.round(values.length * apart));
    const { least, most } = envelope(values, { from: 0, to: values.length }, parts);
    const left = xOf(frame, first);
    const columns = Array.from(least, (low, i) =>
      Number.isNaN(low) ? "" : `M${round(left + i)} ${round(yOf(frame, low) + 0.5)}V${round(yOf(frame, most[i]!) - 0.5)}`);
    return { line: columns.join(""), dots: "", area: "" };
  }
  const points = Array.from(values, (value, i) => [round(xOf(frame, first + i)), round(yOf(frame, value))] as const);
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
