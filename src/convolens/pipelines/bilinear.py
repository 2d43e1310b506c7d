"""Points between the cells of an image: the four cells around each, under any border, and how near each is."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import halide as hl

FARTHEST = float(1 << 30)  # beyond it, one cell outside is like another

Pair = tuple[hl.Expr, hl.Expr]


@dataclass(frozen=True)
class Reach:
    """
    How a border goes on for ever.

    Attributes
    ----------
    periodic : bool
        Whether the image comes again and again; else a constant lies around it, or its outermost cells.
    endless : Param
        Where it is not periodic: 1 if the outermost cells go on for ever, 0 for the constant.
    periods, mirrors : list of Param
        Where it is, down and right: the cells after which it comes again; and for borders that mirror, what a
        cell and its mirror image within a period add up to, else a number that is larger than twice any cell.
    """

    periodic: bool
    endless: hl.Param = field(default_factory=lambda: hl.Param(hl.Int(32), "endless"))
    periods: list[hl.Param] = field(default_factory=lambda: _params("period"))
    mirrors: list[hl.Param] = field(default_factory=lambda: _params("mirror"))

    @property
    def scalars(self) -> list[hl.Param]:
        """What the caller gives."""
        return [self.endless, *self.periods, *self.mirrors]

    def shown(self, axis: int, position: hl.Expr, whole: hl.Expr, size: hl.Expr) -> Pair:
        """
        Find the cell of an axis at ``position + whole``.

        Parameters
        ----------
        axis : int
            0 goes down, 1 right.
        position : Expr
            A cell of the padded axis, of Int(32).
        whole : Expr
            A whole number of float32 or float64, below 2³¹.
        size : Expr
            Cells of the image along the axis.

        Returns
        -------
        Expr, Expr
            The image cell, always one that exists; whether it is shown, rather than the constant.
        """
        if not self.periodic:
            limit = hl.cast(whole.type(), hl.f32(FARTHEST))
            cell = position + hl.cast(hl.Int(32), hl.clamp(whole, -limit, limit))
            return hl.clamp(cell, 0, size - 1), (self.endless != 0) | ((cell >= 0) & (cell < size))
        far, period = (hl.cast(hl.Float(64), value) for value in (position, self.periods[axis]))
        far += hl.cast(hl.Float(64), whole)
        # Half a cell keeps the quotient off whole numbers, whatever its rounding.
        cell = hl.cast(hl.Int(32), far - period * hl.floor((far + 0.5) / period))
        cell = hl.min(cell, self.mirrors[axis] - cell)
        return hl.clamp(cell, 0, size - 1), hl.cast(hl.Bool(), True)


def _params(name: str) -> list[hl.Param]:
    return [hl.Param(hl.Int(32), f"{name}_{axis}") for axis in "yx"]


def floor_and_fraction(offset: hl.Expr, number: hl.Type) -> Pair:
    """Split an offset into whole cells, still of its own type, and the rest, with its full precision."""
    whole = hl.floor(offset)
    return whole, hl.cast(number, hl.strict_float(offset - whole))


def corners(fractions: Sequence[hl.Expr]) -> list[hl.Expr]:
    """Weigh the four cells around a point, the upper two first, by the fractions down and right."""
    down, right = fractions
    up, left = (hl.strict_float(1 - fraction) for fraction in fractions)
    return [vertical * across for vertical in (up, down) for across in (left, right)]


def cells_around(
    reach: Reach, size: Sequence[hl.Expr], corner: Sequence[hl.Expr], offset: Sequence[hl.Expr], number: hl.Type
) -> tuple[list[hl.Expr], list[hl.Expr]]:
    """
    Find the four cells around a point, the upper two first.

    Parameters
    ----------
    reach : Reach
        How the border goes on.
    size, corner, offset : sequence of Expr
        Down and right: cells of the image; the cell of the padded image that the point would be without its
        offset; and that.
    number : Type
        Of the fractions.

    Returns
    -------
    list of Expr, list of Expr
        The cells, counted through; the first one below the image where the border's constant is shown. And the
        fractions down and right.
    """
    split = [floor_and_fraction(offset[axis], number) for axis in (0, 1)]
    lines, ranks = (
        [reach.shown(axis, corner[axis] + step, split[axis][0], size[axis]) for step in (0, 1)] for axis in (0, 1)
    )
    height, width = size
    cells = [
        hl.select(in_lines & in_ranks, line * width + rank, height * width)
        for line, in_lines in lines
        for rank, in_ranks in ranks
    ]
    return cells, [fraction for _, fraction in split]


def touched(cells: Sequence[hl.Expr], shares: Sequence[hl.Expr], nowhere: hl.Expr) -> list[hl.Expr]:
    """Send corners of no weight ``nowhere``: such a cell has no say, even if it is NaN or infinite."""
    return [
        hl.select(share == hl.cast(share.type(), 0), nowhere, cell)
        for cell, share in zip(cells, shares, strict=True)
    ]
