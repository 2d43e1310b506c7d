"""What excites filters: patches against a search by hand, and images against what is known to be best."""

import numpy as np
import pytest

from convolens.errors import SpecError, UnknownNameError
from convolens.nn import Network
from convolens.nn.looking import exciting_images, exciting_patches

TEXT = "2x9x10 conv 3,k3,same relu a=max 2 conv 3,k3,same add:a flatten dense 4"


@pytest.mark.parametrize("node", ["input", "conv1", "relu1", "add1", "dense1"])
def test_patches_are_those_of_a_search_by_hand(node: str) -> None:
    """The best cell of each item, the items in their order; from batches as from all at once."""
    network, x = Network.from_text(TEXT), np.random.default_rng(0).normal(size=(11, 2, 9, 10))
    found = exciting_patches(network, x, node, count=4, batch=3)
    maps = network.values(x)[node].reshape(11, network.shapes[node][0], -1)
    for channel, patches in enumerate(found):
        best = maps[:, channel].max(1)
        order = sorted(range(11), key=lambda item: -best[item])[:4]
        assert [patch.item for patch in patches] == order
        np.testing.assert_allclose([patch.value for patch in patches], best[order], rtol=1e-6)


def test_patches_are_what_a_cell_sees() -> None:
    """A patch put through the layers by itself, with the border it has, gives the value."""
    network, x = Network.from_text(TEXT), np.random.default_rng(0).normal(size=(11, 2, 9, 10))
    weight = network.weights["conv1.weight"]
    for channel, patches in enumerate(exciting_patches(network, x, "conv1", count=11)):
        for patch in patches:
            assert patch.pixels.shape == (2, 3, 3)
            assert np.vdot(patch.pixels, weight[channel]) == pytest.approx(patch.value, rel=1e-5)
            rows, columns = (np.arange(first, last + 1) for first, last in patch.window)
            beyond = (rows < 0) | (rows > 8), (columns < 0) | (columns > 9)
            np.testing.assert_array_equal(patch.outside, beyond[0][:, None] | beyond[1])
    assert exciting_patches(network, x, "dense1", count=1)[0][0].pixels.shape == (2, 9, 10)


def test_the_best_image_of_one_kernel_is_the_kernel() -> None:
    """Under a limit on the length, no image excites a kernel more than the kernel itself."""
    network = Network.from_text("2x7x7 conv 3,k5")
    for channel, patch in enumerate(exciting_images(network, "conv1", decay=0.05, bounds=(-9, 9))):
        kernel = network.weights["conv1.weight"][channel]
        likeness = np.vdot(patch.pixels, kernel) / np.linalg.norm(patch.pixels) / np.linalg.norm(kernel)
        assert likeness > 0.99
        assert np.vdot(patch.pixels, kernel) == pytest.approx(patch.value, rel=1e-4)


def test_images_excite_more_than_data() -> None:
    """Within the bounds of the data, an image is found that is better than all of them; also a large one."""
    network = Network.from_text("1x18x18 conv 4,k5,same bn relu max 2 conv 4,k5,same relu flatten dense 3", seed=1)
    x = np.random.default_rng(0).uniform(-1, 1, (50, 1, 18, 18))
    for node in ("conv2", "dense1"):
        best = [patches[0].value for patches in exciting_patches(network, x, node, count=1)]
        made = exciting_images(network, node, bounds=(-1, 1), steps=40)
        assert all(patch.value > value for patch, value in zip(made, best, strict=True))
        assert all(np.abs(patch.pixels).max() <= 1 for patch in made)
    again = exciting_images(network, "conv2", channels=[2], steps=3)
    np.testing.assert_array_equal(
        again[0].pixels, exciting_images(network, "conv2", channels=[2], steps=3)[0].pixels
    )


def test_mistakes() -> None:
    """Layers and channels that are not there, and bounds that are none, are told."""
    network, x = Network.from_text(TEXT), np.zeros((1, 2, 9, 10))
    with pytest.raises(UnknownNameError, match="conv1"):
        exciting_patches(network, x, "conv")
    with pytest.raises(SpecError, match="channels 0 to 2, not 3"):
        exciting_images(network, "conv1", channels=[3])
    with pytest.raises(SpecError, match="low to high"):
        exciting_images(network, "conv1", bounds=(1, 1))
    with pytest.raises(SpecError, match="one item"):
        exciting_patches(network, x[:0], "conv1")
