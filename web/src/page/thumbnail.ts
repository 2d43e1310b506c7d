/** What the small picture of an exhibit shows: the numbers that it begins with. */

import { complete as matrixState } from "../exhibits/matrix-view/state.ts";
import { workOut as matrixWork } from "../exhibits/matrix-view/work.ts";
import { drawnMap, fieldBox, isVector } from "../exhibits/sizes/scene.ts";
import { complete as sizesState } from "../exhibits/sizes/state.ts";
import { mapsOf, traceOf, workOut as sizesWork } from "../exhibits/sizes/work.ts";
import { defaultStates } from "../generated/defaults.ts";
import { fixedWeights } from "../generated/kernel-weights.ts";
import type { Numbers } from "../generated/states.ts";
import { scaleOf, type Colour } from "../parts/colours.ts";
import { shortNumber } from "../parts/numbers.ts";
import { toTensor } from "../model/numbers.ts";
import { asRecord } from "../model/state.ts";

export const WIDTH = 240;
export const HEIGHT = 120;
const ROOM = 8; // between the pieces, and around all
const LARGEST = 24;
const MOST_SIDE = 8;
const MOST_PIECES = 3;
const PANEL: Colour = { fill: "var(--panel)", ink: "" }; // between a slice and those behind it
const BEHIND = 5; // how far a slice stands out from behind the one before it

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Drawing {
  cells: (Box & { colour: Colour; text: string })[];
  /** The window over the first numbers. */
  frame: Box | null;
  /** Where the photograph stands. */
  photograph: Box | null;
}

interface Piece {
  slices: number;
  rows: number;
  columns: number;
  data: number[];
}

const isNumbers = (value: unknown): value is Numbers => Array.isArray(asRecord(value).shape);

function pieceOf(numbers: Numbers): Piece {
  const { shape, data } = toTensor(numbers);
  const [slices, rows, columns] = [1, 1, ...shape].slice(-3) as [number, number, number];
  return { slices: Math.min(slices, MOST_PIECES), rows, columns, data: Array.from(data) };
}

/** Null where the exhibit begins with no numbers that fit. */
export function drawingOf(name: string, dark: boolean): Drawing | null {
  const state = asRecord(defaultStates[name]);
  if (name === "matrix-view") return matrix(dark);
  if (name === "sizes") return stack();
  if (Array.isArray(state.signal)) return bars(state.signal as number[], dark);
  const named = typeof state.kernel === "string" ? fixedWeights[state.kernel] : undefined;
  const pieces = [...Object.values(state).filter(isNumbers), ...(named ? [named] : [])]
    .map(pieceOf)
    .filter(({ rows, columns }) => Math.max(rows, columns) <= MOST_SIDE)
    .slice(0, MOST_PIECES);
  return pieces.length ? laid(pieces, "photograph" in state, state.window, dark) : null;
}

function laid(pieces: Piece[], withPhotograph: boolean, window: unknown, dark: boolean): Drawing {
  const photograph = withPhotograph ? { x: ROOM, y: 4, width: 134, height: 112 } : null;
  const left = photograph ? photograph.x + photograph.width + 2 * ROOM : ROOM;
  const behind = pieces.reduce((sum, { slices }) => sum + BEHIND * (slices - 1), 0);
  const columns = pieces.reduce((sum, piece) => sum + piece.columns, 0);
  const rows = Math.max(...pieces.map((piece) => piece.rows));
  const deepest = BEHIND * (Math.max(...pieces.map(({ slices }) => slices)) - 1);
  const room = WIDTH - left - ROOM - behind - 2 * ROOM * (pieces.length - 1);
  const step = Math.min(LARGEST, room / columns, (HEIGHT - 2 * ROOM - deepest) / rows);
  const drawing: Drawing = { cells: [], frame: null, photograph };
  let x = left + Math.max(0, room - step * columns) / 2;
  for (const piece of pieces) {
    const [width, height, depth] = [step * piece.columns, step * piece.rows, BEHIND * (piece.slices - 1)];
    const y = (HEIGHT - height + depth) / 2;
    const scale = scaleOf(piece.data, dark);
    for (let slice = piece.slices - 1; slice >= 0; slice--) {
      const [left, top] = [x + BEHIND * slice, y - BEHIND * slice];
      if (slice < piece.slices - 1) drawing.cells.push({ x: left - 1.5, y: top - 1.5, width: width + 1.5, height: height + 1.5, colour: PANEL, text: "" });
      for (let i = 0; i < piece.rows * piece.columns; i++) {
        const value = piece.data[slice * piece.rows * piece.columns + i]!;
        drawing.cells.push({
          x: left + step * (i % piece.columns),
          y: top + step * Math.floor(i / piece.columns),
          width: step - 1.5,
          height: step - 1.5,
          colour: scale.colour(value),
          text: step >= 13 && slice === 0 ? shortNumber(value, 3) : "",
        });
      }
    }
    if (piece === pieces[0]) {
      const [down, across] = Array.isArray(window) ? (window as number[]) : [pieces[1]?.rows, pieces[1]?.columns];
      if (down && across && down <= piece.rows && across <= piece.columns) {
        drawing.frame = { x: x - 2, y: y - 2, width: step * across + 2.5, height: step * down + 2.5 };
      }
    }
    x += width + depth + 2 * ROOM;
  }
  return drawing;
}

