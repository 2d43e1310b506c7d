"""Arrays in and out."""

from typing import Any

import numpy as np
import pytest

from convolens.errors import DTypeError, SpecError
from convolens.ops.arrays import add_bias, as_array, channels_first, check_out, deliver, result_array

FLOAT64, FLOAT32, FLOAT16 = np.dtype("f8"), np.dtype("f4"), np.dtype("f2")


def test_fields_of_packed_records_are_copied() -> None:
    """Their neighbours are no whole elements apart, which compiled code cannot read, or write."""
    field = np.zeros(3, [("number", "f4"), ("mark", "u1")])["number"]
    assert as_array(field, "input").strides == (4,)
    assert result_array((3,), FLOAT32, field, FLOAT32) is not field


@pytest.mark.parametrize("dtype", ["?", "i1", "u8", "f2", "f4", ">f8"])
def test_arrays_of_numbers_are_taken_as_they_are(dtype: str) -> None:
    """Without a copy."""
    x = np.ones(3, dtype)
    assert as_array(x, "input") is x


@pytest.mark.parametrize(
    "x", [[1j], ["a"], [None], [2**70], np.ones(2, np.longdouble), np.zeros(2, "m8[s]"), np.zeros(2, "i4,f4")]
)
def test_other_arrays_are_refused_by_name(x: Any) -> None:
    """The message names the argument, its type, and what to use."""
    with pytest.raises(DTypeError, match=r"weight has dtype .*; use bool, an integer type, float16"):
        as_array(x, "weight")


def test_ragged_lists_are_refused() -> None:
    """NumPy's reason is passed on."""
    with pytest.raises(SpecError, match=r"input is not a rectangular array: .*inhomogeneous"):
        as_array([[1, 2], [3]], "input")


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_channels_come_first_as_a_view(dims: int, batch: tuple[int, ...]) -> None:
    """Whatever the layout, (N, C, *size) of the same memory."""
    size = (5, 6, 7)[:dims]
    wanted = (*(batch or (1,)), 3, *size)
    for layout, shape in (("channels-first", (*batch, 3, *size)), ("channels-last", (*batch, *size, 3))):
        x = np.zeros(shape)
        view = channels_first(x, dims, layout)
        assert view.shape == wanted
        assert np.shares_memory(view, x)


def test_results_are_computed_in_out_where_that_is_safe() -> None:
    """Not where out overlaps an input or has a narrower type than the sums."""
    x, out = np.ones(4), np.empty(3)
    assert result_array((3,), FLOAT64, out, FLOAT64, x) is out
    assert result_array((3,), FLOAT64, x[1:], FLOAT64, x) is not x
    half = np.empty(3, "f2")
    assert result_array((3,), FLOAT16, half, FLOAT32, x).dtype == FLOAT32
    assert result_array((3,), FLOAT16, None, FLOAT32, x).dtype == FLOAT32


def test_results_are_delivered() -> None:
    """Rounded to their type, copied to out where they are not there yet."""
    result, out = np.array([1.0, 2.0], "f4"), np.zeros(2, "f2")
    assert deliver(result, FLOAT32, None) is result
    assert deliver(result, FLOAT16, None).dtype == FLOAT16
    assert deliver(result, FLOAT16, out) is out
    assert out.tolist() == [1, 2]


def test_what_passes_the_range_of_a_float_is_delivered_as_infinity() -> None:
    """Without a warning; warnings are errors here."""
    result, out = np.array([1e9, -1e9], "f4"), np.zeros(2, "f2")
    assert deliver(result, FLOAT16, None).tolist() == [np.inf, -np.inf]
    assert deliver(result, FLOAT16, out).tolist() == [np.inf, -np.inf]


def test_right_out_passes() -> None:
    """Any strides will do."""
    check_out(np.empty((4, 3)).T, (3, 4), FLOAT64)


def test_bias_is_added_to_channels() -> None:
    """One number for each, in the type of the result, also where NumPy would not mix the two."""
    outputs = np.zeros((2, 3, 2), int)
    add_bias(outputs, np.array([1, 2, 2**62], np.uint64))
    add_bias(outputs, None)
    assert outputs[1].tolist() == [[1, 1], [2, 2], [2**62, 2**62]]
