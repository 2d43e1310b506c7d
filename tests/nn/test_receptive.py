"""Receptive fields of graphs, against where gradients really reach."""

import numpy as np
import pytest

from convolens.nn import Network, Training
from convolens.nn.receptive import receptive_sizes


@pytest.mark.parametrize(
    "text",
    [
        "a=conv 2,k3,same from:input conv 2,k5,same concat:a conv 2,k3,s2",
        "conv 2,k3 deconv 2,k3,s2 avg 3,s2",
        "upsample:2 conv 1,k3",
        "upsample:3,bilinear conv 1,k4",
        "conv 4,k3,s2 shuffle conv 1,k3",
        "adaptive:5 conv 1,k2",
        "conv 1,k3,s2 gap",
        "conv 1,k3 flatten dense 3",
    ],
)
def test_sizes_are_where_gradients_reach(text: str) -> None:
    """The most cells that one output's gradient reaches along each axis is the receptive field."""
    network = Network.from_text(text, (1, 12, 14))
    for name, array in network.weights.items():
        network.weights[name] = np.abs(array) + 0.1
    random = np.random.default_rng(0)
    most = [0, 0]
    y, tape = network.forward(np.ones((1, 1, 12, 14)), training=Training(random))
    for cell in np.ndindex(y.shape[2:]):
        grad = np.zeros_like(y)
        grad[0, 0, *cell] = 1
        _, back = network.backward(tape, grad, needs_input=True)
        assert back is not None
        reached = np.argwhere(np.abs(back) > 1e-9)[:, 2:]
        most = [max(m, int(np.ptp(cells)) + 1) for m, cells in zip(most, reached.T, strict=True)]
    found = receptive_sizes(network.nodes, network.shapes)[network.last]
    assert found == tuple(most)


def test_of_a_window_every_cell_counts() -> None:
    """Gradients pass the largest cell of a window alone, but all of them are seen; so is the border."""
    network = Network.from_text("1x20x20 conv 2,k3 max 2 conv 2,k3,d2,same flatten dense 3")
    sizes = receptive_sizes(network.nodes, network.shapes)
    assert sizes["maxpool1"] == (4, 4)
    assert sizes["conv2"] == sizes["flatten1"] == (12, 12)
    assert sizes["dense1"] == (28, 28)
    assert receptive_sizes(Network((5,)).nodes, {"input": (5,)}) == {"input": ()}
