/** How the curves of methods are told apart: by dashes and by the shape of their points, not by colour alone. */

import type { Method } from "../../tensor/shifts.ts";

type Line = readonly (readonly [x: number, y: number])[];

export interface StrokeStyle {
  light: string;
  dark: string;
  dash: string;
  /** Lines about the origin. */
  point: readonly Line[];
}

const circle: Line = Array.from({ length: 13 }, (_, i) => [4 * Math.cos((i * Math.PI) / 6), 4 * Math.sin((i * Math.PI) / 6)] as const);

export const STROKES: Record<Method, StrokeStyle> = {
  subsample: { light: "#a3272f", dark: "#ff9b9b", dash: "", point: [[[-4, -4], [4, 4]], [[-4, 4], [4, -4]]] },
  max: { light: "#5a3d94", dark: "#bcb0f5", dash: "", point: [[[0, -4.6], [4.6, 3.6], [-4.6, 3.6], [0, -4.6]]] },
  average: { light: "#1f639c", dark: "#7ab8f5", dash: "7 4", point: [[[-3.7, -3.7], [3.7, -3.7], [3.7, 3.7], [-3.7, 3.7], [-3.7, -3.7]]] },
  blur: { light: "#8a5a00", dark: "#e5b84b", dash: "2 3.5", point: [[[0, -4.8], [4.8, 0], [0, 4.8], [-4.8, 0], [0, -4.8]]] },
  "max-blur": { light: "#00706b", dark: "#4fd0c4", dash: "9 3 2 3", point: [circle] },
};

/** The point of a curve as a path. */
export const pointPath = (method: Method): string =>
  STROKES[method].point.map((line) => `M${line.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L")}`).join("");