function bars(signal: number[], dark: boolean): Drawing {
  const scale = scaleOf(signal, dark);
  const [width, unit] = [(WIDTH - 2 * ROOM) / signal.length, HEIGHT / 2 - ROOM];
  const cells = signal.map((value, i) => {
    const height = Math.max(2, unit * Math.abs(scale.place(value)));
    const y = HEIGHT / 2 - (value > 0 ? height : 0);
    return { x: ROOM + width * i, y, width: width - 1.5, height, colour: scale.colour(value || scale.most / 3), text: "" };
  });
  return { cells, frame: null, photograph: null };
}

/** The matrix of the convolution, empty where it has no weight. */
function matrix(dark: boolean): Drawing | null {
  const { matrix: numbers } = matrixWork(matrixState({})).made!;
  const [rows, columns] = numbers!.shape as [number, number];
  const drawing = laid([{ slices: 1, rows, columns, data: Array.from(numbers!.data) }], false, null, dark);
  for (const cell of drawing.cells) if (cell.text === "0") cell.text = "";
  return drawing;
}

/** The maps of a stack in a row, vectors apart, with what the cell that is traced sees of each. */
function stack(): Drawing | null {
  const state = sizesState({});
  const work = sizesWork(state);
  const trace = traceOf(work, state.layer, state.cell);
  if (!work.stack || !trace) return null;
  const maps = mapsOf(work.stack).filter((map) => !isVector(map));
  const largest = Math.max(...maps.flatMap(({ size }) => size));
  const drawn = maps.map((map) => drawnMap(map, largest));
  const apart = 10;
  const extents = drawn.map(({ width, plates }) => width + 4 * plates);
  const factor = (WIDTH - 2 * ROOM - apart * (drawn.length - 1)) / extents.reduce((sum, extent) => sum + extent);
  const drawing: Drawing = { cells: [], frame: null, photograph: null };
  const put = (box: Box, fill: string) => drawing.cells.push({ ...box, colour: { fill, ink: "" }, text: "" });
  let x = ROOM;
  drawn.forEach((map, i) => {
    const [width, height] = [factor * map.width, factor * map.height];
    const y = (HEIGHT - height) / 2;
    for (let plate = map.plates; plate >= 0; plate--) {
      const [left, top] = [x + 4 * factor * plate, y - 4 * factor * plate];
      put({ x: left, y: top, width, height }, "var(--soft)");
      put({ x: left + 0.7, y: top + 0.7, width: width - 1.4, height: height - 1.4 }, "var(--paper)");
    }
    if (maps[i]!.layers[0]! <= trace.layer) {
      const seen = fieldBox(trace.fields[maps[i]!.layers[0]!]!, { ...map, width, height }, 0);
      const box = { ...seen, x: x + seen.x, y: y + seen.y };
      if (i) put(box, "var(--accent)");
      else drawing.frame = box;
    }
    x += factor * extents[i]! + apart;
  });
  return drawing;
}
