"""Parts of an output whose windows leave the image alike: what is zero there is not multiplied."""

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from convolens.algorithms.base import Cost
from convolens.algorithms.compiled import MOST_DIMS
from convolens.algorithms.panels import Panels
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import join_shape

CALL = 200_000  # operations in the time that one more call takes
LEAST_GAIN = 0.97  # of the operations that stay, for a cut to pay

Slices = tuple[slice, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """
    A box of output cells that see the same cells of the kernel; others would meet nothing but zeros.

    Attributes
    ----------
    panels : Panels
        How it is computed: a convolution of its own.
    image, taps, cells : tuple of slice
        Of the image, of the kernel and of the output, in three dimensions.
    """

    panels: Panels
    image: Slices
    taps: Slices
    cells: Slices


def whole(spec: ConvSpec) -> Part:
    """Return the whole output as a part of itself."""
    return Part(Panels.of(spec), *([(slice(None),) * MOST_DIMS] * 3))


@functools.lru_cache(maxsize=256)
def parts_of(spec: ConvSpec) -> tuple[Part, ...]:
    """Cut the output along those axes where that is predicted to save most time, or along none."""
    best: tuple[Part, ...] = (whole(spec),)
    if spec.border.mode != "constant" or spec.border.value != 0:
        return best
    axes = [axis for axis in range(spec.dims) if any(spec.pads[axis])]
    for count in range(1, len(axes) + 1):
        for cut in itertools.combinations(axes, count):
            parts = _parts(Panels.of(spec), cut)
            if parts and cost_of(parts).operations < LEAST_GAIN * cost_of(best).operations:
                best = parts
    return best


def cost_of(parts: tuple[Part, ...]) -> Cost:
    """Add up what the parts take."""
    costs = [part.panels.cost() for part in parts]
    operations = sum(cost.operations for cost in costs) + CALL * (len(costs) - 1)
    return replace(costs[0], operations=operations, calls=sum(cost.calls for cost in costs))


@dataclass(frozen=True, slots=True)
class Interval:
    """Neighbouring output cells of one axis, the taps that meet the image there, and what these read of it."""

    cells: slice
    taps: slice
    image: slice
    size: int


def _parts(whole: Panels, cut: tuple[int, ...]) -> tuple[Part, ...]:
    """Cut the output along some axes; return no parts where a cell sees nothing of the image."""
    spec = whole.spec
    choices = [list(_intervals(spec, axis)) if axis in cut else [_uncut(spec, axis)] for axis in range(spec.dims)]
    if any(interval.size < 1 for along in choices for interval in along):
        return ()
    parts = []
    for box in itertools.product(*choices):
        size = tuple(interval.size for interval in box)
        kernel = tuple(interval.taps.stop - interval.taps.start for interval in box)
        own = spec.replace(
            input_shape=join_shape(spec.batch, spec.in_channels, size, spec.layout),
            weight_shape=(*spec.weight_shape[:2], *kernel),
            padding=tuple((0, 0) if axis in cut else spec.pads[axis] for axis in range(spec.dims)),
            weight_rank=None,
        )
        boxes = zip(*((i.image, i.taps, i.cells) for i in box), strict=True)
        rest = (slice(None),) * (MOST_DIMS - spec.dims)
        parts.append(Part(whole.of_part(own), *((*rest, *slices) for slices in boxes)))
    return tuple(parts)


def _uncut(spec: ConvSpec, axis: int) -> Interval:
    return Interval(slice(None), slice(0, spec.kernel_size[axis]), slice(None), spec.input_size[axis])


def _intervals(spec: ConvSpec, axis: int) -> Iterator[Interval]:
    """Group the cells of an axis by the taps that meet the image; a size of 0 tells that there are none."""
    size, before = spec.input_size[axis], spec.pads[axis][0]
    stride, spacing, taps = spec.stride[axis], spec.dilation[axis], spec.kernel_size[axis]

    def met(cell: int) -> tuple[int, int]:
        start = cell * stride - before
        return max(0, -(start // spacing)), min(taps, -(-(size - start) // spacing))

    for (first, last), group in itertools.groupby(range(spec.output_size[axis]), met):
        cells = list(group)
        begin = cells[0] * stride - before + first * spacing
        end = cells[-1] * stride - before + (last - 1) * spacing + 1
        known = slice(begin, end) if last > first else slice(0, 0)
        yield Interval(slice(cells[0], cells[-1] + 1), slice(first, last), known, known.stop - known.start)
