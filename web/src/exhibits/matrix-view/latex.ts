/** What the convolution is seen as, in LaTeX for amsmath. */

import { matrix, tex } from "../../export/latex.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { spectraOf, type Spectrum } from "./spectra.ts";
import { tidy } from "./spectrum-scene.ts";
import type { View } from "./state.ts";
import { stepsOf, tileOf, tileRefusal } from "./tile.ts";
import { MOST_DRAWN, type Work } from "./work.ts";

const AMSMATH_COLUMNS = 10;

export function latexOf(work: Work, view: View, output: readonly number[], transposed: boolean): string {
  const { made, input } = work;
  if (!made) return "";
  if (view === "im2col" && made.unfolded.columns.data.length <= MOST_DRAWN) {
    const { columns } = made.unfolded;
    const result = written([...made.output.data], columns.shape[1]!);
    return displayed([result, "=", of(made.laid), of(columns)], Math.max(...columns.shape));
  }
  if (view === "winograd" && !tileRefusal(work)) return tile(work, output);
  if (view === "fft") return spectra(work, output[0]!);
  if (!made.matrix) return "";
  const [rows, columns] = made.matrix.shape as [number, number];
  const numbers = [...made.matrix.data];
  if (!transposed) return displayed([written([...made.output.data], 1), "=", written(numbers, columns), written([...input.data], 1)], columns);
  const turned = numbers.map((_, at) => numbers[(at % rows) * columns + Math.floor(at / rows)]!);
  return displayed([written([...made.back.data], 1), "=", written(turned, rows), written([...made.output.data], 1)], rows);
}

const written = (values: readonly number[], columns: number): string => matrix(values.map(tex), columns);
const of = ({ shape, data }: Tensor): string => written([...data], shape[1]!);

function displayed(parts: readonly string[], columns: number): string {
  const head = columns > AMSMATH_COLUMNS ? `\\setcounter{MaxMatrixCols}{${columns}}\n` : "";
  return `${head}\\[\n${parts.join("\n")}\n\\]\n`;
}

const tile = (work: Work, output: readonly number[]): string =>
  stepsOf(tileOf(work, output))
    .map(({ pieces }) => displayed(pieces.map((piece) => (typeof piece === "string" ? piece.replace("⊙", "\\odot") : of(piece.tensor))), 4))
    .join("");

function spectra(work: Work, kernel: number): string {
  const { channels, product, size } = spectraOf(work, kernel);
  const columns = size.at(-1)!;
  const complex = ({ real, imaginary }: Spectrum): string =>
    matrix([...real].map((a, i) => complexTex(tidy(Number(a.toFixed(4)), 1), tidy(Number(imaginary[i]!.toFixed(4)), 1))), columns);
  const terms = channels.map(({ input, weights }, i) => `${i ? "+\n" : ""}${complex(input)}\n\\odot\n${complex(weights)}`);
  return displayed([...terms, "=", complex(product)], columns);
}

const complexTex = (a: number, b: number): string => (b === 0 ? tex(a) : `${a === 0 ? "" : tex(a)}${b < 0 ? "-" : a === 0 ? "" : "+"}${tex(Math.abs(b))}i`);
