"""Winograd's tiles: how many a panel of kernels, in lines, in blocks a task, in phases of a dilation."""

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from convolens.algorithms.base import Array
from convolens.algorithms.compiled import scratch_bytes, vector_lanes, volume
from convolens.algorithms.windows import Slices
from convolens.pipelines.toom_cook import Transform
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import available_cores, cpu
from convolens.spec.borders import source_index
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

MOST_BLOCK, LEAST_BLOCK = 100, 12  # tiles a task
AWAY = 8  # multiply-adds of a core in the time in which a number comes from beyond its own cache
LINE = 5  # tiles that could be multiplied while the ends of a line are looked up, where channels are first
NEAR = 1.1  # times the scratch: what stays in a core's own cache of a block and all weights
MOST_SHARED = 16 << 20  # bytes of transformed input that may be kept whole

TILES = {32: {4: 6, 2: 12, 1: 12}, 16: {2: 6, 1: 6}}
"""Vectors of kernels → tiles in the register tile, where registers are many or few."""


@dataclass(frozen=True, slots=True)
class Phase:
    """
    The output cells that are one dilation apart, which an undilated convolution gives.

    Attributes
    ----------
    cells : tuple of slice
        Where they lie along planes, rows and columns of the output.
    tables : tuple of Pinned
        For x and y the image cell of each padded cell, for z that of each (output plane, kernel plane).
    scalars : tuple
        What the pipeline takes after its arrays.
    shared : bool
        Whether all tiles are transformed before any is multiplied.
    whole : bool
        Whether its rows end with a tile.
    """

    cells: Slices
    tables: tuple[Pinned, ...]
    scalars: tuple[int | float, ...]
    shared: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Blocks:
    """
    How tiles are worked on together.

    Attributes
    ----------
    across : int
        Tiles of a line: of a row, or of a part of it.
    lines : int
        Lines of a block.
    register : int
        Tiles in the register tile.
    count : int
        Blocks in all.
    work : float
        Tiles that could be multiplied at best in the time that a block takes.
    """

    across: int
    lines: int
    register: int
    count: int
    work: float

    @property
    def tiles(self) -> int:
        """Tiles of a block."""
        return self.across * self.lines


def vectors_of(spec: ConvSpec, kernels: int) -> int:
    """Choose the vectors in a panel: as many as leave no more work than fewer would."""
    lanes = vector_lanes(spec)
    choices = [v for v in TILES[cpu().vector_registers] if v * lanes <= kernels]
    return min(choices, key=lambda v: (whole_parts(kernels, v * lanes) * v * (1 + 0.2 / v), -v))


def panel_count(spec: ConvSpec, kernels: int) -> int:
    """Count the panels of a group's kernels."""
    return whole_parts(kernels, vectors_of(spec, kernels) * vector_lanes(spec))


