"""How the direct sum lays out its work where channels are innermost: panels of kernels, chunks of terms, tasks."""

import functools
import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from convolens.algorithms.base import Array, Cost
from convolens.algorithms.compiled import (
    aligned_zeros,
    border_tables,
    scratch_bytes,
    vector_lanes,
    volume,
)
from convolens.runtime.cpu import available_cores, cpu
from convolens.runtime.script import perform, reshaped
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec

MOST_TERMS = 2048  # of a sum that is taken in one go
MOST_OF_SEVERAL = 1536  # likewise, where windows have several cells and chunks take no longer
CHUNK_TERMS = 1024  # of each of several, whose weights stay in cache
LEAST_TOTAL = 1024  # terms of a sum around a border from which one chunk takes hardly longer than none
LEAST_RUN = 32  # channels of a chunk, for the innermost loop's sake
TASKS_PER_THREAD = 4  # so that cores which are slow, or busy elsewhere, hold nobody up
MOST_HALO = 4  # a task has at least so many times the rows that it shares with its neighbour
LEAST_TILES = 16  # of a task
SHARE_OF_PEAK = 0.94
TILE_TERMS = 16  # products of each pixel that could be summed while a tile begins and ends
MATRIX_TERMS = 4  # likewise in loops over a matrix
COPYING, WEIGHT = 75, 45  # operations in the time that a cell, or a weight, takes on its way into the cache
GROUP_CELL = 7000  # likewise of a cell in one of several groups, whose channels are a short run
MERGED_TERMS = 4  # products of each pixel that could be summed in the time that finding a tile's rows takes
LEAST_PARALLEL = 1 << 21  # products below which a call runs as one task: waking a thread takes longer

# Vectors of kernels → choices of pixels in the register tile, and its speed beside the best, where registers are
# many or few. The 49 cells of a 7 × 7 map take 10 tiles of 5 pixels rather than 9 of 6. Around borders the first
# choice will do: it is as fast, and saves a pipeline.
_TILES: dict[int, dict[int, tuple[tuple[int, ...], float]]] = {
    32: {4: ((6, 5), 1.0), 3: ((9,), 0.95), 2: ((14,), 0.9), 1: ((14,), 0.6)},
    16: {2: ((5,), 1.0), 1: ((10,), 0.8)},
}
TILE_START = 0.3  # what a tile takes beside its products, in pixels


