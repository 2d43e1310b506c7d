"""Padding: every way of saying it, resolved to pairs of cells."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import SpecError, UnknownNameError
from convolens.spec.padding import NAMES, padding_name, per_dimension, resolve_padding, whole_number, whole_shape


def outputs(size: int, pads: tuple[int, int], window: int, stride: int) -> int:
    """Count the windows by sliding one."""
    return len(range(0, size + sum(pads) - window + 1, stride))


@given(st.integers(1, 60), st.integers(1, 15), st.integers(1, 7))
@settings(max_examples=150)
def test_same_gives_size_over_stride_rounded_up(size: int, window: int, stride: int) -> None:
    """That holds for any stride; the two kinds of "same" differ in where an odd cell goes, and no more."""
    ((before, after),) = resolve_padding("same", [size], [window], [stride])
    assert outputs(size, (before, after), window, stride) == -(-size // stride)
    assert after - before in (0, 1)
    assert resolve_padding("same-lower", [size], [window], [stride]) == ((after, before),)


@given(st.integers(1, 60), st.integers(1, 15), st.integers(1, 7))
@settings(max_examples=100)
def test_same_pads_no_more_than_it_must(size: int, window: int, stride: int) -> None:
    """With one cell less, the output would be smaller, unless there are no pads at all."""
    (pads,) = resolve_padding("same", [size], [window], [stride])
    total = sum(pads)
    assert total == 0 or outputs(size, (0, total - 1), window, stride) < -(-size // stride)


def test_full_is_every_window_that_touches_the_image() -> None:
    """A row of n cells under a window of k gives n + k − 1."""
    (pads,) = resolve_padding("full", [5], [3], [1])
    assert (pads, outputs(5, pads, 3, 1)) == ((2, 2), 7)


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        (0, ((0, 0), (0, 0))),
        (2, ((2, 2), (2, 2))),
        (np.int64(2), ((2, 2), (2, 2))),
        ((1, 2), ((1, 1), (2, 2))),
        ([(0, 1), (2, 3)], ((0, 1), (2, 3))),
        (np.array([[0, 1], [2, 3]]), ((0, 1), (2, 3))),
        ("valid", ((0, 0), (0, 0))),
        (" SAME_UPPER ", ((1, 1), (2, 2))),
    ],
)
def test_forms(padding: Any, expected: tuple[tuple[int, int], ...]) -> None:
    """A number, one a dimension, pairs, or a name."""
    assert resolve_padding(padding, [8, 8], [3, 5], [1, 1]) == expected


@pytest.mark.parametrize(
    ("padding", "message"),
    [
        (-1, "at least 0, not -1"),
        (1.5, "whole number, not 1.5"),
        (float("nan"), "whole number, not nan"),
        (None, "whole number, not None"),
        (True, "not True"),
        ((1, 2, 3), r"one number or 2, one a dimension, but \(1, 2, 3\) has 3"),
        ([(1, 2)], "one .before, after. for each of the 2 dimensions"),
        ([(1, 2), 3], "one .before, after. for each of the 2 dimensions"),
        ([(1, 2), (3, -4)], "at least 0, not -4"),
        ([(1, 2, 3), (1, 2, 3)], "one .before, after. for each"),
    ],
)
def test_mistakes(padding: Any, message: str) -> None:
    """Each mistake has its own message."""
    with pytest.raises(SpecError, match=message):
        resolve_padding(padding, [8, 8], [3, 3], [1, 1])


def test_a_misspelt_name_gets_an_offer() -> None:
    """The nearest name is offered."""
    with pytest.raises(UnknownNameError, match="did you mean 'same'"):
        resolve_padding("sme", [8], [3], [1])


@pytest.mark.parametrize("name", NAMES)
def test_names_are_read_whatever_their_case(name: str) -> None:
    """Case, underscores and blanks do not matter; numbers have no name."""
    assert padding_name(f" {name.upper().replace('-', '_')} ") == name
    assert padding_name(np.array([1, 2])) is None  # type: ignore[arg-type]


def test_per_dimension_takes_one_or_one_each() -> None:
    """Lists and arrays count as well as tuples; a zero-dimensional array is a number."""
    assert per_dimension(2, 3, "stride") == (2, 2, 2)
    assert per_dimension([1, 2], 2, "stride") == per_dimension(np.array([1, 2]), 2, "stride") == (1, 2)
    assert per_dimension(np.array(2), 2, "stride") == (2, 2)
    with pytest.raises(SpecError, match="stride must be a whole number, not 'ab'"):
        per_dimension("ab", 2, "stride")


def test_whole_numbers_come_out_as_plain_ints() -> None:
    """NumPy's integers are taken, floats are not, even whole ones."""
    assert type(whole_number(np.uint8(3), "stride", 1)) is int
    with pytest.raises(SpecError, match=r"stride must be a whole number, not 3\.0"):
        whole_number(3.0, "stride", 1)


@pytest.mark.parametrize("shape", [5, "35", None, (1, 2.5), (1, -1), (1, float("nan"))])
def test_shapes_are_sequences_of_whole_numbers(shape: object) -> None:
    """Nothing else is a shape."""
    with pytest.raises(SpecError, match="input shape must be"):
        whole_shape(shape, "input shape")
