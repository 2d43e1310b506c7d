/** Winograd's minimal filtering on one tile: F(2, 3) along a signal, and F(2 × 2, 3 × 3) on a picture. */

import { sourceAt, positionAt } from "../../tensor/cells.ts";
import { multiply, tensor, transpose, type Tensor } from "../../tensor/tensor.ts";
import { F23, hasTiles, winogradTiles } from "../../tensor/winograd.ts";
import { scaleOf, type Scale } from "../../parts/colours.ts";
import { texts } from "../../texts/index.ts";
import type { Scales } from "./scene.ts";
import type { Work } from "./work.ts";

const words = texts.matrixView;

/** What one channel gives to the tile. */
export interface Part {
  data: Tensor;
  transformedData: Tensor;
  weights: Tensor;
  transformedWeights: Tensor;
  products: Tensor;
}

export interface WorkedTile {
  kernel: number;
  /** The output cell of its first corner, and how many cells along each dimension the output has of it. */
  first: number[];
  size: number[];
  parts: Part[];
  /** The products, summed over channels. */
  sum: Tensor;
  output: Tensor;
  /** Products that the tile takes, and that the definition takes, a channel. */
  products: readonly [tile: number, loops: number];
}

/** Whether there are no tiles. */
export function tileRefusal({ dims, made, weight, setup }: Work): boolean {
  if (!made) return true;
  if (dims === 2) return !hasTiles(made.spec);
  return weight.shape.at(-1) !== 3 || setup.stride !== 1 || setup.dilation !== 1;
}

/** The tile that an output cell lies in: kernel and coordinates. */
export function tileOf(work: Work, [kernel, ...cell]: readonly number[]): WorkedTile {
  const first = cell.map((n) => n - (n % 2));
  if (work.dims === 1) return signalTile(work, kernel!, first);
  const { spec } = work.made!;
  const tiles = winogradTiles(spec, work.input, work.weight, null, kernel);
  const tile = tiles.find(({ row, column }) => row === first[0] && column === first[1])!;
  const { channels: parts, sum, output } = tile;
  return { kernel: kernel!, first, size: [tile.rows, tile.columns], parts: [...parts], sum, output, products: [16, 36] };
}

function signalTile({ input, channels, made }: Work, kernel: number, first: number[]): WorkedTile {
  const { spec, laid } = made!;
  const cells = input.shape[1]!;
  const parts = Array.from({ length: channels }, (_, channel): Part => {
    const data = tensor([4, 1], Array.from({ length: 4 }, (_, tap) => {
      const source = sourceAt(spec, 0, positionAt(spec, 0, first[0]!, tap));
      return source < 0 ? 0 : input.data[channel * cells + source]!;
    }));
    const from = (kernel * channels + channel) * 3;
    const weights = tensor([3, 1], laid.data.subarray(from, from + 3));
    const [transformedData, transformedWeights] = [multiply(F23.data, data), multiply(F23.kernel, weights)];
    const products = tensor([4, 1], transformedData.data.map((value, i) => value * transformedWeights.data[i]!));
    return { data, transformedData, weights, transformedWeights, products };
  });
  const sum = tensor([4, 1]);
  for (const { products } of parts) products.data.forEach((value, i) => (sum.data[i]! += value));
  const size = [Math.min(2, spec.outputSize[0]! - first[0]!)];
  return { kernel, first, size, parts, sum, output: multiply(F23.output, sum), products: [4, 6] };
}

/** What a matrix of the tile holds; matrices that hold the same share a scale. */
type Role = "plain" | "input" | "weight" | "data" | "kernel" | "products" | "output";

export interface Piece {
  title: string;
  tensor: Tensor;
  role: Role;
}

export interface Step {
  key: keyof typeof words.tileSteps;
  /** Signs between the matrices: nothing, which is the product of matrices, or one of a cell by a cell. */
  pieces: readonly (Piece | string)[];
}

/** What is computed for a tile, step by step: the same on the screen, in drawings and in LaTeX. */
export function stepsOf({ parts, sum, output, size }: WorkedTile): Step[] {
  const flat = size.length === 1;
  const piece = (title: string, tensor: Tensor, role: Role): Piece => ({ title, tensor, role });
  /** m x along a signal, m x mᵀ on a picture. */
  const transformed = (name: string, m: Tensor, x: Piece): Piece[] => {
    const turned = name.endsWith("ᵀ") ? name.slice(0, -1) : `${name}ᵀ`;
    return [piece(name, m, "plain"), x, ...(flat ? [] : [piece(turned, transpose(m), "plain")])];
  };
  const [data, kernel] = flat ? ["Bᵀ d", "G g"] : ["Bᵀ d B", "G g Gᵀ"];
  const each = parts.map((part, channel) => {
    const of = (name: string) => (parts.length > 1 ? `${name}, ${words.slice.input(channel)}` : name);
    const products = piece(of("m"), part.products, "products");
    return {
      data: [...transformed("Bᵀ", F23.data, piece(of("d"), part.data, "input")), "=", piece(data, part.transformedData, "data")],
      kernel: [...transformed("G", F23.kernel, piece(of("g"), part.weights, "weight")), "=", piece(kernel, part.transformedWeights, "kernel")],
      products: [piece(of(data), part.transformedData, "data"), "⊙", piece(kernel, part.transformedWeights, "kernel"), "=", products],
      sum: [channel ? "+" : "", products],
    };
  });
  const all = piece("m", sum, "products");
  return [
    ...(["data", "kernel", "products"] as const).flatMap((key) => each.map((steps) => ({ key, pieces: steps[key] }))),
    ...(parts.length > 1 ? [{ key: "sum", pieces: [...each.flatMap((steps) => steps.sum).slice(1), "=", all] } as const] : []),
    { key: "output", pieces: [...transformed("Aᵀ", F23.output, all), "=", piece(words.y, output, "output")] },
  ];
}

export function tileScales({ parts, sum }: WorkedTile, { input, weight, output }: Scales, dark: boolean): Record<Role, Scale> {
  const of = (name: keyof Part, ...more: number[]) => scaleOf([...parts.flatMap((part) => [...part[name].data]), ...more], dark);
  return {
    plain: scaleOf([1.5], dark), input, weight, output,
    data: of("transformedData"), kernel: of("transformedWeights"), products: of("products", ...sum.data),
  };
}
