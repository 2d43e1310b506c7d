/** How places and counts are spoken of, in every section. */

export const axes = {
  1: ["position"],
  2: ["row", "column"],
  3: ["depth", "row", "column"],
} as const;

export const place = (cell: readonly number[]): string => `[${cell.map(minus).join(", ")}]`;
export const minus = (n: number): string => String(n).replace("-", "−");
export const spoken = (cell: readonly number[]): string =>
  cell.map((n, axis) => `${axes[cell.length as 1 | 2 | 3][axis]} ${n}`).join(", ");
export const inSteps = (n: number): string => `${n} ${n === 1 ? "step" : "steps"}`;
