"""The state and the widget of pooling, and what shifts make of the maps."""

from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.errors import ConvolensError
from convolens.lab.states import Numbers, Pooling, read_state, shifts
from convolens.lab.states.presets import POOLING


def test_presets_are_the_worked_examples() -> None:
    """Their results are those that the documentation of pooling prints."""
    results = {name: state.result().tolist() for name, state in POOLING.items()}
    assert results["maximum"] == [[6, 4], [7, 9]]
    assert results["mean"] == [[3.75, 2.25], [2.5, 5.5]]
    assert results["norm"] == [[5]]
    assert results["pads"] == [-2, -2, -2]
    assert results["zeros-outside"] == [0, -2, 0]
    assert results["mean-pads"] == pytest.approx([-2, -4, -8 / 3])
    assert results["mean-inside"] == [-3, -4, -4]
    assert results["ceil"] == pytest.approx([8 / 3, 3, 1.5])
    assert np.shape(results["global"]) == (1, 1)
    assert np.shape(results["adaptive"]) == (2, 3)


def test_shifts_of_pulses() -> None:
    """The worked example of anti-aliasing: a shift by one cell changes maxima, and blurred ones far less."""
    state = POOLING["pulses"]
    assert state.maps("max", (0,)).tolist() == [0, 1, 0, 1]
    assert state.maps("max", (1,)).tolist() == [1, 1, 1, 1]
    assert state.maps("max-blur", (0,)).tolist() == [0.5, 1, 0.5, 1]
    assert state.maps("max-blur", (1,)).tolist() == [0.75] * 4
    curves = state.curves()
    assert curves["max"][8:11] == pytest.approx([0, 1 / 3, 1])
    assert curves["max-blur"][10] == pytest.approx(1 / 5)
    stripes = POOLING["stripes"].curves()
    assert stripes["subsample"] == [0, 1] * 8 + [0]
    assert all(sum(stripes[name]) == 0 for name in ("max", "average", "blur", "max-blur"))


@pytest.mark.parametrize("entering", ["zeros", "wrap"])
def test_maps_move_along_by_whole_strides(entering: shifts.Entering) -> None:
    """A shift by whole strides moves every map along, as long as nothing leaves it; others do not."""
    image = np.zeros((12, 12))
    image[4:7, 4:8] = np.random.default_rng(3).normal(size=(3, 4))
    state = Pooling(input=Numbers.of(image), measure="moved", feature="sobel-y", entering=entering, shift=(2, 0))
    for curve in state.curves().values():
        assert curve[6:11:2] == pytest.approx([0, 0, 0], abs=1e-15)
        assert min(curve[5:12:2]) > 0.01


def test_shifted() -> None:
    """What leaves comes in again, or zeros come in, also where all of it leaves."""
    image = np.arange(1, 7).reshape(2, 3)
    assert shifts.shifted(image, (0, 1), "wrap").tolist() == [[3, 1, 2], [6, 4, 5]]
    assert shifts.shifted(image, (1, -1), "zeros").tolist() == [[0, 0, 0], [2, 3, 0]]
    assert not shifts.shifted(image, (0, -4), "zeros").any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window": [2]}, "state.window is of 1 dimensions"),
        ({"p": 0.5}, "state.p must be a number of at least 1, or infinity, found 0.5"),
        ({"p": "nan"}, "state.p must be a number of at least 1"),
        ({"kind": "lp", "windows": "adaptive"}, "adaptive pooling takes the maximum or the mean"),
        ({"shift": [0, 9]}, r"state.shift\[1\] must be a whole number from -8 to 8"),
    ],
)
def test_states_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    """One line says what is wrong."""
    with pytest.raises(ConvolensError, match=message):
        read_state({"exhibit": "pooling", **changes})
    with pytest.raises(ConvolensError, match="a row has one axis"):
        POOLING["pulses"].replace(along=1)


def test_widget() -> None:
    """The widget takes arrays of one or two dimensions, and reads back what was edited."""
    widget = cl.widgets.Pooling([1, 5, 2, 4, 3, 0], "average", window=3, stride=2, ceil_mode=True)
    np.testing.assert_allclose(widget.output, [8 / 3, 3, 1.5])
    widget.state = {**widget.state, "ceil_mode": False}
    assert widget.output.shape == (2,)
    widget.image = [0, 0, 3]
    assert widget.output.tolist() == [1]
    padded = cl.widgets.Pooling(preset="pads", padding=1, border=-1.5, locked=["input"])
    assert padded.output.tolist() == [-1.5, -2, -1.5]
    assert np.isnan(cl.widgets.Pooling([1, np.inf, 2], view="shifts").curves["blur"]).all()
    with pytest.raises(ConvolensError, match="unknown preset"):
        cl.widgets.Pooling(preset="maximun")
