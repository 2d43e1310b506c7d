/** Colours that mean numbers: orange below zero, purple above (PuOr), one scale for views that belong together. */

export interface Colour {
  fill: string;
  /** The one of dark and light that reads better on the fill; at least 4.5:1. */
  ink: string;
  /** Of what is no finite number: dotted, since no place on the scale is its own. */
  odd?: boolean;
}

type Rgb = readonly [number, number, number];

// ColorBrewer's PuOr (C. Brewer, M. Harrower), the outermost shades left out; for dark pages zero is dark.
const LIGHT: readonly string[] = ["#b35806", "#e08214", "#fdb863", "#fee0b6", "#ffffff", "#d8daeb", "#b2abd2", "#8073ac", "#5a3d94"];
const DARK: readonly string[] = ["#ffb45c", "#d98324", "#a05e1b", "#5c3d1d", "#20222b", "#3a3560", "#5e5399", "#8a7ccb", "#bcb0f5"];

const NAN = { light: "#d3d1d6", dark: "#4a4a52" } as const;

const INKS = ["#1d1b22", "#000000", "#ffffff"] as const; // the first wherever it reads well
const READS_WELL = 7;
const STEPS = 64; // colours on either side of zero

export class Scale {
  /** `most` is where the scale ends, on both sides of zero. */
  constructor(
    readonly most: number,
    readonly dark: boolean,
    /** Which of nan, ∞ and −∞ are among the numbers, and whether any other is. */
    readonly odd: readonly number[] = [],
    readonly hasFinite = true,
  ) {}

  /** Where the number lies, from −1 to 1. */
  place(value: number): number {
    if (Number.isNaN(value) || this.most === 0) return 0;
    return Math.max(-1, Math.min(1, value / this.most));
  }

  colour(value: number): Colour {
    const colour = table(this.dark)[Math.round(this.place(value) * STEPS) + STEPS]!;
    if (Number.isFinite(value)) return colour;
    const fill = Number.isNaN(value) ? NAN[this.dark ? "dark" : "light"] : colour.fill;
    return { fill, ink: Number.isNaN(value) ? bestInk(parse(fill)) : colour.ink, odd: true };
  }
}

/** The scale on which all of the numbers have a colour. */
export function scaleOf(values: Iterable<number>, dark: boolean): Scale {
  let most = 0;
  let hasFinite = false;
  const odd = new Set<number>();
  for (const value of values) {
    const size = Math.abs(value);
    if (size < Infinity) hasFinite = true;
    else odd.add(value);
    if (size > most && size < Infinity) most = size;
  }
  return new Scale(most || 1, dark, [...odd], hasFinite || !odd.size);
}

const tables = new Map<boolean, Colour[]>();

function table(dark: boolean): Colour[] {
  let colours = tables.get(dark);
  if (!colours) {
    const stops = (dark ? DARK : LIGHT).map(parse);
    colours = Array.from({ length: 2 * STEPS + 1 }, (_, index) => {
      const rgb = between(stops, index / (2 * STEPS));
      return { fill: `rgb(${rgb.join(" ")})`, ink: bestInk(rgb) };
    });
    tables.set(dark, colours);
  }
  return colours;
}

function parse(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function between(stops: readonly Rgb[], part: number): Rgb {
  const place = part * (stops.length - 1);
  const left = Math.min(Math.floor(place), stops.length - 2);
  const [one, other] = [stops[left]!, stops[left + 1]!];
  const mix = (channel: 0 | 1 | 2) => Math.round(one[channel] + (place - left) * (other[channel] - one[channel]));
  return [mix(0), mix(1), mix(2)];
}

function bestInk(rgb: Rgb): string {
  const [soft, dark, light] = INKS;
  if (contrast(rgb, parse(soft)) >= READS_WELL) return soft;
  return contrast(rgb, parse(dark)) >= contrast(rgb, parse(light)) ? dark : light;
}

/** The contrast of two colours as WCAG 2 defines it. */
export function contrast(one: Rgb, other: Rgb): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
