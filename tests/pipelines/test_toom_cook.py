"""The matrices of minimal filtering, checked in exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import SpecError
from convolens.pipelines.toom_cook import Transform, as_float, toom_cook

USED = [(1, 1), (2, 3), (4, 3), (3, 4), (2, 5), (6, 3), (4, 5)]


def correlates(transform: Transform) -> bool:
    """Whether output i is Σ weight k × input i + k: the trilinear form, entry by entry, without rounding."""
    size, taps = range(transform.size), range(transform.taps)
    return all(
        sum(transform.output[i][p] * transform.kernel[p][k] * transform.data[p][q] for p in size) == (q == i + k)
        for i in range(transform.tile)
        for k in taps
        for q in size
    )


@pytest.mark.parametrize(("tile", "taps"), [*USED, (1, 3), (3, 1), (1, 2), (2, 2), (5, 2)])
def test_is_the_correlation_exactly(tile: int, taps: int) -> None:
    """F(m, r) gives the correlation for every input, in rational arithmetic."""
    transform = toom_cook(tile, taps)
    assert correlates(transform)
    assert len(transform.data) == transform.size == tile + taps - 1


@settings(max_examples=30)
@given(st.data())
def test_any_points_serve(data: st.DataObject) -> None:
    """Whichever different points are taken, the result is exact."""
    tile, taps = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    fractions = st.fractions(-4, 4, max_denominator=8)
    points = data.draw(st.lists(fractions, min_size=tile + taps - 2, max_size=tile + taps - 2, unique=True))
    assert correlates(toom_cook(tile, taps, tuple(points)))


@pytest.mark.parametrize(("tile", "taps"), [(2, 3), (4, 3), (2, 5)])
def test_what_runs_in_float32_is_exact_in_it(tile: int, taps: int) -> None:
    """The coefficients of data and output transform are float32 numbers, so only sums and products round."""
    transform = toom_cook(tile, taps)
    for matrix in (as_float(transform.data), as_float(transform.output)):
        assert np.array_equal(matrix, matrix.astype(np.float32))


def test_the_points_chosen_beat_the_usual_ones() -> None:
    """The classical points 0, ±1, ±2 of F(4, 3) let errors grow twice as far in each dimension."""
    usual = toom_cook(4, 3, tuple(map(Fraction, (0, 1, -1, 2, -2))))
    assert toom_cook(4, 3).growth < usual.growth / 2


def test_growth_of_the_plain_sum_is_one() -> None:
    """Without a transform nothing grows."""
    assert toom_cook(1, 1).growth == 1


@pytest.mark.parametrize(
    ("tile", "taps", "points"), [(0, 3, None), (2, 3, (Fraction(0),)), (2, 2, (Fraction(1),) * 2)]
)
def test_refuses_what_does_not_exist(tile: int, taps: int, points: tuple[Fraction, ...] | None) -> None:
    """Too few outputs, and points that are missing or the same, are named in the error."""
    with pytest.raises(SpecError, match=rf"F\({tile}, {taps}\)"):
        toom_cook(tile, taps, points)
