"""How rows are cut into tasks: what a block of the output needs of the image, and which block takes least time."""

import functools
import math
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from convolens.algorithms.base import Array
from convolens.algorithms.compiled import MOST_DIMS, vector_lanes
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cache_bytes
from convolens.spec.borders import source_index
from convolens.spec.geometry import ConvSpec

FIRSTS = 6  # numbers that say where a task begins
SUM_RUN = 128  # terms that are summed before they are added to the rest, so that roundings stay few
OWN_RUN = 64  # likewise where no two taps share cells, which have to stay in the nearest cache
MOST_COPIES = 1.5  # of each cell, so that every tap of a row has its own, which begin where vectors do

# Cycles, measured: of a product of vectors; of a task, a tile each time that sums are added, a row in the scratch,
# its vectors, the cells that are looked up, a row of results, its vectors; and of waking other threads.
TERM = 0.56
TASK, TILE, ROW, VECTOR, LOOKUP, RESULT_ROW, RESULT_VECTOR, WAKE = 3000, 100, 20, 6, 6, 10, 6, 20_000
MOST_FILLED = 1.15  # times the cells of a row, up to which it is filled up to whole tiles
FAR = 0.2  # how much slower sums are where a task works in another half of the L2 cache

Sizes = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Axis:
    """
    What a block of the output reads along one axis, its cells sorted by their phase of the stride.

    Attributes
    ----------
    stride : int
        Of the kernel.
    phases : tuple of int
        Remainders of the stride that some tap of the kernel has, or what each tap is away from the first.
    places : tuple of (int, int)
        For each tap its phase, as a position in ``phases``, and its place among the cells of that phase.
    """

    stride: int
    phases: tuple[int, ...]
    places: tuple[tuple[int, int], ...]

    @property
    def reach(self) -> int:
        """Cells of a phase beyond those that a kernel of one cell needs."""
        return max(place for _, place in self.places)

    @property
    def copied(self) -> Self:
        """Let every tap have cells of its own."""
        taps = tuple(self.phases[phase] + self.stride * place for phase, place in self.places)
        return replace(self, phases=taps, places=tuple((tap, 0) for tap in range(len(taps))))


@dataclass(frozen=True, slots=True)
class Geometry:
    """A convolution in three dimensions, the last one along rows; where nothing is met twice, a single row."""

    batch: int
    groups: int
    channels: int
    kernels: int
    size: Sizes
    output: Sizes
    pads: tuple[tuple[int, int], ...]
    axes: tuple[Axis, Axis, Axis]

    @property
    def terms(self) -> int:
        """Products that make a sum."""
        return self.channels * math.prod(len(axis.places) for axis in self.axes)

    @property
    def sum_run(self) -> int:
        """Terms that are summed in one go, at most."""
        across = self.axes[-1]
        return OWN_RUN if not across.reach and len(across.places) > 1 else SUM_RUN


@dataclass(frozen=True, slots=True)
class Tile:
    """The register tile: kernels by vectors of cells, and the lanes of a vector."""

    kernels: int
    vectors: int
    lanes: int

    @property
    def cells(self) -> int:
        """Cells of a row."""
        return self.vectors * self.lanes


@dataclass(frozen=True, slots=True)
class Blocks:
    """Columns, rows and panels of kernels a task; the cycles all tasks take together; bytes that one works in."""

    columns: int
    rows: int
    panels: int
    cycles: int
    scratch: int


@functools.lru_cache(maxsize=1024)
def geometry(spec: ConvSpec) -> Geometry:
    """Fill a spec up to three dimensions; make one row of an image whose cells are taken one by one."""
    size, output, pads = spec.input_size, spec.output_size, spec.pads
    taps = list(zip(spec.kernel_size, spec.dilation, spec.stride, strict=True))
    if size == output and math.prod(spec.kernel_size) == 1 and not any(map(sum, pads)):
        size, output, pads, taps = (math.prod(size),), (math.prod(size),), ((0, 0),), [(1, 1, 1)]
    rest = MOST_DIMS - len(size)
    *axes, across = (_axis(*tap) for tap in [(1, 1, 1)] * rest + taps)
    if output[-1] % vector_lanes(spec) == 0 and len(across.places) <= MOST_COPIES * len(across.phases):
        across = across.copied
    return Geometry(
        spec.batch,
        spec.groups,
        spec.weight_shape[1],
        spec.out_channels // spec.groups,
        (*(1,) * rest, *size),  # type: ignore[arg-type]
        (*(1,) * rest, *output),  # type: ignore[arg-type]
        (*((0, 0),) * rest, *pads),
        (*axes, across),  # type: ignore[arg-type]
    )


