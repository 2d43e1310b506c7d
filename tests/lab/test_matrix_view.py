"""The state and the widget of the matrix view."""

from typing import Any

import numpy as np
import pytest
import scipy.linalg

import convolens as cl
from convolens.errors import ConvolensError
from convolens.lab.states import MatrixView, Numbers, read_state
from convolens.lab.states.presets import MATRIX_VIEW


@pytest.mark.parametrize("name", MATRIX_VIEW)
def test_matrix_times_input(name: str) -> None:
    """The matrix times the input is the output."""
    state = MATRIX_VIEW[name]
    np.testing.assert_array_equal(state.matrix() @ state.input.array().ravel(), state.result().ravel())


def test_presets_teach_what_they_say() -> None:
    """Four rows of nine weights, constant diagonals, and rows that go round."""
    sixteen = MATRIX_VIEW["sixteen"].matrix()
    assert sixteen.shape == (4, 16)
    assert np.count_nonzero(sixteen) == 36
    assert MATRIX_VIEW["signal"].result().tolist() == [[-2, -2, -2]]
    band = MATRIX_VIEW["band"].matrix()
    np.testing.assert_array_equal(band, scipy.linalg.toeplitz([2, 1, *[0] * 6]))
    np.testing.assert_array_equal(MATRIX_VIEW["circulant"].matrix(), scipy.linalg.circulant([2, 1, *[0] * 5, 1]))
    back = MATRIX_VIEW["transposed"]
    transposed = cl.conv_transpose2d(back.result(), back.weights(), stride=2)
    np.testing.assert_array_equal(back.matrix().T @ back.result().ravel(), transposed.ravel())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input": {"shape": [4], "data": [1] * 4}}, "it must have channels and 1 or 2 dimensions"),
        ({"input": {"shape": [1, 9, 2], "data": [1] * 18}}, r"must have 3 dimensions, at most \(3, 8, 8\)"),
        ({"weight": {"shape": [4, 1, 1], "data": [1] * 4}}, "has 4 slices; up to 3 kernels of 1 each"),
        ({"side": "matrix", "cell": [1, 2, 3]}, "a cell of matrix has 2 numbers here"),
        ({"layer": {"channels": 0}}, "state.layer.channels must be a whole number from 1"),
    ],
)
def test_states_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    """What a page could not draw is refused, with the reason."""
    with pytest.raises(ConvolensError, match=message):
        read_state({"exhibit": "matrix-view", **changes})


def test_widget() -> None:
    """The widget takes arrays, and reads back what was edited."""
    widget = cl.widgets.MatrixView(
        np.arange(18).reshape(2, 3, 3), np.ones((2, 2, 2, 2), int), view="im2col", layer=(3, 8, 32, 32, 5, 2)
    )
    assert widget.state["layer"]["size"] == 5
    assert widget.weight.shape == (2, 2, 2, 2)
    np.testing.assert_array_equal(widget.matrix @ widget.image.ravel(), widget.output.ravel())
    widget.state = {**widget.state, "stride": 2}
    assert widget.output.shape == (2, 1, 1)
    assert cl.widgets.MatrixView(preset="band", layer=None).state["layer"] is None
    assert isinstance(MatrixView(input=Numbers.of([[1, 2]]), weight=Numbers.of([[3]])).result(), np.ndarray)
    for options, message in [
        ({"weight": [1, 2]}, r"weight must be \(kernels, channels, cells\)"),
        ({"layer": (1, 2)}, "layer needs 6 numbers"),
        ({"preset": "sixten"}, "unknown preset"),
    ]:
        with pytest.raises(ConvolensError, match=message):
            cl.widgets.MatrixView(**options)
