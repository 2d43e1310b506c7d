/**
 * Kernels made by formula or turned in steps, from their parameters: the same weights as the Python package's.
 *
 * All are meant for correlation: rows grow downward. Angles are degrees, counter-clockwise from the x axis as the
 * image is seen, and give the direction along the line, edge, stripe or motion.
 */

import { refuse } from "./refusals.ts";
import { type Tensor, fromNested, tensor } from "./tensor.ts";

const LARGEST_SIDE = 2047;

/** One in the centre, zero elsewhere. */
export function identity(size = 3): Tensor {
  const side = sideOf(size, 1, true);
  return sampled(side, (row, column) => (row === (side - 1) / 2 && column === (side - 1) / 2 ? 1 : 0));
}

/** Equal weights that sum to one. */
export function box(size = 3): Tensor {
  const side = sideOf(size);
  return sampled(side, () => 1 / side ** 2);
}

/** The Gaussian, sampled at the cells and scaled to sum to one. */
export function gaussian(sigma = 1, size: number | null = null): Tensor {
  const profile = gaussianProfile(sigma, size);
  return sampled(profile.length, (row, column) => profile[row]! * profile[column]!);
}

/** Laplacian of Gaussian, with a negative centre: sums to zero, and answers 1 to the parabola x²/2. */
export function laplacianOfGaussian(sigma = 1, size: number | null = null): Tensor {
  finite("sigma", sigma, { least: 0.25 });
  const side = size === null ? sideFor(4 * sigma, `sigma=${sigma}`) : sideOf(size, 3, true);
  const smooth = gaussianProfile(sigma, side);
  const squares = positions(side).map((p) => p * p);
  const variance = sum(smooth.map((w, i) => w * squares[i]!));
  const fourth = sum(smooth.map((w, i) => w * squares[i]! ** 2));
  const second = smooth.map((w, i) => ((2 * (squares[i]! - variance)) / (fourth - variance ** 2)) * w);
  return sampled(side, (row, column) => smooth[row]! * second[column]! + second[row]! * smooth[column]!);
}

/** Difference of Gaussians, G(σ) − G(ratio · σ), with a positive centre. */
export function differenceOfGaussians(sigma = 1, ratio = 1.6, size: number | null = null): Tensor {
  finite("sigma", sigma, { least: 0.25 });
  finite("ratio", ratio, { least: 1.01 });
  const wide = sigma * ratio;
  const side = size === null ? sideFor(3 * wide, `sigma=${sigma}, ratio=${ratio}`) : sideOf(size, 3, true);
  const [narrow, other] = [gaussian(sigma, side).data, gaussian(wide, side).data];
  return tensor([side, side], narrow.map((w, i) => w - other[i]!));
}

/** Unsharp mask: the image plus `amount` times what a blur takes from it. */
export function unsharp(sigma = 1, amount = 1, size: number | null = null): Tensor {
  finite("amount", amount, { above: 0 });
  const blur = gaussian(sigma, size === null ? null : sideOf(size, 1, true));
  const [side] = blur.shape as [number];
  const one = identity(side).data;
  return tensor(blur.shape, blur.data.map((w, i) => (1 + amount) * one[i]! - amount * w));
}

/** Even motion along a straight line, only as large as the path needs. */
export function motionBlur(length = 9, angle = 0): Tensor {
  finite("length", length, { least: 1 });
  const half = (length - 1) / 2;
  sideFor(half, `length=${length}`);
  const [xStep, yStep] = direction("angle", angle);
  // The rounding keeps a cell's worth of cos 90° = 6e-17 from adding a row.
  const cellsAlong = (step: number): number => 2 * Math.ceil(Number((half * Math.abs(step)).toFixed(9))) + 1;
  const [columns, rows] = [cellsAlong(xStep), cellsAlong(yStep)];
  const [xs, ys] = [positions(columns), positions(rows)];
  const weights = tensor([rows, columns]);
  weights.data.forEach((_, i) => {
    const [x, y] = [xs[i % columns]!, -ys[Math.floor(i / columns)]!];
    const along = Math.min(Math.max(x * xStep + y * yStep, -half), half);
    weights.data[i] = Math.max(0, 1 - Math.hypot(x - along * xStep, y - along * yStep));
  });
  return scaled(weights, 1 / sum(weights.data));
}

export interface GaborOptions {
  /** Direction of the stripes: 0 gives horizontal ones. */
  readonly orientation?: number;
  /** Cells from one bright stripe to the next, at least 2. */
  readonly wavelength?: number;
  /** 0 a bright line, 180 a dark one, ±90 an edge. */
  readonly phase?: number;
  /** Standard deviation across the stripes; by default a bandwidth of one octave. */
  readonly sigma?: number | null;
  /** Standard deviation across the stripes over the one along them. */
  readonly aspect?: number;
  readonly size?: number | null;
}

