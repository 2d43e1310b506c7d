"""How the direct sum lays out its work where channels are innermost: panels of kernels, chunks of terms, tasks."""

import functools
import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from convolens.algorithms.base import Array, Cost
from convolens.algorithms.compiled import MOST_DIMS, scratch_bytes, vector_lanes
from convolens.runtime.cpu import cpu
from convolens.runtime.threads import thread_count
from convolens.spec.borders import source_index
from convolens.spec.geometry import ConvSpec

MOST_TERMS = 2048  # of a sum that is taken in one go
CHUNK_TERMS = 1024  # of each of several, whose weights stay in cache
LEAST_RUN = 32  # channels of a chunk, for the innermost loop's sake
TASKS_PER_THREAD = 4  # so that cores which are slow, or busy elsewhere, hold nobody up
MOST_HALO = 4  # a task has at least so many times the rows that it shares with its neighbour
LEAST_PARALLEL = 1 << 21  # products below which a call runs as one task: waking a thread takes longer

# Vectors of kernels → pixels in the register tile, and its speed beside the best, where registers are many or few.
_TILES = {32: {4: (6, 1.0), 3: (9, 0.95), 2: (14, 0.9), 1: (14, 0.6)}, 16: {2: (5, 1.0), 1: (10, 0.8)}}

