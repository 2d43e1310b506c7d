"""
The phases of a transposed convolution: output cells a stride apart, which meet the same taps.

Cell i of the output stands at i + p in the padded image. What reaches it are the taps t with d t ≡ i + p modulo
the stride s: every (s / gcd(d, s))-th tap, or none. So the cells ρ, ρ + s, ρ + 2 s … are a convolution at
stride 1 of the input, under those taps in reverse order, d / gcd(d, s) cells apart.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from convolens.spec.geometry import ConvSpec

Slices = tuple[slice, ...]


@dataclass(frozen=True, slots=True)
class AxisPhase:
    """
    One phase along one axis.

    Attributes
    ----------
    start, count : int
        The first of its output cells, and how many there are, a stride apart.
    taps : range
        The taps that reach them, the last first in the order of the input; it may be empty.
    spacing : int
        Input cells from one of these taps to the next.
    before : int
        Input cells that the first window begins before the first cell; negative if it begins behind it.
    """

    start: int
    count: int
    taps: range
    spacing: int
    before: int

    def after(self, size: int) -> int:
        """Tell how many cells the last window ends behind the last of ``size`` input cells."""
        return self.count + self.spacing * (len(self.taps) - 1) - self.before - size


@dataclass(frozen=True, slots=True)
class Phase:
    """
    One phase along all axes: a convolution at stride 1 of part of the input.

    Attributes
    ----------
    cells : tuple of slice
        Where its output cells lie.
    taps : tuple of slice
        The taps of its kernel along each axis, the last first in the order of the input.
    inside : tuple of slice
        The part of the input that its windows reach.
    pads : tuple of pairs
        Zeros around that part.
    spacing : tuple of int
        Its dilation.
    """

    cells: Slices
    taps: Slices
    inside: Slices
    pads: tuple[tuple[int, int], ...]
    spacing: tuple[int, ...]


def axis_phases(spec: ConvSpec, axis: int) -> list[AxisPhase]:
    """List the phases of the adjoint of ``spec`` along one axis."""
    stride, dilation, kernel = spec.stride[axis], spec.dilation[axis], spec.kernel_size[axis]
    size, before = spec.input_size[axis], spec.pads[axis][0]
    common = math.gcd(stride, dilation)
    period, spacing = stride // common, dilation // common

    def phase(start: int) -> AxisPhase:
        first, residue = divmod(start + before, stride)
        tap = next((t for t in range(min(period, kernel)) if (dilation * t - residue) % stride == 0), kernel)
        taps = range(tap, kernel, period)
        behind = (dilation * tap - residue) // stride + spacing * (len(taps) - 1)
        return AxisPhase(start, -(-(size - start) // stride), taps, spacing, behind - first)

    return [phase(start) for start in range(min(stride, size))]


def phases(spec: ConvSpec) -> Iterator[Phase | Slices]:
    """
    Go over the phases of the adjoint of ``spec``: convolutions, or the output cells that nothing reaches.

    >>> [phase.taps for phase in phases(ConvSpec((1, 8), (1, 1, 3), stride=2))]
    [(slice(0, None, 2),), (slice(1, None, 2),)]
    """
    for axes in itertools.product(*(axis_phases(spec, axis) for axis in range(spec.dims))):
        cells = tuple(slice(a.start, None, s) for a, s in zip(axes, spec.stride, strict=True))
        ends = [(a.before, a.after(size)) for a, size in zip(axes, spec.output_size, strict=True)]
        inside = tuple(
            slice(max(0, -before), size - max(0, -after))
            for (before, after), size in zip(ends, spec.output_size, strict=True)
        )
        if all(a.taps for a in axes) and all(part.start < part.stop for part in inside):
            pads = tuple((max(0, before), max(0, after)) for before, after in ends)
            taps = tuple(slice(a.taps.start, None, a.taps.step) for a in axes)
            yield Phase(cells, taps, inside, pads, tuple(a.spacing for a in axes))
        else:
            yield cells
