"""Pages of maps: what they say about what is on them, and what is left out."""

import numpy as np
from matplotlib.figure import Figure

from convolens.nn import Network
from convolens.nn.looking.maps import maps_pages, overview
from convolens.nn.looking.subject import Subject


def words(figure: Figure) -> str:
    """Join all that is written on a page."""
    return "\n".join(text.get_text() for text in figure.axes[0].texts)


def test_signals_are_rows() -> None:
    """A map of a signal is a row of cells as wide as it is long."""
    network, x = Network.from_text("2x40 conv 3,k3 relu dropout:0.5 flatten dense 2"), np.ones((2, 40))
    subject, values = Subject(network, None, ("up", "down")), network.values(x[None])
    pages = dict(maps_pages(subject, values, set()))
    assert list(pages) == ["maps-1-conv1", "maps-2-relu1", "maps-4-flatten1", "maps-5-dense1"]
    assert [image.get_array().shape[:2] for image in pages["maps-1-conv1"].axes[0].images[:3]] == [(1, 38)] * 3
    assert "2×40 → 3×38" in words(pages["maps-1-conv1"])
    assert "up" in words(pages["maps-5-dense1"])
    assert "dense1" in words(overview(subject, x, values, "x", np.array([0.25, 0.75])))


def test_what_is_left_out_is_said() -> None:
    """Of hundreds of maps those with the largest numbers are shown, and silent ones are counted."""
    network = Network.from_text("1x5x5 conv 100,k3 relu")
    network.weights["conv1.weight"][:] = np.arange(100).reshape(-1, 1, 1, 1) - 49
    pages = dict(maps_pages(Subject(network, None, ()), network.values(np.ones((1, 1, 5, 5))), {"relu1"}))
    said = words(pages["maps-2-relu1"])
    assert "64 of 100 maps, those with the largest numbers; 36 are left out" in said
    assert "50 of them are 0 everywhere" in said
    shown = [int(line) for line in said.split("\n") if line.isdecimal()]
    assert set(range(50, 100)) < set(shown)