/** A wave under a Gaussian, its mean taken out; magnitudes sum to 1. */
export function gabor(options: GaborOptions = {}): Tensor {
  const { orientation = 0, wavelength = 4, phase = 0, aspect = 0.5 } = options;
  finite("wavelength", wavelength, { least: 2 });
  finite("aspect", aspect, { least: 0.05 });
  const turn = (finite("phase", phase) * Math.PI) / 180;
  const octave = (3 * Math.sqrt(Math.LN2 / 2)) / Math.PI;
  const sigma = options.sigma == null ? octave * wavelength : finite("sigma", options.sigma, { above: 0 });
  const [xStep, yStep] = direction("orientation", orientation);
  const [along, across] = [sigma / aspect, sigma];
  const reach = Math.max(Math.hypot(along * xStep, across * yStep), Math.hypot(along * yStep, across * xStep));
  const because = `sigma=${sigma}, aspect=${aspect}`;
  const side = options.size == null ? sideFor(3 * reach, because) : sideOf(options.size, 1, true);
  const place = positions(side);
  const envelope = tensor([side, side]);
  const wave = new Float64Array(side * side);
  wave.forEach((_, i) => {
    const [x, y] = [place[i % side]!, -place[Math.floor(i / side)]!];
    const [v, u] = [x * xStep + y * yStep, x * yStep - y * xStep];
    envelope.data[i] = Math.exp(-((u / sigma) ** 2 + ((aspect * v) / sigma) ** 2) / 2);
    wave[i] = Math.cos((2 * Math.PI * u) / wavelength + turn);
  });
  const area = sum(envelope.data);
  const mean = sum(envelope.data.map((e, i) => e * wave[i]!)) / area;
  const weights = tensor([side, side], envelope.data.map((e, i) => e * (wave[i]! - mean)));
  const magnitude = sum(weights.data.map(Math.abs));
  if (magnitude <= 1e-9 * area) refuse("noWeight", wavelength, phase, sigma, side);
  return scaled(weights, 1 / magnitude);
}

/** Sobel's kernel turned in steps of 45°: 0 answers to a horizontal edge, brighter below. */
export function robinson(angle = 0): Tensor {
  return compass([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], angle);
}

/** Kirsch's compass kernel: three neighbours at +5 against five at −3. */
export function kirsch(angle = 0): Tensor {
  return compass([[-3, -3, -3], [-3, 0, -3], [5, 5, 5]], angle);
}

/** The eight cells around the centre of a 3 × 3 kernel, clockwise. */
const RING = [0, 1, 2, 5, 8, 7, 6, 3];

function compass(rows: number[][], angle: number): Tensor {
  if (finite("angle", angle) % 45) refuse("compass", angle);
  const weights = fromNested(rows);
  const steps = (((angle / 45) % 8) + 8) % 8;
  const turned = tensor([3, 3], weights.data);
  RING.forEach((cell, place) => (turned.data[cell] = weights.data[RING[(place + steps) % 8]!]!));
  return turned;
}

/** Distances of cells from their common centre: −1, 0, 1 for three, −0.5, 0.5 for two. */
function positions(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => i - (size - 1) / 2);
}

/** The unit vector (x to the right, y up) at an angle, exact at the multiples of 90°. */
function direction(name: string, angle: number): readonly [number, number] {
  const degrees = ((finite(name, angle) % 360) + 360) % 360;
  const exact = new Map<number, readonly [number, number]>([
    [0, [1, 0]], [90, [0, 1]], [180, [-1, 0]], [270, [0, -1]],
  ]);
  const turn = (degrees * Math.PI) / 180;
  return exact.get(degrees) ?? [Math.cos(turn), Math.sin(turn)];
}

/** One axis of the sampled Gaussian, summing to one. */
function gaussianProfile(sigma: number, size: number | null): Float64Array {
  finite("sigma", sigma, { above: 0 });
  const side = size === null ? sideFor(3 * sigma, `sigma=${sigma}`) : sideOf(size);
  const place = positions(side).map(Math.abs);
  const least = Math.min(...place);
  // Taken relative to the innermost cell, an even side keeps its weight when σ is far below one cell.
  const profile = place.map((p) => Math.exp((-(p - least) * (p + least)) / sigma / sigma / 2));
  const all = sum(profile);
  return profile.map((w) => w / all);
}

function sampled(side: number, weight: (row: number, column: number) => number): Tensor {
  const cells = Float64Array.from({ length: side * side }, (_, i) => weight(Math.floor(i / side), i % side));
  return tensor([side, side], cells);
}

function scaled({ shape, data }: Tensor, factor: number): Tensor {
  return tensor(shape, data.map((w) => w * factor));
}

function sum(numbers: Float64Array): number {
  return numbers.reduce((all, n) => all + n, 0);
}

/** Checks that a parameter is a finite number within its limits. */
export function finite(name: string, value: number, limits: { least?: number; above?: number } = {}): number {
  const { least = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY } = limits;
  if (!Number.isFinite(value) || value < least || value <= above) refuse("finite", name, limits, value);
  return value;
}

function sideOf(size: number, least = 1, odd = false): number {
  if (!Number.isInteger(size) || size < least || size > LARGEST_SIDE) refuse("side", least, size);
  if (odd && size % 2 === 0) refuse("odd", size);
  return size;
}

/** The odd side that holds every cell within `reach` of the centre. */
function sideFor(reach: number, because: string): number {
  if (reach > Math.floor(LARGEST_SIDE / 2)) refuse("wideKernel", because);
  return 2 * Math.ceil(reach) + 1;
}
