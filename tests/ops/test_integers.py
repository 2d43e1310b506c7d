"""Sums of integers: how large they may get."""

import numpy as np
import pytest

from convolens.errors import DTypeError, SpecError
from convolens.ops.integers import check_sums, largest_sum, magnitude


@pytest.mark.parametrize(
    ("x", "largest"),
    [
        (np.array([True]), 1),
        (np.array([3], np.int8), 128),
        (np.array([3], np.uint16), 65535),
        (np.array([3, -5], np.int32), 5),
        (np.array([-(2**63), 5]), 2**63),
        (np.array([2**64 - 1], np.uint64), 2**64 - 1),
        (np.array([], np.int64), 0),
    ],
    ids=["bool", "int8", "uint16", "int32", "int64", "uint64", "empty"],
)
def test_magnitude(x: np.ndarray, largest: int) -> None:
    """Exact, without overflow; from the type where that is small."""
    assert magnitude(x) == largest


def test_largest_sum() -> None:
    """Of magnitudes, over the axes that one result sums over."""
    assert largest_sum(np.array([[1, -2], [-(2**63), 3]]), (1,)) == 2.0**63
    assert largest_sum(np.zeros((0, 2), int), (1,)) == 0


def test_sums_up_to_the_limit_pass() -> None:
    """What surely fits is taken."""
    check_sums("numbers", np.array([2**40]), 2.0**22)
    check_sums("numbers", np.array([0]), 2.0**80)
    check_sums("numbers", np.array([1], np.int8), 1.0, border=5, bias=np.array([2**62]))


@pytest.mark.parametrize(
    ("x", "weights", "options"),
    [
        (2**40, 2.0**23, {}),
        (2**62, 2.0**1, {}),
        (1, 1.0, {"border": 2**63}),
        (1, 2.0**62, {"bias": np.array([2**62])}),
    ],
)
def test_sums_that_could_overflow_are_refused(x: int, weights: float, options: dict) -> None:
    """The message says of what they are."""
    with pytest.raises(SpecError, match="sums of numbers could pass the range of int64"):
        check_sums("numbers", np.array([x]), weights, **options)


def test_bias_of_floats_is_refused() -> None:
    """Integers stay integers only among themselves."""
    with pytest.raises(DTypeError, match="bias is float32, but numbers are integers"):
        check_sums("numbers", np.array([1]), 1.0, bias=np.ones(1, "f4"))
