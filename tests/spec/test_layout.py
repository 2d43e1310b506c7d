"""Layouts: where the channels stand."""

import pytest

from convolens.errors import UnknownNameError
from convolens.spec.layout import FIRST, LAST, join_shape, parse_layout, split_shape


@pytest.mark.parametrize(("dims", "letters"), [(1, "W"), (2, "HW"), (3, "DHW")])
def test_letters_name_the_layout(dims: int, letters: str) -> None:
    """NCHW and NHWC, and their like in 1 and 3 dimensions, in any case."""
    assert parse_layout(f"NC{letters}", dims) == parse_layout(f"nc{letters}".lower(), dims) == FIRST
    assert parse_layout(f"N{letters}C", dims) == parse_layout(" channels_last ", dims) == LAST


@pytest.mark.parametrize("layout", ["NCHW", "CHWN", "", 3, None])
def test_unknown_layouts_list_the_known(layout: object) -> None:
    """Also a layout of another number of dimensions is unknown."""
    with pytest.raises(UnknownNameError, match=r"unknown layout .*Known: NCW, NWC, channels-first, channels-last"):
        parse_layout(layout, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("layout", [FIRST, LAST])
@pytest.mark.parametrize("shape", [(8, 5, 7, 3), (5, 7, 3)])
def test_split_and_join_are_inverse(shape: tuple[int, ...], layout: str) -> None:
    """With and without a batch axis."""
    assert join_shape(*split_shape(shape, 2, layout), layout) == shape


def test_split_finds_the_channels() -> None:
    """The same shape has other channels in the other layout."""
    assert split_shape((5, 7, 3), 2, FIRST) == (None, 5, (7, 3))
    assert split_shape((5, 7, 3), 2, LAST) == (None, 3, (5, 7))
