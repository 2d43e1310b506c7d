"""Maps that are joined: most are written where they are joined, and what is joined is still right."""

import numpy as np
import pytest

from convolens.nn import Add, Concat, Conv, Network
from convolens.nn.homes import find_homes
from convolens.nn.map_passes import nothing

DENSE = (
    "32x20x17 a=max:3,s1,p1 bn relu conv:32,k3,same b=relu from:a concat:b bn relu conv:32,k3,same c=relu "
    "from:a concat:b,c bn relu conv 8,k1 relu"
)
U_NET = "32x16x12 conv 32,k3,same a=relu max 2 conv 32,k3,same relu deconv 32,k2,s2 concat:a conv 32,k3,same relu"
TWICE = "16x6x6 a=conv:16,k3,same relu b=concat:a,relu1 from:relu1 concat:a,b conv 4,k1"
ASIDE = "16x6x6 a=conv:16,k3,same relu concat:a,input conv 8,k3 flatten dense 3"


@pytest.mark.parametrize("text", [DENSE, U_NET, TWICE, ASIDE])
def test_what_is_joined_is_right(text: str) -> None:
    """Alone, twice, beside the input, and side by side in a wider one."""
    network = Network.from_text(text)
    for array in network.statistics.values():
        array += np.linspace(0.1, 0.9, len(array), dtype=np.float32)
    prepared = network.prepare()
    for count in (1, 3):
        x = np.random.default_rng(count).normal(size=(count, *network.input_shape)).astype(np.float32)
        np.testing.assert_allclose(prepared(x), network(x), atol=1e-4)


@pytest.mark.parametrize("text", [DENSE, U_NET])
def test_nothing_is_copied(text: str) -> None:
    """Maps of dense blocks, and those that go around the middle of a U-Net, are written where they are joined."""
    network = Network.from_text(text)
    program = network.prepare().program(1, np.dtype(np.float32))
    assert sum(call is nothing for _, call, *_ in program._work) == text.count("concat")


BLOCKS = (
    "8x7x6 conv 16,k1 a=relu conv 16,k1 relu conv 16,k1 add:a b=relu "  # over a, which nobody wants any more
    "conv 16,k1 add:b c=relu conv 16,k1 relu conv 16,k1 add:c relu concat:b"  # not over b, which comes again
)


def test_sums_are_written_over_what_they_add() -> None:
    """A block adds to the map that goes around it, unless somebody reads that later, or it is the input."""
    network = Network.from_text(BLOCKS)
    prepared = network.prepare()
    x = np.random.default_rng(0).normal(size=(2, *network.input_shape)).astype(np.float32)
    for _ in range(2):
        np.testing.assert_allclose(prepared(x), network(x), atol=1e-4)
    passes = [one for one, *_ in prepared.program(2, x.dtype)._work]
    dtypes = {one.name: x.dtype for one in passes} | {"input": x.dtype}
    homes = find_homes(passes, network.last, network.shapes, dtypes)
    assert [homes[one.name].root for one in passes if one.adds_to] == ["a", "c", "c"]
    around = Network.from_text("8x7x6 conv 8,k1 add:input")
    image = np.random.default_rng(1).normal(size=(1, 8, 7, 6)).astype(np.float32)
    again, before = around.prepare(), image.copy()
    assert all(np.array_equal(again(image), again(before)) for _ in range(2))
    np.testing.assert_array_equal(image, before)


def test_who_reads_and_writes_the_same_map() -> None:
    """A map that is made of another stays apart from it."""
    network = Network((16, 6, 6), [Conv(16, 3, padding=1)])
    network.add(Conv(16, 3, padding=1))
    network.add(Add(), "conv1", "conv2")
    network.add(Concat(), "conv1", "add1")
    prepared = network.prepare()
    x = np.random.default_rng(0).normal(size=(2, 16, 6, 6)).astype(np.float32)
    np.testing.assert_allclose(prepared(x), network(x), atol=1e-4)
    passes = [one for one, *_ in prepared.program(2, x.dtype)._work]
    dtypes = {one.name: x.dtype for one in passes} | {"input": x.dtype}
    homes = find_homes(passes, "concat1", network.shapes, dtypes)
    assert homes["conv1"].root != homes["add1"].root