def _axis(kernel: int, dilation: int, stride: int) -> Axis:
    taps = [dilation * tap for tap in range(kernel)]
    phases = sorted({tap % stride for tap in taps})
    return Axis(stride, tuple(phases), tuple((phases.index(tap % stride), tap // stride) for tap in taps))


def is_apart(shape: Geometry, tile: Tile) -> bool:
    """Whether each row is summed for itself, and written at once: short sums of rows that whole tiles fit well."""
    width = shape.output[-1]
    return shape.terms <= shape.sum_run and tile.cells <= width and _in_tiles(width, tile) <= MOST_FILLED * width


def _in_tiles(columns: Any, tile: Tile) -> Any:
    """Fill numbers of cells up to whole tiles."""
    return -(-columns // tile.cells) * tile.cells


@functools.lru_cache(maxsize=1024)
def choose(shape: Geometry, tile: Tile, itemsize: int, threads: int) -> Blocks:
    """
    Choose the blocks that are done first, by counting cycles.

    A sum is the same in whatever block, so that it does not depend on the number of threads.
    """
    depth, height, width = shape.output
    across, down, deep = reversed(shape.axes)
    all_panels = -(-shape.kernels // tile.kernels)
    parts = np.meshgrid(_parts(width), _parts(height), _parts(all_panels), indexing="ij")
    columns, rows, panels = (part.ravel() for part in parts)
    pitch = columns + across.reach
    lines = len(across.phases) * len(deep.places) * len(down.phases) * (rows + down.reach)
    apart = is_apart(shape, tile)
    run = rows * _in_tiles(columns, tile) if apart else _in_tiles((rows - 1) * pitch + columns, tile)
    held = (pitch * lines * shape.channels + (0 if apart else run * panels * tile.kernels)) * itemsize
    near = cache_bytes().get("L2", 1 << 20) / (8 if apart else 2)  # results that are written at once pass by there
    far = 1 + FAR * np.maximum(0, held / near - 1)
    blocks = -(-shape.terms // shape.sum_run)
    sums = run // tile.cells * panels * (TILE * blocks + shape.terms * tile.vectors * tile.kernels * TERM * far)
    looked_up = np.where(columns < tile.lanes, pitch, min(sum(shape.pads[-1]), tile.lanes))
    fill = shape.channels * lines * (ROW + VECTOR * (pitch // tile.lanes + 1) + LOOKUP * looked_up)
    write = panels * tile.kernels * rows * (RESULT_ROW + RESULT_VECTOR * -(-columns // tile.lanes))
    task = TASK + sums + fill + write
    tasks = -(-width // columns) * -(-height // rows) * -(-all_panels // panels)
    tasks = tasks * depth * max(1, shape.batch) * shape.groups
    waking = WAKE * ((tasks > 1) & (threads > 1))
    finish = tasks * task / threads + task * (1 - 1 / threads) + waking  # others may wait for the last task
    finish = np.where(apart & (columns < tile.cells), np.inf, finish)
    best = int(np.argmin(finish))
    chosen = (columns, rows, panels, tasks * task, held)
    return Blocks(*(int(part[best]) for part in chosen))


def _parts(size: int) -> Array:
    """List what parts of an axis may be: all, a half, a third, a quarter, and on in smaller steps."""
    counts = [round(2 ** (i / 2)) for i in range(2 * size.bit_length() + 1)]
    return np.array(sorted({-(-size // min(count, size)) for count in (*counts, 5, 7)}), np.int64)


@dataclass(frozen=True, slots=True)
class Layout:
    """What the pipeline takes beside arrays and weights: lists, tasks, and scalars up to those of the epilogue."""

    lists: tuple[Pinned, ...]
    scalars: tuple[int, ...]


def layout(shape: Geometry, spec: ConvSpec, tile: Tile, blocks: Blocks) -> Layout:
    """Lay out the scratch and the tasks."""
    deep, down, across = shape.axes
    pitch, height = blocks.columns + across.reach, blocks.rows + down.reach
    lines = [phase + down.stride * i for phase in down.phases for i in range(height)]
    length = len(across.phases) * len(deep.places) * len(lines) * pitch
    length = -(-length // tile.lanes) * tile.lanes  # so that a channel begins where a cache line does
    offsets = [
        channel * length + ((i * len(deep.places) + plane) * len(lines) + j * height + row) * pitch + column
        for channel in range(shape.channels)
        for plane in range(len(deep.places))
        for j, row in down.places
        for i, column in across.places
    ]
    planes = [place * deep.stride + deep.phases[phase] for phase, place in deep.places]
    tasks, looked_up = _tasks(shape, tile, blocks)
    tables = [
        source_index(np.arange(-before, size + after), size, spec.border)
        for size, (before, after) in zip(reversed(shape.size), reversed(shape.pads), strict=True)
    ]
    times = -(-shape.terms // shape.sum_run)
    run = (blocks.rows - 1) * pitch + blocks.columns
    sizes = (blocks.columns, blocks.rows, pitch, length, run, blocks.panels, shape.pads[-1][0], looked_up)
    lists = (*tables, offsets, across.phases, lines, planes, tasks)
    return Layout(
        tuple(Pinned(np.ascontiguousarray(part, np.int32)) for part in lists),
        (*(axis.stride for axis in reversed(shape.axes)), *sizes, -(-shape.terms // times), times),
    )


def _tasks(shape: Geometry, tile: Tile, blocks: Blocks) -> tuple[Array, int]:
    """List where tasks begin and what they copy; and count the cells of a row that are looked up at most."""
    depth, height, width = shape.output
    panels = -(-shape.kernels // tile.kernels)
    # the last block of an axis begins early enough to be as long as the others
    axes = [
        np.minimum(np.arange(0, size, part), size - part)
        for size, part in ((panels, blocks.panels), (width, blocks.columns), (height, blocks.rows))
    ]
    axes += [np.arange(depth), np.arange(shape.groups), np.arange(shape.batch)]
    panel, x, y, z, group, item = (part.ravel() for part in np.meshgrid(*reversed(axes), indexing="ij")[::-1])
    across, before, size = shape.axes[-1], shape.pads[-1][0], shape.size[-1]
    pitch = blocks.columns + across.reach
    ends = []
    for phase in across.phases:
        begin, end = (
            np.clip(-((phase - cell) // across.stride) - x, 0, pitch) for cell in (before, before + size)
        )
        enough = end - begin >= tile.lanes
        ends += [np.where(enough, begin, 0), np.where(enough, end, 0)]
    tasks = np.stack([x, y, z, panel, group, item, *ends], axis=1)
    copied = tasks[:, FIRSTS + 1 :: 2] - tasks[:, FIRSTS::2]
    return tasks, int(pitch - copied.min(initial=pitch))
