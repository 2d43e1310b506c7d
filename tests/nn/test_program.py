"""Programs: arrays that share a block of memory do not meet in it, and it is no larger than they need."""

import math
from itertools import combinations

import numpy as np
import pytest

from convolens.nn import Conv, Network
from convolens.nn.graph import INPUT
from convolens.nn.program import ALIGNMENT, Program, place
from convolens.runtime.threads import threads

CHAIN = "8x16x16 3*(conv 8,k3,same relu) max 2 conv 16,k3,same conv 4,k3"
RESIDUAL = "8x16x16 conv 8,k3,same a=relu conv:8,k3,same relu conv:8,k3,same add:a relu conv 4,k1"
ASIDE = "4x16x16 a=conv:4,k3,same max 2 conv 8,k3,same upsample:2 concat:a conv 4,k3,same flatten dense 3"


def program_of(network: Network, batch: int) -> Program:
    """Return the program of a batch."""
    prepared = network.prepare()
    prepared(np.ones((batch, *network.input_shape), np.float32))
    return prepared.program(batch, np.dtype(np.float32))


def test_places_never_overlap() -> None:
    """Arrays that are needed at once lie apart, each where a line of the cache begins; the block holds all."""
    random = np.random.default_rng(0)
    for _ in range(50):
        ends = {str(i): tuple(sorted(random.integers(0, 12, 2).tolist())) for i in range(9)}
        sizes = {name: int(random.integers(0, 2000)) for name in ends}
        places, total = place(ends, sizes)
        for one, other in combinations(ends, 2):
            together = ends[one][0] <= ends[other][1] and ends[other][0] <= ends[one][1]
            if together and sizes[one] and sizes[other]:
                assert places[one] + sizes[one] <= places[other] or places[other] + sizes[other] <= places[one]
        assert all(at % ALIGNMENT == 0 for at in places.values())
        assert total == max(places[name] + sizes[name] for name in places)


@pytest.mark.parametrize(("text", "most"), [(CHAIN, 2), (RESIDUAL, 3), (ASIDE, 3)])
def test_memory_is_what_lives_at_once(text: str, most: int) -> None:
    """The block is as large as the arrays that a pass needs, and those that wait, at the worst of passes."""
    network = Network.from_text(text)
    program = program_of(network, 2)
    lives, sizes = program.lives, program.sizes
    peak = max(
        sum(sizes[name] for name, (begin, end) in lives.items() if begin <= step <= end)
        for step in range(-1, len(lives) + 1)
    )
    largest = max(map(math.prod, network.shapes.values())) * 2 * 4
    assert peak <= program.bytes <= 1.1 * peak
    assert program.bytes <= most * largest


def test_the_way_from_input_to_a_view_of_it() -> None:
    """A vector that is the map as it lies is not kept twice, and lives as long as either."""
    network = Network.from_text("3x4x4 a=flatten dense 3 relu dense 48 add:a")
    program = program_of(network, 1)
    assert set(program.sizes) <= {INPUT, *network.shapes}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_number_of_threads(count: int) -> None:
    """The number of threads changes no bit, and may change between two calls."""
    network = Network((16, 12, 13), [Conv(32, 3, padding=1, activation="relu"), Conv(24, 3), Conv(8, 1)])
    prepared, x = network.prepare(), np.random.default_rng(0).normal(size=(2, 16, 12, 13)).astype(np.float32)
    with threads(2):
        wanted = prepared(x)
    with threads(count):
        np.testing.assert_array_equal(prepared(x), wanted)
