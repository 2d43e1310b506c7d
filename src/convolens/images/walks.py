"""Two walks over a picture, down its columns and along its rows, under a Gaussian of any size in the same time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convolens.algorithms.blocks import Parts, apart
from convolens.algorithms.compiled import scratch_bytes
from convolens.images.bells import Bell, as_bell
from convolens.images.recipe import Extent
from convolens.images.sums import as_product
from convolens.images.tiles import Weights
from convolens.runtime import compile as compiler
from convolens.runtime.call import Function, Pinned
from convolens.runtime.cpu import cpu
from convolens.spec.borders import Border, source_index

COSINES = "convolens.pipelines.cosines"
LEAST_SIDE = 13  # of a kernel
LARGEST = 1e30  # magnitude of a floating-point number
VECTORS, TILES = 2, 2  # of columns that are summed together, and how often in a task
MOST_PIXELS = 512  # that are summed one after the other, or twice a kernel's: so few roundings add up
MOST_BETWEEN = 1 << 24  # bytes between the two walks
MOST_SUM = 1 + 1e-9  # of weights over integers: where sums grow, so does what they are off
LINE = 64  # bytes


@dataclass(frozen=True, slots=True)
class Numbers:
    """
    How a data type is summed.

    Attributes
    ----------
    sums, between : str
        Types of the sums, and of what lies between the walks.
    scale : float
        What the latter is multiplied by.
    cosines : tuple of int
        How many are tried.
    misfit : float
        How far off they may be, see `as_bell`. With all roundings no sum of integers is off by more than 0.01.
    sides : int
        Height and width of a kernel together, from which two walks are quicker than sums of products.
    """

    sums: str
    between: str
    scale: float
    cosines: tuple[int, ...]
    misfit: float
    sides: int


NUMBERS = {
    "uint8": Numbers("float32", "uint16", 256.0, (6, 8), 3.2e-6, 64),
    "uint16": Numbers("float64", "float32", 1.0, (8,), 1e-8, 60),
    "float32": Numbers("float32", "float32", 1.0, (6, 8), 3.2e-6, 88),
}


@dataclass(frozen=True, slots=True)
class Walk:
    """
    A walk down some rows of an array, with everything but the array and its result.

    Attributes
    ----------
    function : Function
        The pipeline.
    constants : tuple of Pinned
        Weights and border.
    columns : int
        Of a strip, which is a task.
    first, blocks, rows : int
        The first of the rows, how many blocks there are, and of how many rows each is.
    scalars : tuple
        What the pipeline takes after its arrays.
    """

    function: Function
    constants: tuple[Pinned, ...]
    columns: int
    first: int
    blocks: int
    rows: int
    scalars: tuple[int | float, ...]

    @property
    def last(self) -> int:
        """The row below them."""
        return self.first + self.blocks * self.rows

    def run(self, source: NDArray[Any], target: NDArray[Any]) -> None:
        """
        Sum down the columns of (H, W), and write them as the rows of (W, these rows).

        Strips do not overlap, since their columns need not be rounded alike: what is left goes by itself.
        """
        left = len(target) % self.columns
        whole = len(target) - left
        self._sum(source[:, :whole], target[:whole])
        if left:
            last = np.empty((self.columns, target.shape[1]), target.dtype)
            self._sum(source[:, -self.columns :], last)
            target[whole:] = last[-left:]

    def _sum(self, source: NDArray[Any], target: NDArray[Any]) -> None:
        row, cell = target.strides
        shape, strides = (self.blocks, len(target), self.rows), (self.rows * cell, row, cell)
        blocks = np.lib.stride_tricks.as_strided(target, shape, strides)
        self.function(source, *self.constants, blocks, scalars=self.scalars)


@dataclass(frozen=True, slots=True)
class Walks:
    """
    How a picture is filtered, one strip of its rows after the other.

    Attributes
    ----------
    down, along : tuple of Walk
        Those down the columns, each of which is followed by all those along the rows.
    between : dtype
        Of what lies between them.
    """

    down: tuple[Walk, ...]
    along: tuple[Walk, ...]
    between: np.dtype[Any]

    def run(self, source: NDArray[Any], target: NDArray[Any]) -> None:
        """Filter rows of cells (1, H, W C)."""
        line = LINE // self.between.itemsize
        lines = self.down[0].rows // line + 1 | 1  # an odd number, so that rows do not meet in the cache
        room = np.empty((source.shape[2], lines * line), self.between)
        for down in self.down:
            turned = room[:, : down.rows]
            down.run(source[0], turned)
            for walk in self.along:
                walk.run(turned, target[0, down.first : down.last, walk.first : walk.last])


def is_wide(kernel: Weights, dtype: str) -> bool:
    """Whether a kernel is so large that two walks would be quicker, were it a bell times a bell."""
    large = min(kernel.shape) >= LEAST_SIDE and sum(kernel.shape) >= NUMBERS[dtype].sides
    return large and bool(0 < kernel[0, 0] < kernel[len(kernel) // 2, kernel.shape[1] // 2])


def as_walks(
    kernel: Weights,
    dtype: str,
    border: Border,
    response: str,
    extent: Extent,
    before: tuple[int, int],
    *,
    compiles: bool,
) -> Walks | None:
    """
    Write a kernel as a bell times a bell, and lay out the walks; None for others, and where sums are as quick.

    Parameters
    ----------
    kernel : float64 or int64 array, shape (kh, kw)
        Turned already.
    dtype, border, response, extent
        As in `fused_filter`.
    before : (int, int)
        Cells of the kernel before the pixel, along both axes.
    compiles : bool
        Whether the picture is worth compiling for.
    """
    chosen = NUMBERS[dtype]
    lanes = cpu().vector_bytes // np.dtype(chosen.sums).itemsize
    columns = VECTORS * TILES * lanes
    room = MOST_BETWEEN // (extent.cells * np.dtype(chosen.between).itemsize)
    strips = apart(extent.height, max(columns, min(room, _most_pixels(extent.kernel[0], 1, columns, chosen.sums))))
    lowest, highest = (-LARGEST, LARGEST) if dtype == "float32" else (0, np.iinfo(dtype).max)
    if min(extent.cells, strips[-1].size) < columns or not lowest <= border.value <= highest:
        return None
    bells = _bells(kernel, chosen, dtype)
    if bells is None:
        return None
    parameters: dict[str, str | int] = {"sums": chosen.sums, "lanes": lanes, "vectors": VECTORS}
    parameters |= {"strip": columns, "cosines": len(bells[0].amplitudes)}
    first = parameters | {"source": dtype, "target": chosen.between, "response": "clip"}
    second = parameters | {"source": chosen.between, "target": dtype, "response": response}
    if not compiles and not all(compiler.ready(COSINES, **types) for types in (first, second)):
        return None
    single = [Parts(1, part.size, part.size) for part in strips for _ in range(part.count)]
    stretches = apart(extent.width, _most_pixels(extent.kernel[1], extent.channels, columns, chosen.sums))
    between = Border(border.mode, border.value * chosen.scale)
    return Walks(
        _walks(first, bells[0], single, border, (extent.height, 1, before[0])),
        _walks(second, bells[1], stretches, between, (extent.width, extent.channels, before[1])),
        np.dtype(chosen.between),
    )


def _bells(kernel: Weights, chosen: Numbers, dtype: str) -> tuple[Bell, Bell] | None:
    """Find the bells, the first of which brings in the scale of what lies between the walks."""
    product, total = as_product(kernel.astype(np.float64)), float(kernel.sum())
    if product is None or (dtype != "float32" and total > MOST_SUM):
        return None
    column, row = (factor / factor.sum() for factor in product)
    for cosines in chosen.cosines:
        down = as_bell(column * chosen.scale, cosines, chosen.misfit)
        along = as_bell(row * (total / chosen.scale), cosines, chosen.misfit)
        if down and along:
            return down, along
    return None


def _most_pixels(side: int, step: int, columns: int, sums: str) -> int:
    """Choose how many pixels of a column are summed in turn, so that a task stays in a core's own cache."""
    room = scratch_bytes() // np.dtype(sums).itemsize - columns * step * (side + 1)
    return max(side, min(max(MOST_PIXELS, 2 * side), room // (step * (columns + columns // TILES))))


def _walks(
    parameters: dict[str, str | int],
    bell: Bell,
    parts: Sequence[Parts],
    border: Border,
    axis: tuple[int, int, int],
) -> tuple[Walk, ...]:
    """Walk down an axis of so many pixels of so many channels, under a bell that reaches so far before a pixel."""
    (length, channels, before), sums = axis, str(parameters["sums"])
    function = compiler.load(COSINES, **parameters)
    weights = tuple(Pinned(np.ascontiguousarray(array, sums)) for array in (bell.factors, bell.starts))
    columns, found, first = int(parameters["strip"]), [], 0
    for part in parts:
        last = first + part.count * part.size
        seen = np.arange(first - before - 2, last - before + bell.height - 1)
        pixels = source_index(seen, length, border)[:, np.newaxis]
        lines = np.where(pixels < 0, -1, pixels * channels + np.arange(channels)).ravel()
        scalars = (channels, part.size, bell.height, float(border.value))
        constants = (*weights, Pinned(np.ascontiguousarray(lines, np.int32)))
        found.append(
            Walk(function, constants, columns, first * channels, part.count, part.size * channels, scalars)
        )
        first = last
    return tuple(found)
