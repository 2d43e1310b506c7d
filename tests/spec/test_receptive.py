"""The receptive field against a field that is found by marking cells, one by one."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.spec.receptive import Reach, receptive_field, trace_back

Inputs = Callable[[int], set[int]]


def window(size: int, stride: int, before: int, dilation: int = 1) -> tuple[Reach, Inputs]:
    """Give a sliding window as a reach, and as the cells that the definition of convolution sums over."""
    span = dilation * (size - 1) + 1
    return Reach.window(span, stride=stride, before=before), lambda cell: {
        cell * stride - before + dilation * tap for tap in range(size)
    }


def transposed(size: int, stride: int, before: int) -> tuple[Reach, Inputs]:
    """Give a transposed convolution: input i writes to the outputs from i · stride − before on."""

    def inputs(cell: int) -> set[int]:
        nearest = (cell + before) // stride
        return {i for i in range(nearest - size, nearest + 2) if 0 <= cell + before - i * stride < size}

    return Reach.transposed(size, stride=stride, before=before), inputs


WINDOWS = st.builds(window, st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3))
# Where a transposed convolution's window is smaller than its stride, some cells see nothing: not drawn.
SPREADS = st.integers(1, 3).flatmap(
    lambda s: st.builds(transposed, st.integers(s, 5), st.just(s), st.integers(0, 2))
)


def seen(chain: list[tuple[Reach, Inputs]], cell: int) -> set[int]:
    """Find all input cells that a cell depends on, set by set."""
    cells = {cell}
    for _, inputs in reversed(chain):
        cells = set().union(*map(inputs, cells))
    return cells


@given(st.lists(WINDOWS | SPREADS, max_size=4), st.integers(0, 6))
@settings(max_examples=150)
def test_first_and_last_cell(chain: list[tuple[Reach, Inputs]], cell: int) -> None:
    """Tracing the two ends back gives the ends of the set that a cell depends on."""
    cells = seen(chain, cell)
    assert trace_back([reach for reach, _ in chain], cell, cell) == (min(cells), max(cells))


@given(st.lists(WINDOWS, max_size=4))
@settings(max_examples=100)
def test_the_formula_of_sliding_windows(chain: list[tuple[Reach, Inputs]]) -> None:
    """Size, jump and start are the sums and products of the reference."""
    size, jump, start = 1, 1, 0
    for reach, _ in chain:
        size += (reach.high - reach.low) * jump
        start += reach.low * jump
        jump *= reach.step
    field = receptive_field([[reach for reach, _ in chain]], [10])
    assert (field.size, field.jump, field.start) == ((size,), (jump,), (start,))


@given(st.lists(WINDOWS | SPREADS, max_size=3))
@settings(max_examples=100)
def test_size_is_that_of_the_cell_that_sees_most(chain: list[tuple[Reach, Inputs]]) -> None:
    """Behind a transposed convolution cells see different numbers of inputs; the most counts."""
    field = receptive_field([[reach for reach, _ in chain]], [30])
    assert field.size[0] == max(max(cells) - min(cells) + 1 for cells in (seen(chain, c) for c in range(30)))


@pytest.mark.parametrize(("inputs", "outputs"), [(7, 7), (7, 3), (13, 6), (5, 8), (8, 1)])
def test_adaptive_pooling_shares_the_cells_out(inputs: int, outputs: int) -> None:
    """Window o goes from ⌊o · inputs / outputs⌋ to ⌈(o + 1) · inputs / outputs⌉."""
    reach = Reach.shares(inputs, outputs)
    for cell in range(outputs):
        first, after = cell * inputs // outputs, -(-(cell + 1) * inputs // outputs)
        assert reach.sees(cell, cell) == (first, after - 1)


def test_a_fully_connected_layer_sees_everything() -> None:
    """All cells of the map before it, and so all that they see."""
    assert trace_back([Reach.window(3), Reach.everything(5)], 0, 0) == (0, 6)


def test_upsampling_halves_the_jump() -> None:
    """Neighbouring cells behind a stride-2 transposed convolution lie half an input cell apart."""
    field = receptive_field([[Reach.transposed(4, stride=2, before=1)]], [8])
    assert (field.size, field.jump) == ((2,), (Fraction(1, 2),))
