"""The phases of a transposed convolution: each output cell in one of them, and all taps that reach it."""

import itertools

import numpy as np
import pytest

from convolens.spec.geometry import ConvSpec
from convolens.spec.phases import Phase, axis_phases, phases


@pytest.mark.parametrize("dilation", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_windows_hold_every_product_once(stride: int, dilation: int) -> None:
    """Each phase's windows name the (tap, input cell) pairs that meet a cell, by the definition."""
    for kernel, before, after, size in itertools.product((1, 2, 3, 5), (0, 2), (0, 3), (5, 26)):
        if dilation * (kernel - 1) + 1 > size:
            continue
        options = {"stride": stride, "dilation": dilation, "padding": ((before, after),)}
        spec = ConvSpec((1, size), (1, 1, kernel), **options)  # type: ignore[arg-type]
        wanted: list[set[tuple[int, int]]] = [set() for _ in range(size)]
        for cell, tap in itertools.product(range(spec.output_size[0]), range(kernel)):
            reached = stride * cell + dilation * tap - before
            if 0 <= reached < size:
                wanted[reached].add((tap, cell))
        found: list[set[tuple[int, int]]] = [set() for _ in range(size)]
        for phase in axis_phases(spec, 0):
            for j, (order, tap) in itertools.product(range(phase.count), enumerate(reversed(phase.taps))):
                cell = j + phase.spacing * order - phase.before
                if 0 <= cell < spec.output_size[0]:
                    found[phase.start + stride * j].add((tap, cell))
        assert found == wanted, spec


def test_cells_are_covered_once() -> None:
    """Also where the stride is larger than the kernel, or than the output."""
    for stride, kernel, size in ((1, 3, 6), (2, 3, 7), (5, 2, 9), (4, 3, 3)):
        spec = ConvSpec((1, size, size), (1, 1, kernel, kernel), stride=stride)
        times = np.zeros((size, size), int)
        for phase in phases(spec):
            times[phase.cells if isinstance(phase, Phase) else phase] += 1
        assert (times == 1).all()
