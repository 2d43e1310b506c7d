/** Draws cells that are too small for numbers, in whole pixels of the screen, so that there is no seam between them. */

import { extent, gapOf, typeSize, type CellsProps, type CellView } from "./grid.ts";

const LEAST_WITH_EDGE = 10; // pixels that a cell with a line around it is wide

type Drawn = Partial<Pick<CellView, "text" | "colour" | "kind">>;

/** What stands on a canvas, and in which size and style it was drawn. */
const drawn = new WeakMap<HTMLCanvasElement, { how: string; cells: Drawn[] }>();

/** Draws the cells that have changed, `cell` pixels wide; `ratio` is how many pixels of the screen one is. */
export function draw(
  canvas: HTMLCanvasElement, rows: readonly number[], columns: readonly number[], cell: number,
  view: CellsProps["view"], ratio: number,
): void {
  const pen = canvas.getContext("2d")!;
  const style = getComputedStyle(canvas);
  const token = (name: string): string => style.getPropertyValue(name);
  const [line, hatching, dotting] = [token("--line"), token("--hatch"), token("--dots")];
  const { fontFamily } = style;
  const onScreen = (pixels: number): number => Math.round(pixels * ratio);
  const pitch = cell + gapOf(cell);
  const edge = cell < LEAST_WITH_EDGE ? 0 : Math.max(1, onScreen(1));
  const how = [rows.length, columns.length, cell, ratio, line, hatching, dotting, fontFamily].join();
  if (drawn.get(canvas)?.how !== how) {
    const [width, height] = [extent(columns.length, cell), extent(rows.length, cell)];
    Object.assign(canvas, { width: onScreen(width), height: onScreen(height) });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px`, outline: edge ? "" : `1px solid ${line}` });
    canvas.oncontextrestored = () => drawn.delete(canvas);
    drawn.set(canvas, { how, cells: Array.from({ length: rows.length * columns.length }, () => ({})) });
  }
  const { cells } = drawn.get(canvas)!;
  const hatch = tile("hatched", onScreen(8), hatching);
  const dots = tile("dotted", onScreen(6), dotting);
  let size = 0;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.strokeStyle = line;
  pen.lineWidth = edge;
  for (const [r, row] of rows.entries()) {
    const y = onScreen(r * pitch);
    const high = onScreen(r * pitch + cell) - y;
    for (const [c, column] of columns.entries()) {
      const { text, colour, kind } = view(row, column);
      const before = cells[r * columns.length + c]!;
      if (before.text === text && before.colour === colour && before.kind === kind) continue;
      Object.assign(before, { text, colour, kind });
      const x = onScreen(c * pitch);
      const wide = onScreen(c * pitch + cell) - x;
      const fill = (style: string | CanvasPattern): void => {
        pen.fillStyle = style;
        pen.fillRect(x + edge, y + edge, wide - 2 * edge, high - 2 * edge);
      };
      pen.clearRect(x, y, wide, high);
      if (edge) pen.strokeRect(x + edge / 2, y + edge / 2, wide - edge, high - edge);
      fill(colour.fill);
      if (kind === "border" || kind === "cut") fill(hatch);
      if (colour.odd) fill(dots);
      if (!text) continue;
      if (size !== typeSize(text, cell)) {
        size = typeSize(text, cell);
        pen.font = `500 ${size * ratio}px ${fontFamily}`; // which takes longer than to write with it
      }
      pen.fillStyle = colour.ink;
      pen.fillText(text, x + wide / 2, y + high / 2);
    }
  }
}

type Pen = CanvasRenderingContext2D;

/** What is on a square of one by one. */
const TRACES = {
  /** A line from the lower left to the upper right, and its neighbours in the corners. */
  hatched: (pen: Pen): void => {
    pen.lineWidth = 0.19;
    for (const shift of [-1, 0, 1]) {
      pen.moveTo(shift - 0.5, 1.5);
      pen.lineTo(shift + 1.5, -0.5);
    }
    pen.stroke();
  },
  dotted: (pen: Pen): void => {
    pen.arc(0.5, 0.5, 0.2, 0, 2 * Math.PI);
    pen.fill();
  },
};

const tiles = new Map<string, CanvasPattern>(); // to make a canvas takes milliseconds

/** A square that is repeated. */
function tile(trace: keyof typeof TRACES, side: number, colour: string): CanvasPattern {
  const key = `${trace} ${side} ${colour}`;
  if (!tiles.has(key)) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    const pen = canvas.getContext("2d")!;
    pen.scale(side, side);
    pen.fillStyle = pen.strokeStyle = colour;
    TRACES[trace](pen);
    tiles.set(key, pen.createPattern(canvas, "repeat")!);
  }
  return tiles.get(key)!;
}
