/** What is said of a chosen cell: where it stands, and the products that it takes part in. */

import { factored, number } from "../../parts/numbers.ts";
import { flatIndex } from "../../tensor/tensor.ts";
import { texts } from "../../texts/index.ts";
import { placeIn, weightPlace } from "./scene.ts";
import type { View } from "./state.ts";
import type { Links, Selection, Term, Work } from "./work.ts";

const words = texts.matrixView;

/** One sentence about a cell, as it stands in the matrix that is seen. */
export function sentence(work: Work, { side, cell }: Selection, links: Links, view: View, transposed: boolean): string {
  const { input, weight, made } = work;
  const { output, unfolded, matrix } = made!;
  const windows = unfolded.columns.shape[1]!;
  const columns = view === "im2col";
  const matrices = columns || view === "toeplitz";
  if (side === "output") {
    const flat = flatIndex(output.shape, cell);
    const where = placeIn(output.shape, flat);
    if (transposed) return words.cell(words.output, [], number(output.data[flat]!)).replace("[]", where);
    if (!matrices) return words.saysDefinition(where);
    return columns ? words.saysColumn(where, flat % windows) : words.saysOutput(where, flat);
  }
  if (side === "input") {
    const flat = flatIndex(input.shape, cell);
    const where = placeIn(input.shape, flat);
    if (!matrices) return words.saysInputGoes(where, links.outputs.size);
    if (columns) return words.saysInputColumns(where, new Set(links.terms.map(({ tap, window }) => tap * windows + window)).size);
    return transposed ? words.saysBack(where, flat, links.outputs.size) : words.saysInput(where, flat, links.outputs.size);
  }
  if (side === "kernel") {
    const flat = flatIndex(weight.shape, cell);
    const [where, value] = [weightPlace(work, flat), number(weight.data[flat]!)];
    if (!transposed && view !== "toeplitz") return words.saysWeightRows(where, value, links.terms.length);
    return words.saysWeight(where, value, links.terms.filter(({ source }) => source >= 0).length);
  }
  const [row, column] = cell as [number, number];
  if (side === "matrix") {
    const [out, into] = [placeIn(output.shape, row), placeIn(input.shape, column)];
    const [term] = links.terms;
    if (!term) return words.saysZero(row, column, out, into);
    const value = matrix ? matrix.data[row * input.data.length + column]! : weight.data[term.weight]!;
    return words.saysEntry(row, column, out, into, links.terms.map((one) => weightPlace(work, one.weight)).join(" + "), number(value));
  }
  const source = unfolded.sources[row * windows + column]!;
  return words.saysWindowCell(
    row, column, number(unfolded.columns.data[row * windows + column]!), source < 0 ? null : placeIn(input.shape, source),
    placeIn([1, ...made!.spec.outputSize], column),
  );
}

export interface Sum {
  /** Factors as they are written, later ones with their operator: `3·(−1)`, `+ (−2)·4`. */
  factors: string[];
  result: number;
}

/** The products of the row that makes the chosen cell; null where it is not one that sums make. */
export function sumOf(work: Work, { side, cell }: Selection, links: Links, transposed: boolean): Sum | null {
  const { output, back } = work.made!;
  const wanted = transposed ? "input" : "output";
  if (side !== wanted) return null;
  const inside = links.terms.filter(({ source }) => source >= 0);
  const from = (term: Term): number => (transposed ? output.data[term.output]! : work.input.data[term.source]!);
  const factors = inside.map((term, i) => factored(work.weight.data[term.weight]!, from(term), i));
  const result = transposed ? back.data[flatIndex(back.shape, cell)]! : output.data[flatIndex(output.shape, cell)]!;
  return { factors, result };
}
