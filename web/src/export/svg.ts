/** Drawings as SVG: a sheet that grows with what is put on it. Colours and type are written out, so that it stands alone. */

import type { Colour } from "../parts/colours.ts";

export interface Palette {
  paper: string;
  ink: string;
  soft: string;
  line: string;
  accent: string;
  hatch: string;
}

export const LIGHT: Palette = {
  paper: "#ffffff", ink: "#1d1b22", soft: "#5f5b68", line: "#d9d6de", accent: "#00706b", hatch: "#00000030",
};
export const DARK: Palette = {
  paper: "#15161c", ink: "#eceaf2", soft: "#aaa6b6", line: "#363844", accent: "#4fd0c4", hatch: "#ffffff38",
};

const FONT = "Inter, system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif";
const MARGIN = 20;
const SMALLEST_WITH_FACTORS = 40; // pixels, as on the screen

export interface TextStyle {
  size?: number;
  colour?: string;
  weight?: number;
  anchor?: "start" | "middle" | "end";
  italic?: boolean;
}

export class Sheet {
  #parts: string[] = [];
  #right = 0;
  #bottom = 0;

  constructor(readonly palette: Palette) {}

  #grow(x: number, y: number): void {
    this.#right = Math.max(this.#right, x);
    this.#bottom = Math.max(this.#bottom, y);
  }

  /** Writes words; `y` is their middle. */
  text(x: number, y: number, words: string, style: TextStyle = {}): void {
    const { size = 13, colour = this.palette.ink, weight = 400, anchor = "start", italic = false } = style;
    const wide = words.length * size * 0.56;
    this.#grow(x + (anchor === "start" ? wide : anchor === "middle" ? wide / 2 : 0), y + size);
    this.#parts.push(
      `<text x="${round(x)}" y="${round(y + size * 0.35)}" font-size="${round(size)}" fill="${colour}"` +
        `${weight === 400 ? "" : ` font-weight="${weight}"`}${anchor === "start" ? "" : ` text-anchor="${anchor}"`}` +
        `${italic ? ' font-style="italic"' : ""}>${escape(words)}</text>`,
    );
  }

  /** Writes a sign between arrays, the star larger: fonts make it small. */
  sign(x: number, y: number, words: string): void {
    this.text(x, y, words, { size: words === "⋆" ? 48 : 20, colour: this.palette.soft, anchor: "middle" });
  }

  /** Draws one coloured cell with its number, hatched if it lies outside; `above` stands small above the number where there is room. */
  cell(x: number, y: number, size: number, colour: Colour, words: string, type: number, hatched = false, above = ""): void {
    const small = size >= SMALLEST_WITH_FACTORS ? above : "";
    this.#grow(x + size, y + size);
    const corner = size >= 30 ? 5 : size >= 20 ? 2 : 0;
    const box = `x="${round(x)}" y="${round(y)}" width="${round(size)}" height="${round(size)}" rx="${corner}"`;
    this.#parts.push(`<rect ${box} fill="${colour.fill}" stroke="${this.palette.line}"/>`);
    if (hatched) this.#parts.push(`<rect ${box} fill="url(#hatch)"/>`);
    if (colour.odd) this.#parts.push(`<rect ${box} fill="url(#dots)"/>`);
    if (small) this.text(x + size / 2, y + size / 2 - 10, small, { size: 9.5, colour: colour.ink, anchor: "middle" });
    if (words) this.text(x + size / 2, y + size / 2 + (small ? 6 : 0), words, { size: type, colour: colour.ink, weight: 500, anchor: "middle", italic: hatched });
  }

  line(x1: number, y1: number, x2: number, y2: number, colour: string, thickness = 1.5): void {
    this.#grow(Math.max(x1, x2), Math.max(y1, y2));
    this.#parts.push(
      `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="${colour}" stroke-width="${thickness}" fill="none"/>`,
    );
  }

  /** Draws a broken line through places; `dash` as SVG has it. */
  curve(places: readonly (readonly [number, number])[], colour: string, thickness: number, dash = ""): void {
    for (const place of places) this.#grow(...place);
    const path = places.map(([x, y]) => `${round(x)} ${round(y)}`).join("L");
    this.#parts.push(`<path d="M${path}" stroke="${colour}" stroke-width="${thickness}" fill="none"${dash && ` stroke-dasharray="${dash}"`}/>`);
  }

  frame(x: number, y: number, width: number, height: number, thickness = 2.5): void {
    this.#grow(x + width + thickness, y + height + thickness);
    this.#parts.push(
      `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="6" fill="none" ` +
        `stroke="${this.palette.accent}" stroke-width="${thickness}"/>`,
    );
  }

  /** Puts a picture there, from its data: address. */
  picture(x: number, y: number, width: number, height: number, address: string): void {
    this.#grow(x + width, y + height);
    const box = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
    this.#parts.push(`<image ${box} href="${address}"/>`);
  }

  /** The text of the file; `title` is what it shows. */
  finish(title: string): string {
    const [width, height] = [Math.ceil(this.#right + MARGIN), Math.ceil(this.#bottom + MARGIN)];
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
        `role="img" font-family="${FONT}">`,
      `<title>${escape(title)}</title>`,
      `<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
        `<path d="M0 0V6" stroke="${this.palette.hatch}" stroke-width="2"/></pattern>` +
        `<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">` +
        `<circle cx="3" cy="3" r="1.1" fill="${this.palette.hatch}"/></pattern></defs>`,
      `<rect width="100%" height="100%" fill="${this.palette.paper}"/>`,
      ...this.#parts,
      "</svg>\n",
    ].join("\n");
  }
}

/** Cuts a drawing into several that lie one over the other, each of so many parts at most: of large ones few change from step to step. */
export function layersOf(svg: string, most: number): string[] {
  const [head, , defs, ...parts] = svg.slice(0, svg.lastIndexOf("</svg>")).split(/\n(?=<[a-z])/);
  return Array.from({ length: Math.ceil(parts.length / most) }, (_, i) => [head, defs, ...parts.slice(i * most, (i + 1) * most), "</svg>"].join("\n"));
}

const round = (value: number): number => Math.round(value * 100) / 100;

const escape = (words: string): string =>
  words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
