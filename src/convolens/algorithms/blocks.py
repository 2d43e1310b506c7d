"""
Planes cut into blocks of one size, each a task, which overlap by the little that makes them come out even.

Cells where blocks overlap are written by two tasks, in either order, or at once. So a pipeline may have blocks
that overlap only where both give a cell the same bits: where its sum is taken over the cell's own window, in an
order that does not depend on where in the block the cell lies, as with dense kernels and their passes, or where
sums are exact, as those of integers. Where sums are made from their neighbours' and rounded, as in boxes of
floating-point numbers, rows are cut `apart`.
"""

from dataclasses import dataclass

import numpy as np

from convolens.algorithms.base import Array


@dataclass(frozen=True, slots=True)
class Parts:
    """
    A length cut into parts.

    Attributes
    ----------
    count, step, size : int
        How many there are, how far from one to the next, and how long each is.
    """

    count: int
    step: int
    size: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """
    Planes cut into blocks, each a task of a compiled pipeline.

    Attributes
    ----------
    rows, cells : Parts
        Of a plane's height and width.
    """

    rows: Parts
    cells: Parts

    @property
    def height(self) -> int:
        """Rows of the planes that are cut."""
        return (self.rows.count - 1) * self.rows.step + self.rows.size

    def scalars(self, halo: int) -> tuple[int, int, int, int]:
        """Tell pipelines of kernels with ``halo`` cells beside the first: steps, rows, and cells that are read."""
        return self.rows.step, self.cells.step, self.rows.size, self.cells.size + halo

    def of(self, planes: Array) -> Array:
        """View planes (N, H, W) as blocks (N, strips, blocks, rows, cells)."""
        count, plane, row, cell = len(planes), *planes.strides
        return np.lib.stride_tricks.as_strided(
            planes,
            (count, self.rows.count, self.cells.count, self.rows.size, self.cells.size),
            (plane, self.rows.step * row, self.cells.step * cell, row, cell),
        )


def overlapping(length: int, most: int, *, least: int, halo: int) -> Parts:
    """
    Cut a length into parts of one size, so that little is computed twice.

    Parameters
    ----------
    length : int
        At least ``least``.
    most, least : int
        Size of a part; it is more than ``most`` only where all others would be less than ``least``.
    halo : int
        What a part reads beyond its own cells.

    Examples
    --------
    >>> overlapping(1000, 256, least=4, halo=2), overlapping(5, 8, least=4, halo=2)
    (Parts(count=5, step=200, size=200), Parts(count=1, step=5, size=5))
    """
    steps = np.arange(least, max(least, min(length, most)) + 1)
    sizes, counts = steps + length % steps, length // steps
    work = counts * (-(-sizes // least) * least + halo) + np.where(sizes > most, 2 * length * (halo + least), 0)
    best = len(work) - 1 - int(work[::-1].argmin())
    return Parts(int(counts[best]), int(steps[best]), int(sizes[best]))


def apart(length: int, most: int) -> tuple[Parts, ...]:
    """
    Cut a length into parts of at most a size that do not overlap: those of one size, and a shorter one at the end.

    Examples
    --------
    >>> apart(10, 4), apart(9, 4)
    ((Parts(count=2, step=4, size=4), Parts(count=1, step=2, size=2)), (Parts(count=3, step=3, size=3),))
    """
    size = -(-length // -(-length // most))
    count, rest = divmod(length, size)
    return (Parts(count, size, size), *([Parts(1, rest, rest)] if rest else []))
