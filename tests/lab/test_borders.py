"""The state and the widget of the borders."""

from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.errors import ConvolensError
from convolens.lab.states import Borders, Numbers, read_state
from convolens.lab.states.presets import BORDERS


def test_results_are_numpys() -> None:
    """Each border is that of numpy.pad, however wide, and without one only inner windows are left."""
    state = Borders(dims=1, input=Numbers.of([1, 2, 4]), kernel=Numbers.of([1, 10]), pad=(7,), border_value=2.5)
    for name, found in state.results().items():
        options: dict[str, Any] = {"constant_values": 2.5} if name == "constant" else {}
        padded = state.input.array().astype(float)
        if name != "none":
            padded = np.pad(padded, 7, name, **options)  # type: ignore[call-overload]
        np.testing.assert_allclose(found, padded[:-1] + 10 * padded[1:], rtol=1e-14)


def test_presets_teach_what_they_say() -> None:
    """Zeros make a dark frame, and reflect a flat rim."""
    frame, gradient = BORDERS["frame"].results(), BORDERS["gradient"].results()
    assert frame["constant"][0].tolist() == [36, 54, 54, 54, 36]
    assert all((frame[name] == 81).all() for name in ("edge", "reflect", "symmetric", "wrap"))
    assert gradient["reflect"][1].tolist() == [0, 80, 80, 80, 80, 0]
    assert gradient["edge"][1, 0] == gradient["symmetric"][1, 0] == 40


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pad": [1]}, r"state.pad is of 1 dimensions"),
        ({"pad": [9, 2]}, r"state.pad is of \(9, 2\) cells; with dims 2 up to 8 a side"),
        ({"input": {"shape": [1, 17], "data": [0] * 17}}, r"with dims 2 up to 16 a side"),
        ({"side": "input"}, r"state.side"),
    ],
)
def test_states_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    """What a page could not draw is refused, with the reason."""
    with pytest.raises(ConvolensError, match=message):
        read_state({"exhibit": "borders", **changes})


def test_widget() -> None:
    """The widget takes arrays, and reads back what was edited."""
    widget = cl.widgets.Borders([3, 1, 2], pad=4, value=9, locked=["kernel"])
    assert widget.state["pad"] == [4]
    assert widget.outputs["none"].tolist() == [6]
    widget.state = {**widget.state, "input": {"shape": [3], "data": [0, 0, 1]}}
    assert widget.image.tolist() == [0, 0, 1]
    assert widget.outputs["constant"][0] == 27
    wide = cl.widgets.Borders([1, 2], [1, 1, 1], pad=1).outputs
    assert "none" not in wide
    assert wide["edge"].tolist() == [4, 5]
    assert cl.widgets.Borders(preset="gradient", kernel="sobel-y").outputs["none"].any() == 0
    with pytest.raises(ConvolensError, match="unknown preset"):
        cl.widgets.Borders(preset="gradent")