@dataclass(frozen=True, slots=True)
class Panels:
    """
    What follows from a spec alone. Sizes are of three dimensions, the last of them first.

    Attributes
    ----------
    spec : ConvSpec
        What is asked.
    lanes, vectors, pixels : int
        The register tile: ``vectors`` vectors of ``lanes`` kernels by ``pixels`` output cells.
    merged, bordered : bool
        How output and image are gone through; see :func:`convolens.pipelines.tiled.build`.
    chunks : int
        Into how many parts the channels go.
    is_product : bool
        Whether images are a single run of cells, each of them a window: a matrix, times that of the weights.
    """

    spec: ConvSpec
    lanes: int
    vectors: int
    pixels: int
    merged: bool
    bordered: bool
    chunks: int
    is_product: bool

    @classmethod
    @functools.lru_cache(maxsize=256)
    def of(cls, spec: ConvSpec) -> Self:
        """Choose register tile and chunks."""
        lanes = vector_lanes(spec)
        vectors, choices = _tile(spec.out_channels // spec.groups, lanes)
        cells, bordered = math.prod(spec.output_size), _is_bordered(spec)
        choices = choices[:1] if bordered else choices
        pixels = min(choices, key=lambda count: -(-cells // count) * (count + TILE_START))
        merged = _merges(spec, pixels)
        return cls(spec, lanes, vectors, pixels, merged, bordered, _chunks(spec), _is_product(spec))

    def of_part(self, spec: ConvSpec) -> Self:
        """Lay out the same weights, or some of them, for a part of the output; its rows are cut, or are whole."""
        one_step = spec.output_size[-1] in (1, self.spec.output_size[-1])  # from each row to the next
        merged = one_step and _merges(spec, self.pixels)
        return replace(self, spec=spec, merged=merged, bordered=_is_bordered(spec), is_product=False)

    @property
    def is_matrix(self) -> bool:
        """Whether loops over a matrix do: its sums are taken in one go, and its cells fill a tile."""
        return self.is_product and self.chunks == 1 and self.output[-1] >= self.pixels

    @property
    def width(self) -> int:
        """Kernels of a panel."""
        return self.lanes * self.vectors

    @property
    def count(self) -> int:
        """Panels of a group of kernels."""
        return -(-self.spec.out_channels // self.spec.groups // self.width)

    @property
    def channels(self) -> int:
        """Channels of a group."""
        return self.spec.in_channels // self.spec.groups

    @property
    def terms(self) -> int:
        """Products of a sum."""
        return self.channels * math.prod(self.spec.kernel_size)

    @property
    def pipeline(self) -> str:
        """The pipeline's module."""
        return "convolens.pipelines.pointwise" if self.is_matrix else "convolens.pipelines.tiled"

    @property
    def bands(self) -> list[tuple[int, int]]:
        """First kernel row, and the one behind the last, of those that are summed in one go."""
        depth, height, width = volume(self.spec.kernel_size)
        terms = self.channels // self.chunks * depth * width
        most = height if terms * height <= MOST_TERMS else max(1, CHUNK_TERMS // terms)
        return [(start, min(start + most, height)) for start in range(0, height, most)]

    @property
    def is_whole_rows(self) -> bool:
        """Whether the numbers of a kernel row are one run: all channels of cells that are neighbours."""
        return self.chunks == 1 and (self.spec.dilation[-1] == 1 or self.spec.kernel_size[-1] == 1)

    @property
    def output(self) -> tuple[int, int, int]:
        """Planes, rows of a plane, and cells of a row, as loops go through them."""
        depth, height, width = volume(self.spec.output_size)
        if self.is_product:
            return 1, 1, self.spec.batch * depth * height * width
        return (self.spec.batch * depth, *((1, height * width) if self.merged else (height, width)))

    def parameters(
        self, threads: int, activation: str = "clamp", *, residual: bool = False
    ) -> dict[str, str | int]:
        """Return what the pipeline is compiled for."""
        tile: dict[str, str | int] = {"lanes": self.lanes, "vectors": self.vectors, "pixels": self.pixels}
        tile["dtype"] = str(self.spec.compute_dtype)
        if self.is_matrix:
            return {**tile, "activation": activation, "residual": residual}
        kind: dict[str, str | int] = {
            "merged": self.merged,
            "bordered": self.bordered,
            "shared": self.is_shared(threads),
            "chunked": self.chunks > 1 or (self.bordered and self.terms >= LEAST_TOTAL),
        }
        return {**tile, **kind, "activation": activation, "residual": residual}

    def pack(self, weight: Array, packed: Array | None = None) -> Array:
        """
        Order (K, C, *kernel size) as (panels, chunks, kd, kh, runs of a row, numbers of a run, panel).

        Into an array that this made before, if it is given.
        """
        kernels, kernel_size = len(weight), volume(weight.shape[2:])
        shape = (self.count, self.chunks, *kernel_size, self.channels // self.chunks, self.width)
        packed = aligned_zeros(shape, self.spec.compute_dtype) if packed is None else packed
        parts = packed.reshape(shape)
        full, rest = divmod(kernels, self.width)
        cells = (self.chunks, shape[5], *kernel_size)
        whole = reshaped(weight[: kernels - rest], full, self.width, *cells)
        perform(np.copyto, parts[:full], whole.transpose(0, 2, 4, 5, 6, 3, 1))
        if rest:
            last = reshaped(weight[kernels - rest :], rest, *cells)
            perform(np.copyto, parts[full, ..., :rest], last.transpose(1, 3, 4, 5, 2, 0))
        row = (1, -1) if self.is_whole_rows else shape[4:6]
        return packed.reshape(*shape[:4], *row, self.width)

    def under(self, packed: Array, taps: tuple[slice, ...]) -> Array:
        """View those of the packed weights that lie under some planes, rows and columns of the kernel."""
        planes, rows, columns = taps
        if not self.is_whole_rows or columns == slice(None):
            return packed[:, :, planes, rows, columns]
        return packed[:, :, planes, rows, :, columns.start * self.channels : columns.stop * self.channels]

    def tables(self) -> list[Array]:
        """Tell for x, y and z which image cell each padded cell shows, −1 for the constant; none without pads."""
        return border_tables(self.spec) if self.bordered else []

    def numbers(self, threads: int) -> tuple[int | float, ...]:
        """Return what the pipeline takes after its arrays, but for the epilogue."""
        tiles, rows, panels = self.tasks(threads)
        if self.is_matrix:
            return tiles, panels
        width = self.spec.output_size[-1]
        steps, spreads = ([*reversed(volume(sizes))] for sizes in (self.spec.stride, self.spec.dilation))
        steps[0] *= self.channels
        spreads[0] *= self.channels
        border = self.spec.pads[-1][0], float(self.spec.border.value)
        sizes = self.channels, width, 1 / width, self.output[-1]
        return (*sizes, *steps, *spreads, *border, tiles, rows, panels)

    def tasks(self, threads: int) -> tuple[int, int, int]:
        """
        Choose how many tiles of a row, rows and panels make a task.

        As many cells as fit the cache, fewer where threads would have nothing to do, unless that reads the border
        between tasks twice too often; then fewer panels. Whether a cell is summed in one task or another, its sum
        is the same.
        """
        planes, height, width = (max(1, size) for size in self.output)  # a batch may be empty
        tiles, wanted = -(-width // self.pixels), 1
        if threads > 1 and self.spec.macs >= LEAST_PARALLEL:
            wanted = -(-TASKS_PER_THREAD * threads // planes)
        fitting, share = scratch_bytes() // self.cell_bytes, -(-height * width // wanted)
        cells = max(self._least_cells(threads), min(fitting, share))
        rows = min(height, -(-cells // width))
        if height == 1:
            tiles = min(tiles, -(-cells // self.pixels))
        strips = -(-height // rows) * -(-width // (tiles * self.pixels))
        return tiles, rows, max(1, min(self.count, self.count * strips // wanted))

    def is_shared(self, threads: int) -> bool:
        """Whether several tasks, each for some of the panels, read the same part of an image in its border."""
        return self.bordered and self.tasks(threads)[2] < self.count

    def cost(self) -> Cost:
        """Count the products of whole panels and tiles, and how image and weights come into the cache."""
        spec = self.spec
        planes, height, width = self.output
        tiles = spec.groups * self.count * planes * height * -(-width // self.pixels)
        terms = self.terms + (MATRIX_TERMS if self.is_matrix else TILE_TERMS)
        speed = _TILES[cpu().vector_registers][self.vectors][1]
        image = spec.batch * math.prod(spec.padded_size) if self.bordered else 0
        copying = image * (COPYING * spec.in_channels + (GROUP_CELL * spec.groups if spec.groups > 1 else 0))
        across, down, _ = self.tasks(available_cores())  # so that the choice is that of any number of threads
        tasks = planes * -(-height // down) * -(-width // (across * self.pixels))  # each for some or all panels
        if not self.bordered and spec.weights * spec.compute_dtype.itemsize <= scratch_bytes():
            tasks = min(tasks, available_cores())  # the weights stay in each one's cache
        products = 2 * tiles * self.pixels * self.width * terms / (speed * SHARE_OF_PEAK)
        return Cost(
            operations=int(products) + copying + WEIGHT * tasks * spec.weights,
            work="compiled",
            traffic=0,
            calls=10 * spec.groups,
            workspace=self._workspace(thread_count()),
        )

    def _workspace(self, threads: int) -> int:
        """Bytes of scratch at most: of the image in its border, or of the rows that each thread has of it."""
        spec = self.spec
        if self.is_shared(threads):
            return spec.batch * self.channels * math.prod(spec.padded_size) * spec.compute_dtype.itemsize
        return scratch_bytes() * threads

    @property
    def cell_bytes(self) -> int:
        """Bytes of the image that are read for each output cell, on the average of a row."""
        spec = self.spec
        item = self.channels * spec.compute_dtype.itemsize
        if self.is_product:
            return item
        planes = volume(spec.window_size)[0]
        stride = spec.stride[-2] if spec.dims > 1 else 1
        return -(-planes * stride * spec.padded_size[-1] * item // spec.output_size[-1])

    def _least_cells(self, threads: int) -> int:
        """Cells of a task at least, so that rows which another reads, too, are few; a thread's share at most."""
        few = LEAST_TILES * self.pixels
        if self.is_product or self.spec.dims == 1:
            return few
        if not self.bordered:  # nothing is copied twice
            return few // 4
        stride = self.spec.stride[-2]
        halo = max(0, self.spec.window_size[-2] - stride)
        height, width = self.spec.output_size[-2:]
        return max(few, min(-(-MOST_HALO * halo // stride), -(-height // threads)) * width)


def _tile(kernels: int, lanes: int) -> tuple[int, tuple[int, ...]]:
    """Choose the register tile: vectors of kernels, and what there is to choose from for pixels."""
    tiles = _TILES[cpu().vector_registers]

    def time(vectors: int) -> float:
        return -(-kernels // (lanes * vectors)) * vectors / tiles[vectors][1]

    vectors = min(tiles, key=time)
    return vectors, tiles[vectors][0]


def _is_bordered(spec: ConvSpec) -> bool:
    return any(map(any, spec.pads))


def _is_product(spec: ConvSpec) -> bool:
    return all(n == 1 for n in (*spec.kernel_size, *spec.stride)) and spec.padded_size == spec.input_size


def _merges(spec: ConvSpec, pixels: int) -> bool:
    """Whether going on from row to row saves more tiles than finding each pixel's row takes."""
    if spec.dims == 1 or _is_product(spec):
        return False
    height, width = spec.output_size[-2:]
    terms = math.prod(spec.weight_shape[1:])
    apart = height * -(-width // pixels) * terms
    return -(-height * width // pixels) * (terms + MERGED_TERMS) < apart


def _chunks(spec: ConvSpec) -> int:
    """Choose into how many equal parts the channels of a long sum go; one where there are no good ones."""
    channels, cells = spec.in_channels // spec.groups, math.prod(spec.kernel_size)
    if channels * cells <= (MOST_TERMS if cells == 1 else MOST_OF_SEVERAL):
        return 1
    most = max(LEAST_RUN, CHUNK_TERMS // cells)
    runs = [run for run in range(LEAST_RUN, most + 1) if channels % run == 0]
    return channels // max(runs, default=channels)
