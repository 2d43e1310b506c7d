/** The exhibit for files: signal, kernel as it lies, products and output below each other. */

import { DARK, LIGHT, Sheet } from "../../export/svg.ts";
import { number, shortNumber } from "../../parts/numbers.ts";
import { texts } from "../../texts/index.ts";
import { digitsOf, outlineOf, rangeOf, rulesOf, ticksOf, xOf, yOf, type Frame, type Span } from "./axis.ts";
import { productEnds, termsOf, type Work } from "./work.ts";
import { seenOf, wholeOf } from "./zoom.ts";

const [LEFT, TOP, WIDE, GAP] = [70, 30, 760, 30];
const OUTPUT = { light: "#5a3d94", dark: "#bcb0f5" };

interface Strip {
  title: string;
  values: ArrayLike<number>;
  first: number;
  colour: string;
  height: number;
  bars?: boolean;
  range?: Span;
  /** The last of them that is drawn in full. */
  until?: number;
}

/** The part `x` of the axis; `step` null draws the whole output, and no window. */
export function figureOf(work: Work, output: Float64Array | null, step: number | null, dark: boolean, x: Span = wholeOf(work)): string {
  const words = texts.signals;
  const sheet = new Sheet(dark ? DARK : LIGHT);
  const { ink, accent } = sheet.palette;
  const violet = OUTPUT[dark ? "dark" : "light"];
  const slides = step !== null && output !== null && !work.long;
  const begin = work.start + (step ?? 0);
  const products = slides ? termsOf(work, step).map(({ product }) => product) : [];
  const turned = slides && work.operation === "convolution";
  const strips: Strip[] = [
    { title: words.signal, values: work.samples, first: 0, colour: ink, height: 120 },
    { title: turned ? words.turned : words.kernel, values: slides ? work.laid : work.weights, first: slides ? begin : 0, colour: accent, height: 80 },
    ...(slides ? [{ title: `${words.products}: ${words.area(number(output[step]!, 4))}`, values: products, first: begin, colour: accent, height: 80, bars: true, range: rangeOf([productEnds(work)]) }] : []),
    ...(output ? [{ title: words.output, values: output, first: work.first, colour: violet, height: 140, until: slides ? step : Infinity }] : []),
  ];
  let top = TOP;
  for (const strip of strips) {
    sheet.text(LEFT, top, strip.title, { weight: 600, colour: strip.colour });
    draw(sheet, strip, { x, y: strip.range ?? rangeOf([strip.values]), left: LEFT, top: top + 14, width: WIDE, height: strip.height });
    top += strip.height + GAP + 14;
  }
  if (slides) {
    const frame = { x, y: { from: 0, to: 1 }, left: LEFT, top: 0, width: WIDE, height: 1 };
    const [left, right] = [begin - 0.5, begin + work.laid.length - 0.5].map((place) => xOf(frame, Math.max(x.from, Math.min(x.to, place)))) as [number, number];
    const bottom = TOP + 14 + 120 + 2 * (80 + GAP + 14);
    if (right > left) sheet.frame(left, TOP + 12, right - left, bottom - TOP - 10, 1.5);
  }
  bottomAxis(sheet, x, top - GAP + 2, work.rate);
  return sheet.finish(words.title);
}

function draw(sheet: Sheet, strip: Strip, frame: Frame): void {
  const { soft, line } = sheet.palette;
  for (const value of rulesOf(frame.y, frame.height)) {
    sheet.line(LEFT, yOf(frame, value), LEFT + WIDE, yOf(frame, value), value === 0 ? soft : line, value === 0 ? 1 : 0.6);
    sheet.text(LEFT - 8, yOf(frame, value), shortNumber(value, 6), { size: 11, colour: soft, anchor: "end" });
  }
  const apart = WIDE / (frame.x.to - frame.x.from);
  const { values, first, colour, until = Infinity } = strip;
  const outline = outlineOf(values, first, frame);
  if (outline) {
    for (const { at, low, high } of outline) sheet.line(at, low + 0.5, at, high - 0.5, colour, 1);
    return;
  }
  const zero = yOf(frame, 0);
  const dot = Math.min(6, apart * 0.5);
  const seen = seenOf(frame.x, first, values.length);
  for (let i = seen.from; i < seen.to; i++) {
    const [at, height] = [xOf(frame, first + i), yOf(frame, values[i]!)];
    const shade = i <= until ? colour : line;
    sheet.line(at, zero, at, height, shade, strip.bars ? Math.max(1, apart * 0.8) : 1.5);
    if (!strip.bars && dot >= 2) sheet.cell(at - dot / 2, height - dot / 2, dot, { fill: shade, ink: shade }, "", 1);
  }
}

function bottomAxis(sheet: Sheet, x: Span, top: number, rate: number | null): void {
  const { soft } = sheet.palette;
  const scale = 1 / (rate ?? 1);
  const frame = { x, y: { from: 0, to: 1 }, left: LEFT, top, width: WIDE, height: 1 };
  for (const value of ticksOf({ from: x.from * scale, to: x.to * scale }, 12)) {
    const at = xOf(frame, value / scale);
    sheet.line(at, top, at, top + 4, soft, 1);
    sheet.text(at, top + 13, number(value, digitsOf(x)), { size: 11, colour: soft, anchor: "middle" });
  }
  sheet.text(LEFT + WIDE, top + 30, rate ? texts.signals.seconds : texts.signals.samples, { size: 11, colour: soft, anchor: "end" });
}
