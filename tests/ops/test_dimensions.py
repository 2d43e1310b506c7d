"""One operation under its three public names."""

import inspect

from convolens.ops.dimensions import in_dimensions


def _measure(dims: int, x: float, *, unit: str = "m") -> str:
    """Measure {size} in {dimensions}, as \\{x\\}."""
    return f"{x} {unit}^{dims}"


def test_names_bind_the_number_of_dimensions() -> None:
    """Each name calls the operation with its own number."""
    length, area, volume = in_dimensions("measure{}d", _measure)
    assert [f(2.0, unit="cm") for f in (length, area, volume)] == ["2.0 cm^1", "2.0 cm^2", "2.0 cm^3"]


def test_names_and_signatures_are_those_that_users_see() -> None:
    """help() shows no trace of the number that is bound, and the words for it."""
    for dims, function in enumerate(in_dimensions("measure{}d", _measure), start=1):
        assert function.__name__ == function.__qualname__ == f"measure{dims}d"
        assert str(inspect.signature(function)) == "(x: float, *, unit: str = 'm') -> str"
        assert function.__module__ == __name__
    assert function.__doc__ == "Measure depth, height, width in three dimensions, as \\{x\\}."