def whole_parts(count: int, size: int) -> int:
    """Count the parts of a size that hold ``count``."""
    return -(-count // size)


def tile_count(
    spec: ConvSpec, vertical: Transform, horizontal: Transform, start: tuple[int, int] = (0, 0)
) -> tuple[int, int, int]:
    """
    Count the tiles of the phase that begins at cell ``start``, in all, and those of one plane down and across.

    The first phase is the largest. A tile that begins beyond its phase would be written beyond it.
    """
    depth, height, width = volume(spec.output_size)
    _, down, across = volume(spec.dilation)
    tiles_down = whole_parts(whole_parts(height - start[0], down), vertical.tile)
    tiles_across = whole_parts(whole_parts(width - start[1], across), horizontal.tile)
    return spec.batch * depth * tiles_down * tiles_across, tiles_down, tiles_across


@functools.lru_cache(maxsize=256)
def phases_of(spec: ConvSpec, vertical: Transform, horizontal: Transform) -> tuple[Phase, ...]:
    """Lay out the phases that have any output cells."""
    depth, height, width = volume(spec.output_size)
    dilation, stride, size = volume(spec.dilation), volume(spec.stride), volume(spec.input_size)
    before = volume(tuple(pads[0] for pads in spec.pads), 0)
    shared = is_shared(spec, tile_count(spec, vertical, horizontal)[0], vertical.size * horizontal.size)

    def table(axis: int, positions: Array) -> Pinned:
        cells = source_index(positions - before[axis], size[axis], spec.border)
        return Pinned(cells.astype(np.int32))

    value = float(spec.border.value)
    taps = np.arange(volume(spec.kernel_size)[0]) * dilation[0]
    planes = table(0, (np.arange(depth)[:, None] * stride[0] + taps).ravel())

    def phase(y: int, x: int) -> Phase:
        _, down, whole = tile_count(spec, vertical, horizontal, (y, x))
        blocks = phase_blocks(spec, vertical, horizontal, (y, x))
        parts = whole_parts(whole, blocks.across)
        lines, across = spec.batch * depth * down * parts, parts * blocks.across
        rows = np.arange(down * vertical.tile + vertical.taps - 1) * dilation[1]
        columns = np.arange(across * horizontal.tile + horizontal.taps - 1) * dilation[2]
        return Phase(
            (slice(None), slice(y, None, dilation[1]), slice(x, None, dilation[2])),
            (table(2, columns + x), table(1, rows + y), planes),
            (blocks.across, parts, down, depth, lines, blocks.lines, blocks.register, len(taps), len(taps), value),
            shared,
            is_whole(spec, vertical, horizontal, (y, x)),
        )

    starts = itertools.product(range(min(dilation[1], height)), range(min(dilation[2], width)))
    return tuple(phase(y, x) for y, x in starts)


def is_whole(spec: ConvSpec, vertical: Transform, horizontal: Transform, start: tuple[int, int] = (0, 0)) -> bool:
    """Tell whether the lines of tiles of the phase that begins at cell ``start`` end where its rows do."""
    _, _, tiles = tile_count(spec, vertical, horizontal, start)
    width = whole_parts(volume(spec.output_size)[2] - start[1], volume(spec.dilation)[2])
    across = phase_blocks(spec, vertical, horizontal, start).across
    return whole_parts(tiles, across) * across * horizontal.tile == width


def is_shared(spec: ConvSpec, tiles: int, points: int) -> bool:
    """Keep the smaller of both matrices, input or weights, where it is read most often."""
    channels = spec.weight_shape[1] * math.prod(spec.kernel_size[:-2])
    bytes_ = tiles * points * channels * spec.compute_dtype.itemsize
    return tiles < spec.out_channels // spec.groups and bytes_ <= MOST_SHARED


def phase_blocks(
    spec: ConvSpec, vertical: Transform, horizontal: Transform, start: tuple[int, int] = (0, 0)
) -> Blocks:
    """Choose the blocks of the phase that begins at cell ``start``."""
    points, channels = vertical.size * horizontal.size, spec.weight_shape[1] * math.prod(spec.kernel_size[:-2])
    kernels, item = spec.out_channels // spec.groups, spec.compute_dtype.itemsize
    vectors = vectors_of(spec, kernels)
    panel = vectors * vector_lanes(spec)

    def spilt(count: int) -> float:
        block = count * points * (channels + panel) * item
        if block + points * channels * kernels * item <= NEAR * scratch_bytes():
            return 1.0
        return AWAY * (1 + max(0.0, 1 - scratch_bytes() / block) * count * (1 / panel + 3 / channels))

    tiles, down, across = tile_count(spec, vertical, horizontal, start)
    rows = spec.batch * volume(spec.output_size)[0] * down
    shared = is_shared(spec, tile_count(spec, vertical, horizontal)[0], points)
    panels = panel_count(spec, kernels) if shared else 1
    if spec.layout == LAST:  # tiles side by side are not written together
        return _blocks(tiles, 1, vectors, panels, 0, spilt)
    return _blocks(rows, across, vectors, panels, LINE, spilt)


def _blocks(rows: int, across: int, vectors: int, panels: int, ends: int, spilt: Callable[[int], float]) -> Blocks:
    """
    Choose the blocks of rows of tiles: few idle tiles, all cores at work, weights used often, and in cache.

    Parameters
    ----------
    rows, across : int
        Rows of tiles in all, and tiles in each.
    vectors : int
        Of kernels, in the register tile.
    panels : int
        Tasks that share a block, each with other kernels.
    ends : int
        Tiles that could be multiplied in the time that the ends of a line take.
    spilt : callable
        Tells how many tiles could be multiplied while weights, and what of a block's tiles is not kept in cache,
        come and go.
    """
    cores, most_tiles = available_cores(), TILES[cpu().vector_registers][vectors]

    def blocks(width: int, lines: int, register: int) -> Blocks:
        count = whole_parts(rows * whole_parts(across, width), lines)
        slower = (1 + most_tiles / register) / 2  # weights are loaded for fewer tiles
        multiplied = whole_parts(width * lines, register) * register * slower**0.2
        return Blocks(width, lines, register, count, multiplied + spilt(width * lines))

    def time(chosen: Blocks) -> tuple[float, int]:
        return whole_parts(chosen.count * panels, cores) * (chosen.work + ends * chosen.lines), -chosen.tiles

    parts = range(whole_parts(across, MOST_BLOCK), whole_parts(across, LEAST_BLOCK) + 1)
    widths = {whole_parts(across, part) for part in parts}
    sizes = (most_tiles, most_tiles * 5 // 6, most_tiles * 2 // 3)
    choices = (
        blocks(width, lines, register)
        for width in widths
        for lines in range(1, max(1, min(rows, MOST_BLOCK // width)) + 1)
        for register in sizes
    )
    return min(choices, key=time)
