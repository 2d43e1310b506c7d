"""The registry, and the bounds that algorithms share."""

import numpy as np
import pytest

from convolens.algorithms import ALGORITHMS
from convolens.algorithms.base import plain_sum_bound, result_rounding, roundoff
from convolens.spec.geometry import ConvSpec


def test_algorithms_are_registered_under_their_names() -> None:
    """The name that a user gives is the one that a plan prints, beside one line on each."""
    assert {"reference", "direct", "im2col", "separable", "fft", "overlap-add"} <= ALGORITHMS.keys()
    for name, algorithm in ALGORITHMS.items():
        assert algorithm.name == name
        assert "\n" not in algorithm.summary


@pytest.mark.parametrize(("dtype", "unit"), [("f2", 2.0**-24), ("f4", 2.0**-24), ("f8", 2.0**-53), ("u1", 0.0)])
def test_roundoff_is_that_of_the_type_of_sums(dtype: str, unit: float) -> None:
    """float16 is summed in float32; integers are exact."""
    assert roundoff(ConvSpec((1, 1, 9), (1, 1, 3), dtype=dtype)) == unit


def test_plain_sum_bound_counts_products() -> None:
    """One rounding for each product of a window, and one for the input."""
    assert plain_sum_bound(ConvSpec((1, 2, 9, 9), (5, 2, 3, 3))) == 19 * np.finfo(np.float32).eps / 2


@pytest.mark.parametrize(("dtype", "unit"), [("f2", 2.0**-11), ("f4", 0.0), ("f8", 0.0), ("u1", 0.0)])
def test_only_float16_is_rounded_once_more(dtype: str, unit: float) -> None:
    """The others have the type of their sums."""
    assert result_rounding(ConvSpec((1, 1, 9), (1, 1, 3), dtype=dtype)) == unit
