/** What other libraries call the borders; docs/borders.md has the same table. */

import type { BorderName } from "../../generated/states.ts";

export const LIBRARIES = ["NumPy, Convolens", "SciPy ndimage", "SciPy signal", "OpenCV", "PyTorch", "TensorFlow", "scikit-image"] as const;

/** By border, a list for each library; empty where it has none such. */
export const NAMES: Record<BorderName, readonly (readonly string[])[]> = {
  constant: [["constant"], ["constant", "grid-constant"], ["fill"], ["BORDER_CONSTANT"], ["zeros", "constant"], ["CONSTANT"], ["constant"]],
  edge: [["edge"], ["nearest"], [], ["BORDER_REPLICATE"], ["replicate"], [], ["nearest"]],
  reflect: [["reflect"], ["mirror"], [], ["BORDER_REFLECT_101"], ["reflect"], ["REFLECT"], ["mirror"]],
  symmetric: [["symmetric"], ["reflect"], ["symm"], ["BORDER_REFLECT"], [], ["SYMMETRIC"], ["reflect"]],
  wrap: [["wrap"], ["wrap", "grid-wrap"], ["wrap"], ["BORDER_WRAP"], ["circular"], [], ["wrap"]],
};

/** Whether the name means another border in NumPy. */
export const misleads = (border: BorderName, name: string): boolean =>
  border === "symmetric" && /reflect$/i.test(name);
