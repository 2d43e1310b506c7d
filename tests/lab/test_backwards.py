"""The state and the widget of the gradients, and the kernel that learns."""

from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.errors import ConvolensError
from convolens.lab.states import Backwards, Numbers, read_state
from convolens.lab.states.presets import BACKWARDS


def test_gradients_are_those_of_the_documentation() -> None:
    """The example that the documentation goes through, and a signal whose sums can be read off."""
    found = {name: array.tolist() for name, array in BACKWARDS["by-hand"].gradients().items()}
    assert found == {"input": [[1, 1, -2], [0, 1, 5], [0, 0, -2]], "kernel": [[1, 6], [-1, 1]], "bias": 2}
    signal = {name: array.tolist() for name, array in BACKWARDS["signal"].gradients().items()}
    assert signal == {"input": [1, 10, 99, -10, -100], "kernel": [321, 432, 543], "bias": 111}


def test_what_comes_back_is_fitted() -> None:
    """Where the output has other sides, what comes back is cut, and zeros fill it up."""
    state = Backwards(pad=(1, 0))
    padded = state.replace(grad=Numbers.of([[1, -1], [0, 2], [0, 0], [0, 0]]))
    np.testing.assert_array_equal(state.gradients()["input"], padded.gradients()["input"])
    assert Backwards(input=Numbers.of([[1, 2], [3, 4]])).gradients()["kernel"].tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ConvolensError, match="kernel larger than the padded input"):
        Backwards(dilation=(4, 4)).gradients()


def test_descent_does_what_the_presets_say() -> None:
    """Noise teaches Sobel, momentum is faster, too large a rate diverges, an even picture tells the sum alone."""
    ends = {name: state.learned() for name, state in BACKWARDS.items() if state.part == "descent"}
    target = cl.kernels["sobel-x"].weights
    np.testing.assert_allclose(ends["sobel"][0][-1], target, atol=1e-4)
    assert len(ends["momentum"][1]) < len(ends["sobel-picture"][1])
    assert ends["momentum"][1][-1] < 1e-3 * ends["sobel-picture"][1][-1]
    assert BACKWARDS["too-large"].rate > BACKWARDS["too-large"].largest_rate()
    assert min(ends["too-large"][1]) < ends["too-large"][1][0] < 1e-3 * ends["too-large"][1][-1]
    np.testing.assert_allclose(ends["even"][0][-1], np.full((3, 3), 16 / 9))


@pytest.mark.parametrize("momentum", [0, 0.8])
def test_the_largest_rate_is_where_it_turns(momentum: float) -> None:
    """A little below it the loss falls, a little above it grows."""
    state = Backwards(part="descent", momentum=momentum, steps=300)
    limit = state.largest_rate()
    below, above = (state.replace(rate=share * limit).learned()[1][-1] for share in (0.97, 1.03))
    assert below < 1e-3 < 1e3 < above


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pad": [1]}, r"state.pad is of 1 dimensions"),
        (
            {"kernel": {"shape": [6, 1], "data": [0] * 6}},
            r"state.kernel is of \(6, 1\) cells; with dims 2 up to 5",
        ),
        ({"start": {"shape": [1, 1], "data": [0]}}, r"state.start has shape \(1, 1\), but state.target \(3, 3\)"),
        ({"picture": {"shape": [2, 9], "data": [0] * 18}}, r"less than the kernel, \(3, 3\): there is nothing"),
        ({"picture": {"shape": [9], "data": [0] * 9}}, r"state.picture has shape \(9,\); it must be a matrix"),
        ({"rate": -1}, r"state.rate must be from 0 to below 1e\+06, found -1"),
        ({"momentum": 1}, r"state.momentum must be from 0 to below 1, found 1"),
        ({"steps": 501}, r"state.steps must be a whole number from 1 to 500"),
    ],
)
def test_states_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    """What a page could not show is refused, with the reason."""
    with pytest.raises(ConvolensError, match=message):
        read_state({"exhibit": "backwards", **changes})


def test_widget() -> None:
    """The widget takes arrays, reads back what was edited, and shows the part that its arguments are of."""
    widget = cl.widgets.Backwards(np.arange(36).reshape(6, 6), "sobel-x", stride=2, pad=1, bias=3)
    assert widget.grad.tolist() == [[1] * 3] * 3
    assert (widget.state["part"], widget.state["bias"], widget.state["pad"]) == ("layer", 3, [1, 1])
    widget.state = {**widget.state, "grad": {"shape": [3, 3], "data": [0] * 8 + [2]}}
    assert widget.gradients["bias"] == 2
    assert widget.gradients["input"][3:, 3:].tolist() == [[-2, 0, 2], [-4, 0, 4], [-2, 0, 2]]
    assert cl.widgets.Backwards([1, 2, 3]).gradients["kernel"].tolist() == [1, 2, 3]
    learner = cl.widgets.Backwards(target="roberts-1", rate=0.4, steps=100)
    assert learner.state["part"] == "descent"
    np.testing.assert_allclose(learner.learned, [[1, 0], [0, -1]], atol=1e-6)
    assert learner.largest_rate > 0.4
    with pytest.raises(ConvolensError, match="unknown preset"):
        cl.widgets.Backwards(preset="sobl")
