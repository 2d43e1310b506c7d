"""One operation under its three public names."""

import inspect

import numpy as np
import pytest

from convolens.ops.dimensions import in_dimensions
from convolens.spec.layout import FIRST


def _measure(dims: int, x: float, *, unit: str = "m", layout: str = FIRST) -> str:
    """Measure {size} in {dimensions}, {layout}, as \\{x\\}."""
    return f"{x} {unit}^{dims}"


def test_names_bind_the_number_of_dimensions() -> None:
    """Each name calls the operation with its own number."""
    length, area, volume = in_dimensions("measure{}d", _measure)
    assert [f(2.0, unit="cm") for f in (length, area, volume)] == ["2.0 cm^1", "2.0 cm^2", "2.0 cm^3"]


def test_names_and_signatures_are_those_that_users_see() -> None:
    """help() shows no trace of the number that is bound, and the words for it."""
    for dims, function in enumerate(in_dimensions("measure{}d", _measure), start=1):
        assert function.__name__ == function.__qualname__ == f"measure{dims}d"
        letters = ("NCW", "NCHW", "NCDHW")[dims - 1]
        shown = f"(x: float, *, unit: str = 'm', layout: str = '{letters}') -> str"
        assert str(inspect.signature(function)) == shown
        assert function.__module__ == __name__
    assert function.__doc__ == "Measure depth, height, width in three dimensions, NCDHW, as \\{x\\}."


def test_wrong_arguments_are_those_of_the_public_name() -> None:
    """Python's own complaint, under the name that was called."""
    _, area, _ = in_dimensions("measure{}d", _measure)
    with pytest.raises(TypeError, match=r"^measure2d: missing a required argument: 'x'$"):
        area()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^measure2d: got an unexpected keyword argument 'units'$"):
        area(1.0, units="m")  # type: ignore[call-arg]


def test_infinity_and_overflow_do_not_warn() -> None:
    """Whatever is bound computes as IEEE 754 says; warnings are errors here."""
    _, halve, _ = in_dimensions("halve{}d", lambda dims, x: np.float64(x) - np.float64(x))
    assert np.isnan(halve(np.inf))