Volume = tuple[int, int, int]


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
    windows : str
        How the image is read; see :func:`convolens.pipelines.tiled.build`.
    chunks : int
        Into how many parts the channels go.
    """

    spec: ConvSpec
    lanes: int
    vectors: int
    pixels: int
    windows: str
    chunks: int

    @classmethod
    @functools.lru_cache(maxsize=256)
    def of(cls, spec: ConvSpec) -> Self:
        """Choose register tile and chunks."""
        lanes = vector_lanes(spec)
        vectors, pixels = _tile(spec.out_channels // spec.groups, lanes)
        return cls(spec, lanes, vectors, pixels, _windows(spec), _chunks(spec))

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
    def is_whole_rows(self) -> bool:
        """Whether the numbers of a kernel row are one run: all channels of cells that are neighbours."""
        return self.chunks == 1 and (self.spec.dilation[-1] == 1 or self.spec.kernel_size[-1] == 1)

    @property
    def output(self) -> tuple[int, int, int]:
        """Planes of output cells, rows of a plane, and cells of a row; a single row where windows are cells."""
        depth, height, width = _volume(self.spec.output_size)
        if self.windows == "cell":
            return 1, 1, self.spec.batch * depth * height * width
        return self.spec.batch * depth, height, width

    def parameters(self, activation: str = "clamp", *, residual: bool = False) -> dict[str, str | int]:
        """Return what the pipeline is compiled for."""
        tile: dict[str, str | int] = {"lanes": self.lanes, "vectors": self.vectors, "pixels": self.pixels}
        kind: dict[str, str | int] = {
            "dtype": str(self.spec.compute_dtype),
            "windows": self.windows,
            "chunked": self.chunks > 1,
        }
        return {**tile, **kind, "activation": activation, "residual": residual}

    def pack(self, weight: Array) -> Array:
        """Order (K, C, *kernel size) as (panels, chunks, kd, kh, runs of a row, numbers of a run, panel)."""
        kernels = len(weight)
        size = _volume(weight.shape[2:])
        whole = np.zeros((self.count * self.width, self.channels, *size), self.spec.compute_dtype)
        whole[:kernels] = weight.reshape(kernels, self.channels, *size)
        parts = whole.reshape(self.count, self.width, self.chunks, -1, *size).transpose(0, 2, 4, 5, 6, 3, 1)
        row = (1, -1) if self.is_whole_rows else parts.shape[4:6]
        return aligned(parts).reshape(*parts.shape[:4], *row, self.width)

    def tables(self) -> list[Array]:
        """Tell for x, y and z which image cell each padded cell shows, −1 for the constant; none without pads."""
        if self.windows != "bordered":
            return []
        spec, empty = self.spec, [np.zeros(1, np.int32)] * (MOST_DIMS - self.spec.dims)
        axes = zip(reversed(spec.input_size), reversed(spec.pads), strict=True)
        shown = [source_index(np.arange(-a, size + b), size, spec.border) for size, (a, b) in axes]
        return [table.astype(np.int32) for table in shown] + empty

    def numbers(self) -> tuple[int | float, ...]:
        """Return what the pipeline takes after its arrays, but for the tasks and the epilogue."""
        _, height, width = self.output
        steps, spreads = ([*reversed(_volume(sizes))] for sizes in (self.spec.stride, self.spec.dilation))
        steps[0] *= self.channels
        spreads[0] *= self.channels
        border = self.spec.pads[-1][0], float(self.spec.border.value)
        return (self.channels, width, 1 / width, height * width, *steps, *spreads, *border)

    def tasks(self, threads: int) -> tuple[int, int]:
        """
        Choose how many tiles and panels make a task.

        As many rows as fit the cache, fewer where threads would have nothing to do, unless that reads the border
        between tasks twice too often; then fewer panels. Whether a cell is summed in one task or another, its sum
        is the same.
        """
        planes, height, width = self.output
        tiles = -(-height * width // self.pixels)
        fitting = max(1, scratch_bytes() // 2 // self.cell_bytes) // self.pixels
        wanted = 1
        if threads > 1 and self.spec.macs >= LEAST_PARALLEL:
            wanted = -(-TASKS_PER_THREAD * threads // planes)
        least = min(tiles, -(-self._least_cells // self.pixels))
        some = max(1, least, min(fitting, -(-tiles // wanted)))
        return some, max(1, self.count * -(-tiles // some) // wanted)

    def cost(self) -> Cost:
        """Count the products of whole panels and tiles, and the image's way through the scratch."""
        spec = self.spec
        wasted = self.count * self.width * spec.groups / spec.out_channels
        speed = _TILES[cpu().vector_registers][self.vectors][1]
        image = spec.batch * spec.in_channels * math.prod(spec.padded_size) * spec.compute_dtype.itemsize
        return Cost(
            operations=int(2 * spec.macs * wasted / speed),
            work="compiled",
            traffic=2 * image if self.windows == "bordered" else 0,
            calls=10 * spec.groups,
            workspace=scratch_bytes() * thread_count(),
        )

    @property
    def cell_bytes(self) -> int:
        """Bytes of the image that are read for each output cell, on the average of a row."""
        spec = self.spec
        planes = spec.window_size[0] if spec.dims == MOST_DIMS else 1
        stride = spec.stride[-2] if spec.dims > 1 else 1
        row = spec.padded_size[-1] if self.windows == "bordered" else spec.input_size[-1]
        if self.windows == "cell":
            return self.channels * spec.compute_dtype.itemsize
        return -(-planes * stride * row * self.channels * spec.compute_dtype.itemsize // spec.output_size[-1])

    @property
    def _least_cells(self) -> int:
        """Cells of a task at least, so that the rows which two tasks read are few."""
        if self.windows == "cell" or self.spec.dims == 1:
            return 16 * self.pixels
        halo = max(0, self.spec.window_size[-2] - self.spec.stride[-2])
        rows = -(-MOST_HALO * halo // self.spec.stride[-2])
        return max(16 * self.pixels, rows * self.spec.output_size[-1])


def aligned(array: Array) -> Array:
    """Copy to memory where no vector lies across two lines of the cache."""
    line = 64
    space = np.empty(array.nbytes + line, np.uint8)
    start = -space.ctypes.data % line
    copy = space[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _volume(size: tuple[int, ...]) -> Volume:
    """Fill up to three dimensions."""
    depth, height, width = (*(1,) * (MOST_DIMS - len(size)), *size)
    return depth, height, width


def _tile(kernels: int, lanes: int) -> tuple[int, int]:
    """Choose the register tile: vectors of kernels, and pixels."""
    tiles = _TILES[cpu().vector_registers]

    def time(vectors: int) -> float:
        return -(-kernels // (lanes * vectors)) * vectors / tiles[vectors][1]

    vectors = min(tiles, key=time)
    return vectors, tiles[vectors][0]


def _windows(spec: ConvSpec) -> str:
    if any(before or after for before, after in spec.pads):
        return "bordered"
    steps = (*spec.kernel_size, *spec.stride)
    return "cell" if all(step == 1 for step in steps) else "inside"


def _chunks(spec: ConvSpec) -> int:
    """Choose into how many equal parts the channels of a long sum go; one where there are no good ones."""
    channels, cells = spec.in_channels // spec.groups, math.prod(spec.kernel_size)
    if channels * cells <= MOST_TERMS:
        return 1
    most = max(LEAST_RUN, CHUNK_TERMS // cells)
    runs = [run for run in range(LEAST_RUN, most + 1) if channels % run == 0]
    return channels // max(runs, default=channels)
