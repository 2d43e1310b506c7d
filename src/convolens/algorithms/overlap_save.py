"""Overlap-save: tiles of the image through compiled FFTs, two at a time as one complex tile."""

import functools
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Algorithm, Array, Cost, Pipeline
from convolens.algorithms.compiled import border_tables, vector_lanes
from convolens.algorithms.spectrum import MOST_BYTES, spectrum_error
from convolens.pipelines.radices import frequencies, radices
from convolens.runtime import compile as compiler
from convolens.runtime.call import Function, Pinned
from convolens.runtime.cpu import available_cores
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.overlap_save"
MOST_DIMS = 2
LENGTHS = (32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
TASKS_PER_CORE = 2
SHARE_OF_PEAK = 0.14
BORDER_BYTES = 20  # for a cell along an axis, while its source is looked up
TURNING = 5  # times as long as reading: a copy whose rows do not lie as in the image
COPY = 35  # operations that take as long as the way of a cell of the image in, or of an output out
PRODUCT = 14  # operations in the time of a complex product and its addition
CACHED = (1 << 16, 0.85), (1 << 20, 1.0), (math.inf, 1.45)
"""How a transform's time grows with the bytes of a tile, of which some copies are held."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """
    How the output is cut.

    Attributes
    ----------
    size : tuple of int
        Of a tile's transform, rows and columns; a signal is folded into them.
    valid : tuple of int
        Outputs of a tile.
    count : tuple of int
        Tiles down and across.
    pairs : int
        Of tiles, over all images.
    """

    size: tuple[int, int]
    valid: tuple[int, int]
    count: tuple[int, int]
    pairs: int


@dataclass(frozen=True, slots=True)
class Spectra:
    """
    Spectra of the kernels, and what goes with them, ready to be handed over.

    Attributes
    ----------
    function : Function
        The compiled pipeline.
    constants : tuple of Pinned
        Spectra, twiddle factors and borders.
    scalars : tuple
        What the pipeline takes after its arrays.
    """

    function: Function
    constants: tuple[Pinned, ...]
    scalars: tuple[int | float, ...]


class OverlapSave(Algorithm[Spectra]):
    """
    Transform tiles that overlap by a window, multiply by the kernels' spectra, keep the outputs that are whole.

    Two tiles go through one complex transform, as its real and its imaginary part: kernels are real, so that the
    two do not mix. No padded copy of the image is made, and nothing is added.

    References
    ----------
    H. D. Helms, Fast Fourier transform method of computing difference equations and simulating filters, 1967,
    doi:10.1109/TAU.1967.1161911.
    """

    name: ClassVar = "overlap-save"
    summary: ClassVar = "pairs of overlapping tiles through small FFTs, compiled"
    plain_sum: ClassVar = False

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse integers, strides, more than two dimensions, and windows that no tile holds."""
        if spec.compute_dtype.kind != "f":
            return "integers are summed exactly"
        if not math.isfinite(spec.border.value):
            return "a border that is not finite would spread"
        if spec.dims > MOST_DIMS:
            return f"it has at most {MOST_DIMS} dimensions"
        if any(s != 1 for s in spec.stride):
            return "the stride must be 1"
        if not _sizes(spec):  # asked after the dimensions, which it takes for granted
            return "no tile holds a window"
        if _spectra_bytes(spec) > MOST_BYTES:
            return f"spectra would take {_spectra_bytes(spec) / 2**30:.1f} GiB"
        return compiler.unavailable()

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the transforms and products of every pair of tiles."""
        tiling, item = _tiling(spec), spec.compute_dtype.itemsize
        cells = math.prod(tiling.size)
        inputs, outputs = (math.prod(shape) * item for shape in (spec.input_shape, spec.output_shape))
        copied = inputs * (spec.dtype != spec.compute_dtype or _scattered(spec, spec.in_channels))
        copied += outputs * _scattered(spec, spec.out_channels)
        held = _spectra_bytes(spec) + BORDER_BYTES * sum(spec.padded_size)
        tasks = min(available_cores(), tiling.pairs * spec.groups * _splits(spec, tiling))
        return Cost(
            operations=int(tiling.pairs * _pair_operations(spec, tiling, _splits(spec, tiling)) / SHARE_OF_PEAK),
            work="compiled",
            traffic=TURNING * copied,
            calls=10,
            workspace=copied + held + tasks * (2 + spec.weight_shape[1]) * 2 * cells * item,
        )

    def error_bound(self, spec: ConvSpec) -> float:
        """Estimate one tile's roundings, spread evenly over it; those of its pair come with it."""
        return 2 * spectrum_error(spec, _tiling(spec).size)

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline for tiles of the chosen size."""
        height, width = _tiling(spec).size
        return PIPELINE, {
            "dtype": str(spec.compute_dtype),
            "lanes": vector_lanes(spec),
            "height": height,
            "width": width,
            "signal": spec.dims == 1,
            "single": spec.weight_shape[1] == 1,
        }

    def prepare(self, spec: ConvSpec, weight: Array) -> Spectra:
        """Transform the kernels; lay out twiddle factors, borders and tiles."""
        name, parameters = self.pipeline(spec)
        tiling, dtype, lanes = _tiling(spec), spec.compute_dtype, vector_lanes(spec)
        height, width = tiling.size
        fold = np.outer(frequencies(height) if spec.dims == 1 else [0], np.arange(width))
        constants = (
            _spectra(spec, weight, tiling.size, lanes),
            _factors(width).astype(dtype),
            _factors(height).astype(dtype),
            np.stack(_turns(fold, height * width), axis=1).astype(dtype),
            *border_tables(spec)[:MOST_DIMS],
        )
        (down, across), (rows, columns) = tiling.count, tiling.valid
        sharing = spec.out_channels // spec.groups
        scalars = (across, down, spec.batch * down * across, columns, rows, spec.pads[-1][0], sharing)
        task_kernels = sharing // _splits(spec, tiling)
        return Spectra(
            compiler.load(name, **parameters),
            tuple(Pinned(np.ascontiguousarray(constant)) for constant in constants),
            (*scalars, task_kernels, float(spec.border.value)),
        )

    def run(self, spec: ConvSpec, state: Spectra, x: Array, out: Array) -> None:
        """Call the pipeline, with copies of arrays whose rows are scattered."""
        if not out.size:
            return
        source, target = (a[:, :, None] if spec.dims == 1 else a for a in (x, out))
        item = out.itemsize
        if source.dtype != out.dtype or source.strides[-1] != item:
            source = np.ascontiguousarray(source, out.dtype)
        straight = target if target.strides[-1] == item else np.empty(target.shape, target.dtype)
        state.function(source, *state.constants, straight, scalars=state.scalars)
        if straight is not target:
            target[...] = straight


def _scattered(spec: ConvSpec, channels: int) -> bool:
    """Whether the cells of a row lie apart in the spec's own layout."""
    return spec.layout == LAST and channels > 1


def _turns(numerators: Array, n: int) -> tuple[Array, Array]:
    """Return real and imaginary parts of exp(−2πi · numerators / n)."""
    angles = -2 * np.pi * (numerators % n) / n
    return np.cos(angles), np.sin(angles)


def _factors(length: int) -> Array:
    """Return the twiddle factors of a transform, step after step."""
    steps, size = [], length
    for radix in radices(length):
        apart = size // radix
        steps.append(np.stack(_turns(np.outer(np.arange(radix), np.arange(apart)).ravel(), size)))
        size = apart
    return np.concatenate(steps, axis=1)


def _spectra(spec: ConvSpec, weight: Array, size: tuple[int, int], lanes: int) -> Array:
    """Lay out the kernels' conjugate spectra: (K, C / groups, height / lanes, width, 2, lanes)."""
    height, width = size
    rows, columns = (np.array(frequencies(n)) for n in size)
    spectra = np.empty((*weight.shape[:2], height // lanes, width, 2, lanes), spec.compute_dtype)
    dilated = np.zeros(spec.window_size)
    for kernel, target in zip(weight, spectra, strict=True):
        for channel, laid in zip(kernel, target, strict=True):
            dilated[tuple(slice(None, None, d) for d in spec.dilation)] = channel
            if spec.dims == 1:
                spectrum = np.fft.fft(dilated, height * width)[rows[:, None] + height * columns]
            else:
                spectrum = np.fft.fft2(dilated, size)[rows[:, None], columns]
            blocks = spectrum.reshape(-1, lanes, width).swapaxes(1, 2) / (height * width)
            laid[:, :, 0], laid[:, :, 1] = blocks.real, -blocks.imag
    return spectra


def _pair_operations(spec: ConvSpec, tiling: Tiling, splits: int) -> float:
    """Count what the transforms and products of a pair of tiles take, over all channels and kernels."""
    cells = math.prod(tiling.size)
    slower = next(factor for most, factor in CACHED if cells * spec.compute_dtype.itemsize <= most)
    transform = cells * 5 * math.log2(cells) * slower + COPY * math.prod(tiling.valid)
    products = PRODUCT * cells * spec.out_channels * spec.weight_shape[1]
    return (splits * spec.in_channels + spec.out_channels) * transform + products


def _splits(spec: ConvSpec, tiling: Tiling) -> int:
    """Choose into how many tasks the kernels of a group are split; each transforms the channels again."""
    sharing = spec.out_channels // spec.groups
    wanted = -(-TASKS_PER_CORE * available_cores() // (tiling.pairs * spec.groups or 1))
    return next(n for n in range(1, sharing + 1) if sharing % n == 0 and (n >= wanted or n == sharing))


def _spectra_bytes(spec: ConvSpec) -> int:
    return math.prod(spec.weight_shape[:2]) * math.prod(_tiling(spec).size) * 2 * spec.compute_dtype.itemsize


def _sizes(spec: ConvSpec) -> list[tuple[int, int]]:
    """List the sizes of tiles that hold a window."""
    pairs = [(a, b) for a in LENGTHS for b in LENGTHS]
    if spec.dims == 1:
        return [(a, b) for a, b in pairs if a <= b <= 2 * a and a * b >= spec.window_size[0]]
    height, width = spec.window_size
    return [(a, b) for a, b in pairs if a >= height and b >= width]


def _tiling(spec: ConvSpec) -> Tiling:
    return _best(spec, tuple(_sizes(spec)))


@functools.lru_cache(maxsize=1024)
def _best(spec: ConvSpec, sizes: tuple[tuple[int, int], ...]) -> Tiling:
    """Choose the size of tiles that takes the fewest operations."""
    tilings = [_cut(spec, size) for size in sizes]
    return min(tilings, key=lambda tiling: tiling.pairs * _pair_operations(spec, tiling, 1))


def _cut(spec: ConvSpec, size: tuple[int, int]) -> Tiling:
    """Cut the output for tiles of a size; those that are not the last of a row are whole vectors wide."""
    lanes = vector_lanes(spec)
    if spec.dims == 1:
        limits, target = (1, math.prod(size) - spec.window_size[0] + 1), (1, *spec.output_size)
    else:
        height, width = (n - window + 1 for n, window in zip(size, spec.window_size, strict=True))
        limits, target = (height, width), spec.output_size
    rows, columns = (min(limit, n) for limit, n in zip(limits, target, strict=True))
    if columns < target[1] and columns > 2 * lanes:
        columns -= columns % lanes
    count = -(-target[0] // max(rows, 1)), -(-target[1] // max(columns, 1))
    return Tiling(size, (max(rows, 1), max(columns, 1)), count, -(-spec.batch * math.prod(count) // 2))
