/** How large cells are drawn, so that input, kernel and output are seen together wherever there is room for that. */

import { extent, gapOf, mostIn } from "../../parts/grid.ts";

export interface Layout {
  /** Side by side in one row, else below each other. */
  abreast: boolean;
  cell: number;
  kernelCell: number;
}

interface Shapes {
  /** What is drawn of each, border included; an output of which there is none is null. */
  input: readonly number[];
  kernel: readonly number[];
  output: readonly number[] | null;
}

const NUMBERED = 26; // pixels of a cell that has room for a number
const LEAST = 2; // of one that has not
const TIGHT = 24; // the same, on phones
const LEGIBLE = 40; // the same, with its factors above
const LARGEST_KERNEL = 34;
const REASON = 260; // width of what stands instead of an output
const NARROWEST = 140; // a panel's, for its title and legend
const BETWEEN = 146; // the stage's own edges, the signs, and gaps about them
const EDGES = 52; // what is beside the cells of one array: padding, and the numbers of rows
const HEAD = 45; // of a panel, above its cells
const FOOT = 60;
const SLICE = { title: 26, below: 18, beside: 22 };
const INDICES = 24; // beside cells that are large enough for them
const LOWEST_STAGE = 540; // what is below the settings of a window of 900 pixels

/** `width` is the stage's. */
export function layoutOf(width: number, shapes: Shapes): Layout {
  const dims = shapes.input.length;
  const high = Math.max(LOWEST_STAGE, Math.min(0.62 * width, 700), 0.46 * width);
  if (dims === 3) return slices(width, high, shapes);
  const narrow = width < 700;
  const least = dims === 1 ? 33 : narrow ? NUMBERED : LEAST;
  for (let cell = mostIn(width, 1, 48); cell >= least; cell -= 1) {
    const kernelCell = Math.max(cell, Math.min(LARGEST_KERNEL, within(0.16 * width, shapes.kernel.at(-1)!), within(high, rowsOf(shapes.kernel))));
    if (widthOf(shapes.input, cell) + widthOf(shapes.kernel, kernelCell) + widthOf(shapes.output, cell) + BETWEEN > width) continue;
    const rows = Math.max(rowsOf(shapes.input), rowsOf(shapes.output));
    if (cell > NUMBERED && extent(rows, cell) > high) continue;
    return { abreast: true, cell, kernelCell };
  }
  return below(width, shapes);
}

/** Below each other: as wide as there is room for; numbers are worth scrolling for, pictures are not. */
function below(width: number, shapes: Shapes): Layout {
  const columns = Math.max(shapes.input.at(-1)!, shapes.output?.at(-1) ?? 1);
  const room = width - EDGES;
  const signal = shapes.input.length === 1;
  const fitting = within(room, columns);
  const scrolled = signal ? LEGIBLE : columns <= 20 ? TIGHT : LEAST;
  const cell = fitting < NUMBERED ? Math.max(scrolled, fitting) : Math.min(fitting, columns <= 12 ? 42 : 36);
  return { abreast: false, cell, kernelCell: Math.max(cell, Math.min(within(room, shapes.kernel.at(-1)!), 40)) };
}

/** The slices of volumes in lines, each array below the one before, in no more than twice the height of a stage. */
function slices(width: number, high: number, shapes: Shapes): Layout {
  const room = width - EDGES;
  const tall = (shape: readonly number[] | null, cell: number): number => {
    if (!shape) return 0;
    const indices = cell >= 24 ? INDICES : 0;
    const line = Math.max(1, Math.floor((room + SLICE.beside) / (extent(shape[2]!, cell) + indices + SLICE.beside)));
    return Math.ceil(shape[0]! / line) * (extent(shape[1]!, cell) + indices + SLICE.title + SLICE.below) + HEAD + FOOT;
  };
  let cell = 34;
  const fits = () =>
    extent(shapes.input[2]!, cell) <= room && tall(shapes.input, cell) + tall(shapes.kernel, cell) + tall(shapes.output, cell) <= 2 * high;
  while (cell > LEAST && !fits()) cell -= 1;
  return { abreast: false, cell, kernelCell: Math.max(cell, Math.min(within(room, shapes.kernel[2]!), 28)) };
}

const rowsOf = (shape: readonly number[] | null): number => (shape && shape.length > 1 ? shape.at(-2)! : 1);

function widthOf(shape: readonly number[] | null, cell: number): number {
  if (!shape) return REASON;
  return Math.max(NARROWEST, extent(shape.at(-1)!, cell) + (cell >= 24 ? INDICES : 0) + 7);
}

/** The largest cell of which so many fit into a width. */
function within(width: number, columns: number): number {
  const pitch = Math.floor(width / columns);
  return pitch - gapOf(pitch - 3);
}
