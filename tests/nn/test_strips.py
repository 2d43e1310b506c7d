"""Convolutions in strips: the bits that they give as a whole, whatever the rows, borders and threads."""

from collections.abc import Iterator

import numpy as np
import pytest

from convolens.nn import Conv, Network
from convolens.nn.strips import Strips
from convolens.ops.arrays import Array
from convolens.planning.circumstances import steady
from convolens.planning.cost import Rates
from convolens.runtime import compile as compiler
from convolens.runtime.threads import alone, thread_count, threads

pytestmark = pytest.mark.skipif(compiler.linker() is None, reason="nothing is linked here")

NETWORKS = {
    "inverted residual": "8x41x29 a=relu conv:40,k1 bn relu6 dw:1,k3,same bn relu6 conv:8,k1 bn add:a conv 3,k1",
    "stride": "8x41x30 conv 48,k1 relu6 dw 1,k3,s2,p1 relu conv 24,k1,nobias",
    "first layers": "3x80x62 conv 32,k3,s2,p1 relu6 dw 1,k3,p1 relu6 conv 16,k1 conv 40,k1 dw:1,k5,s2,p2",
    "dilation": "16x37x39 conv 32,k1 dw:1,k3,d3,p3+1 silu conv 5,k1",
    "uneven border": "16x37x39 conv 32,k1 dw:1,k3,p2+0 conv 5,k1 conv 33,k1",
}


@pytest.fixture(autouse=True)
def small_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have little room, so that small maps are too large for it, slow memory, plans that stay, and two threads."""
    monkeypatch.setattr("convolens.nn.chains.scratch_bytes", lambda: 1 << 17)
    monkeypatch.setattr("convolens.nn.chains.rates", lambda cores: Rates(1e11, 1e7, 1e7))
    with steady(), threads(2):
        yield


def as_a_whole(network: Network, x: Array, monkeypatch: pytest.MonkeyPatch) -> Array:
    """Compute one convolution after the other."""
    with monkeypatch.context() as patch:
        patch.setattr("convolens.nn.chains.ALGORITHMS", ())
        prepared = network.prepare()
        assert not any(isinstance(one, Strips) for one in prepared.program(len(x), x.dtype).passes)
        return prepared(x)


@pytest.mark.parametrize("name", [*NETWORKS, "inverted residual in double precision"])
def test_bits_of_the_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For one, two and three threads, one image and three, again and again."""
    text, _, double = name.partition(" in ")
    network, dtype = Network.from_text(NETWORKS[text]), np.dtype("f8" if double else "f4")
    network.load_state({part: array.astype(dtype) for part, array in network.state().items()})
    used = False
    for batch, count in ((1, 1), (1, 2), (3, 2), (2, 3)):
        x = np.random.default_rng(batch).normal(size=(batch, *network.input_shape)).astype(dtype)
        wanted = as_a_whole(network, x, monkeypatch)
        with threads(count):
            prepared = network.prepare()
            used |= any(isinstance(one, Strips) for one in prepared.program(batch, dtype).passes)
            for _ in range(2):
                np.testing.assert_array_equal(prepared(x), wanted)
    assert used


def test_numbers_that_are_not_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN and infinity stay where they are as a whole."""
    network = Network.from_text(NETWORKS["stride"])
    x = np.random.default_rng(0).normal(size=(1, *network.input_shape)).astype("f4")
    x[0, 3, 20, 4], x[0, 1, 33, 29] = np.nan, np.inf
    np.testing.assert_array_equal(network.prepare()(x), as_a_whole(network, x, monkeypatch))


def test_a_border_that_is_not_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is around the image, not around a strip."""
    network = Network((16, 40, 21), [Conv(32, 1), Conv(32, 3, padding=1, border=2.5, groups=0), Conv(8, 1)])
    x = np.random.default_rng(0).normal(size=(1, *network.input_shape)).astype("f4")
    np.testing.assert_array_equal(network.prepare()(x), as_a_whole(network, x, monkeypatch))


def test_what_others_want_is_written_whole() -> None:
    """Neither what two take, nor what comes out, is kept for some rows only."""
    for text, names in (
        ("8x41x30 conv 48,k1 a=relu dw:1,k3,p1 from:a dw:1,k3,p1 add:conv2", []),
        ("8x41x30 conv 48,k1 relu dw 1,k3,p1", ["conv2"]),
    ):
        network = Network.from_text(text)
        passes = network.prepare().program(1, np.dtype("f4")).passes
        x = np.random.default_rng(0).normal(size=(1, *network.input_shape)).astype("f4")
        assert [one.name for one in passes if isinstance(one, Strips)] == names
        np.testing.assert_allclose(network.prepare()(x), network(x), atol=1e-5)


def test_alone() -> None:
    """Work is cut for one thread within the block, and in that thread only."""
    with threads(2):
        with alone():
            assert thread_count() == 1
        assert thread_count() == 2
