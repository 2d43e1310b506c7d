"""What a class goes by: gradients against differences, and networks whose reasons are known."""

import numpy as np
import pytest

from convolens.errors import SpecError, UnknownNameError
from convolens.nn import Network
from convolens.nn.looking import grad_cam, gradient_saliency, gradients_of, occlusion

ALL_KINDS = (
    "conv 4,k3,same bn silu dropout:0.5 a=max 2 conv 4,k3,same add:a gelu gn:2 flatten dense 6 bn relu dense 3"
)


def worn(text: str) -> Network:
    """Build a network whose running means and variances are not those that it began with."""
    network, random = Network.from_text(text, (2, 6, 6), seed=3), np.random.default_rng(1)
    for name, array in network.statistics.items():
        network.statistics[name] = np.abs(random.normal(1, 0.3, array.shape)).astype(np.float32)
    return network


@pytest.mark.parametrize("text", [ALL_KINDS, f"{ALL_KINDS} softmax"])
def test_gradient_is_the_numeric_difference(text: str) -> None:
    """Each number of the gradient is what a small change does to the score of the network as it is used."""
    network, x = worn(text), np.random.default_rng(0).normal(size=(2, 6, 6))
    scores = worn(ALL_KINDS)
    kept = {name: array.copy() for name, array in network.statistics.items()}
    found = gradient_saliency(network, x, 2)
    for cell in ((0, 0, 0), (1, 2, 3), (0, 5, 1)):
        step = np.zeros_like(x)
        step[cell] = 1e-5
        numeric = (scores((x + step)[None]) - scores((x - step)[None]))[0, 2] / 2e-5
        assert found[cell] == pytest.approx(numeric, rel=1e-3, abs=1e-6)
    for name, array in kept.items():
        np.testing.assert_array_equal(network.statistics[name], array, err_msg="nothing is learned")


def test_gradient_at_a_layer() -> None:
    """The gradient at a layer's output is that of the rest of the network by itself."""
    rest = Network.from_text("3x4x4 silu flatten dense 2")
    network = Network.from_text("2x6x6 conv 3,k3 silu flatten dense 2")
    rest.weights = {name: network.weights[name] for name in rest.weights}
    x, flow = np.random.default_rng(0).normal(size=(2, 2, 6, 6)), np.array([[0.0, 1], [1, 0]])
    found = gradients_of(network, x, "dense1", flow, ["conv1"])
    maps = network.values(x)["conv1"]
    np.testing.assert_allclose(found["conv1"], gradients_of(rest, maps, "dense1", flow)["input"], rtol=1e-6)
    with pytest.raises(UnknownNameError, match="dense2"):
        gradients_of(network, x, "dense2", flow)


def corners() -> Network:
    """Class 0 goes by brightness in the upper left quarter alone, class 1 by what is lower right."""
    network = Network.from_text("1x8x8 conv 2,k1 relu flatten dense 2")
    network.weights["conv1.weight"][:] = 1
    place = np.zeros((2, 2, 8, 8), np.float32)
    place[0, 0, :4, :4] = place[1, 1, 4:, 4:] = 1
    network.weights["dense1.weight"] = place.reshape(2, -1)
    return network


def test_hiding_what_a_class_does_not_go_by_changes_nothing() -> None:
    """Occlusion is 0 but for roundings where no window touches what counts, and positive in that place."""
    x = np.random.default_rng(0).uniform(1, 2, (1, 8, 8))
    found = occlusion(corners(), x, 0, window=2, value=0.0)
    assert (found[:4, :4] > 0.5).all()
    np.testing.assert_allclose(found[5:], 0, atol=1e-12)
    np.testing.assert_allclose(found[:, 5:], 0, atol=1e-12)
    # A window of one cell takes away what was in it.
    np.testing.assert_allclose(occlusion(corners(), x, 0, window=1, value=0.0)[:4, :4], x[0, :4, :4], rtol=1e-5)


def test_hiding_by_the_background_changes_nothing_there() -> None:
    """By default a channel's median is put in place, so that an empty background stays as it is."""
    x = np.full((1, 8, 8), -0.5)
    x[0, 1, 1] = 3
    found = occlusion(corners(), x, 0)
    assert found[1, 1] > 0
    np.testing.assert_allclose(found[4:], 0, atol=1e-12)


def test_grad_cam_shows_the_right_place() -> None:
    """Of two bright places the map of a class that goes by edges shows the one with edges, by the formula."""
    network = Network.from_text("1x12x12 conv 2,k3,same relu gap flatten dense 2")
    kernels = np.zeros((2, 1, 3, 3), np.float32)
    kernels[0, 0, 1] = [-1, 0, 1]
    kernels[1, 0] = 1 / 9
    network.weights |= {"conv1.weight": kernels, "dense1.weight": np.array([[1, -0.01], [0, 1]], np.float32)}
    x = np.zeros((1, 12, 12))
    x[0, 1:4, 4:] = np.arange(8) * 6  # a slope above
    x[0, 7:11, :] = 5  # an even area below
    edges, areas = grad_cam(network, x, 0), grad_cam(network, x, 1)
    assert edges.shape == (12, 12)
    assert np.unravel_index(edges.argmax(), edges.shape)[0] in (1, 2, 3)
    assert (edges[7:11, 1:-1] == 0).all()
    maps = network.values(x[None])["relu1"][0]
    np.testing.assert_allclose(areas, np.maximum(maps[1] / 144, 0), rtol=1e-5)
    np.testing.assert_allclose(grad_cam(network, x, 0, node="relu1"), edges)
    np.testing.assert_allclose(grad_cam(network, x, 0, each_cell=True), edges, rtol=1e-6)


def test_grad_cam_cell_by_cell_adds_up_to_the_score() -> None:
    """Where a fully connected layer follows, means cancel, but the cells are what the score is made of."""
    network, x = corners(), np.random.default_rng(0).uniform(1, 2, (1, 8, 8))
    network.weights["dense1.weight"][0].reshape(2, 8, 8)[0, 4:] = -1
    found = grad_cam(network, x, 0, each_cell=True)
    np.testing.assert_allclose(found[:4, :4], x[0, :4, :4], rtol=1e-5)
    np.testing.assert_allclose(found[4:], 0, atol=1e-12)
    assert (grad_cam(network, x, 0) == 0).all()


def test_mistakes() -> None:
    """What does not fit is told: items, classes, layers without maps, windows, networks without classes."""
    network, x = corners(), np.zeros((1, 8, 8))
    for call, message in (
        (lambda: gradient_saliency(network, x[0], 0), r"\(1, 8, 8\), not \(8, 8\)"),
        (lambda: gradient_saliency(network, x, 2), "0 to 1, not 2"),
        (lambda: occlusion(network, x, -1), "0 to 1, not -1"),
        (lambda: occlusion(network, x, 0, window=9), "does not fit"),
        (lambda: grad_cam(network, x, 0, node="flatten1"), "no maps"),
        (lambda: gradient_saliency(Network.from_text("1x8x8 conv 2,k3"), x, 0), "one number a class"),
    ):
        with pytest.raises(SpecError, match=message):
            call()
    with pytest.raises(UnknownNameError, match="conv1"):
        grad_cam(network, x, 0, node="conv")
