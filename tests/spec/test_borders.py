"""Borders: their names, and the cell that each shows at a coordinate."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import SpecError, UnknownNameError
from convolens.spec.borders import MODES, SYNONYMS, Border, border_value, parse_border, source_index

WIDTHS = st.integers(0, 40)


@given(mode=st.sampled_from(MODES), size=st.integers(1, 9), before=WIDTHS, after=WIDTHS)
@settings(max_examples=200)
def test_every_border_is_that_of_numpy_pad(mode: str, size: int, before: int, after: int) -> None:
    """Any width, also several times the image, shows the cells that ``np.pad`` shows."""
    image = np.arange(1, size + 1)
    options = {"constant_values": -7} if mode == "constant" else {}
    expected = np.pad(image, (before, after), mode=mode, **options)
    index = source_index(np.arange(-before, size + after), size, Border(mode))
    assert np.array_equal(np.where(index < 0, -7, image[index]), expected)


@pytest.mark.parametrize("mode", MODES)
def test_inside_is_the_image_itself(mode: str) -> None:
    """No border touches what lies inside."""
    assert np.array_equal(source_index(range(5), 5, Border(mode)), np.arange(5))


@pytest.mark.parametrize("mode", MODES)
def test_one_cell_has_a_border_too(mode: str) -> None:
    """An image of one cell shows that cell everywhere, but for a constant."""
    outside = -1 if mode == "constant" else 0
    assert source_index([-5, 0, 5], 1, Border(mode)).tolist() == [outside, 0, outside]


def test_positions_keep_their_shape() -> None:
    """Positions may be an array of any shape."""
    assert source_index([[-1, 0], [1, 2]], 2, Border("wrap")).tolist() == [[1, 0], [1, 0]]


@pytest.mark.parametrize(("name", "mode"), SYNONYMS.items())
def test_synonyms_are_understood_in_any_spelling(name: str, mode: str) -> None:
    """Case, underscores and blanks around a name do not matter."""
    assert parse_border(f" {name.upper().replace('-', '_')} ").mode == mode


def test_libraries_disagree_about_reflect_and_we_follow_numpy() -> None:
    """NumPy's ``reflect`` is SciPy's ``mirror``, and its ``symmetric`` SciPy's ``grid-mirror``."""
    assert parse_border("mirror").mode == "reflect"
    assert parse_border("grid-mirror").mode == "symmetric"


@pytest.mark.parametrize("number", [0, 7, -1.5, np.float32(0.5), np.int16(3)])
def test_a_number_is_a_constant_border(number: float) -> None:
    """The number is kept, as a plain Python one."""
    border = parse_border(number)
    assert border == Border("constant", float(number))
    assert type(border.value) in (int, float)


def test_a_border_is_already_one() -> None:
    """What has been read before is taken as it is."""
    border = Border("wrap")
    assert parse_border(border) is border


@pytest.mark.parametrize("name", ["mirrored", "Reflected", "extend", "pad"])
def test_ambiguous_names_are_explained(name: str) -> None:
    """Where libraries differ, the error says between what to choose."""
    with pytest.raises(UnknownNameError, match=r"ambiguous: say .*'reflect' \(the edge cell stands once"):
        parse_border(name)


@pytest.mark.parametrize("read", [parse_border, Border])
def test_a_misspelt_name_gets_an_offer(read: Callable[[str], Border]) -> None:
    """The nearest name is offered, and all are listed."""
    with pytest.raises(
        UnknownNameError, match=r"did you mean 'reflect'.*constant, edge, reflect, symmetric, wrap"
    ):
        read("reflct")


@pytest.mark.parametrize("value", ["x", None, True, [1], 1j])
def test_a_border_is_checked_where_it_is_made(value: object) -> None:
    """Whoever makes one by hand gets the same answer; NumPy's numbers become plain ones, nothing is cut off."""
    with pytest.raises(SpecError, match="border must be a name or a number"):
        Border("constant", value)  # type: ignore[arg-type]
    assert type(Border("constant", np.float32(0.5)).value) is float
    with pytest.raises(SpecError, match=r"0\.5 is not an integer"):
        border_value(Border("constant", np.float32(0.5)), np.dtype(np.int64))


def test_only_a_constant_has_a_value() -> None:
    """The others show cells of the image."""
    with pytest.raises(SpecError, match="'edge' shows cells of the image; it has no value 3"):
        Border("edge", 3)


@pytest.mark.parametrize("border", [None, True, np.True_, [1], 1j])
def test_neither_name_nor_number(border: object) -> None:
    """Anything else is refused, and so is a truth value."""
    with pytest.raises(SpecError, match="border must be a name or a number"):
        parse_border(border)  # type: ignore[arg-type]


def test_a_constant_must_fit_integers() -> None:
    """An image of integers takes whole constants only; one of floats takes any."""
    assert border_value(Border("constant", 3.0), np.dtype(np.int64)) == 3
    assert border_value(Border("constant", 0.5), np.dtype(np.float32)) == 0.5
    for value in (0.5, float("nan"), float("inf")):
        with pytest.raises(SpecError, match="is not an integer"):
            border_value(Border("constant", value), np.dtype(np.int64))
    with pytest.raises(SpecError, match="beyond the range of bool, which goes from 0 to 1"):
        border_value(Border("constant", 2), np.dtype(bool))


def test_a_border_prints_its_constant() -> None:
    """The value is part of a constant border's name, and of no other's."""
    assert [str(Border("constant", 2.5)), str(Border("edge"))] == ["constant 2.5", "edge"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("repliacte", "replicate (edge)"),
        ("neareset", "nearest (edge)"),
        ("circlar", "circular (wrap)"),
        ("reflct", "'reflect'"),
    ],
)
def test_a_slip_in_a_synonym_finds_the_synonym(name: str, hint: str) -> None:
    """The names that are offered are those that were meant, with the border that they are."""
    with pytest.raises(UnknownNameError, match=re.escape(hint)):
        parse_border(name)
