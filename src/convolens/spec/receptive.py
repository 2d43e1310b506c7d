"""The receptive field: which input cells an output cell depends on, through one layer and through many."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

MOST_PHASES = 4096


@dataclass(frozen=True, slots=True)
class Reach:
    """
    Which input cells lie under an output cell, along one dimension of one layer.

    Output cell o depends on the input cells from ⌈(step · o + low) / over⌉ to ⌊(step · o + high) / over⌋.
    Convolution and pooling have over = 1, step = stride; transposed convolution step = 1, over = stride.

    Examples
    --------
    >>> Reach.window(3, stride=2, before=1).sees(0, 0)
    (-1, 1)
    """

    step: int = 1
    over: int = 1
    low: int = 0
    high: int = 0

    @classmethod
    def window(cls, window: int, *, stride: int = 1, before: int = 0) -> "Reach":
        """Return the reach of a window that slides: convolution and pooling; ``before`` cells of border."""
        return cls(stride, 1, -before, window - 1 - before)

    @classmethod
    def transposed(cls, window: int, *, stride: int = 1, before: int = 0) -> "Reach":
        """Return the reach of a transposed convolution: the input cells that write into an output cell."""
        return cls(1, stride, before - window + 1, before)

    @classmethod
    def shares(cls, inputs: int, outputs: int) -> "Reach":
        """Return the reach of adaptive pooling: ``inputs`` cells shared out evenly to ``outputs``."""
        return cls(inputs, outputs, 1 - outputs, inputs - 1)

    @classmethod
    def everything(cls, inputs: int) -> "Reach":
        """Return the reach of a fully connected layer: all ``inputs`` cells."""
        return cls.window(inputs, stride=inputs)

    def sees(self, first: int, last: int) -> tuple[int, int]:
        """Return the first and last input cell under the output cells ``first`` to ``last``."""
        return -((-self.step * first - self.low) // self.over), (self.step * last + self.high) // self.over


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """
    The input cells that one cell of a layer depends on; one entry a dimension.

    Attributes
    ----------
    size : tuple of int
        Cells seen by one output cell, those in the border included. Where cells differ, the most.
    jump : tuple of Fraction
        How far apart the fields of neighbouring cells are, in input cells: the product of the strides.
    start : tuple of int
        First input cell that output cell 0 sees; negative when it lies in the border.
    """

    size: tuple[int, ...]
    jump: tuple[Fraction, ...]
    start: tuple[int, ...]


def trace_back(reaches: Sequence[Reach], first: int, last: int) -> tuple[int, int]:
    """
    Follow the output cells ``first`` to ``last`` back through layers, given in forward order, to the input.

    >>> trace_back([Reach.window(3)] * 3, 0, 0)
    (0, 6)
    """
    for reach in reversed(reaches):
        first, last = reach.sees(first, last)
    return first, last


def receptive_field(reaches: Sequence[Sequence[Reach]], output_size: Sequence[int]) -> ReceptiveField:
    """
    The receptive field of a chain of layers.

    With kernel windows :math:`w_l`, strides :math:`s_l` and pads :math:`p_l` in the border before,

    .. math::
        size = 1 + \\sum_l (w_l - 1) \\prod_{i<l} s_i, \\quad jump = \\prod_l s_l, \\quad
        start = -\\sum_l p_l \\prod_{i<l} s_i.

    Parameters
    ----------
    reaches : sequence of sequence of Reach
        For each dimension one reach a layer, in forward order.
    output_size : sequence of int
        Cells of the last layer along each dimension.

    Notes
    -----
    Found by going backward, layer by layer, from a cell to the range that it sees. That also holds for
    transposed and adaptive layers, whose cells see different numbers of inputs; the formula does not. Only
    the extent is counted: with dilation there may be holes in it.

    References
    ----------
    A. Araujo, W. Norris, J. Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill,
    2019, doi:10.23915/distill.00021, section "Single-path networks".

    Examples
    --------
    >>> layers = [Reach.window(7, stride=2, before=3), Reach.window(3, stride=2, before=1)]
    >>> field = receptive_field([layers], [56])
    >>> field.size, field.start, int(field.jump[0])
    ((11,), (-5,), 4)
    """
    return ReceptiveField(
        size=tuple(_most_seen(chain, cells) for chain, cells in zip(reaches, output_size, strict=True)),
        jump=tuple(math.prod((Fraction(r.step, r.over) for r in c), start=Fraction(1)) for c in reaches),
        start=tuple(trace_back(chain, 0, 0)[0] for chain in reaches),
    )


def _most_seen(chain: Sequence[Reach], cells: int) -> int:
    """Count the cells under the output cell that sees most."""
    # The numbers seen repeat after this many cells; more than MOST_PHASES are not looked at.
    period = min(cells, math.prod(reach.over for reach in chain), MOST_PHASES)
    ranges = (trace_back(chain, cell, cell) for cell in range(period))
    return max(last - first + 1 for first, last in ranges)
