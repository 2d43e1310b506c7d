"""What is particular to overlap-add: tiles."""

import numpy as np
import pytest

from cases import computed, expected, magnitude, random_arrays
from convolens.algorithms import ALGORITHMS, overlap_add
from convolens.spec.geometry import ConvSpec

OVERLAP_ADD = ALGORITHMS["overlap-add"]


@pytest.mark.parametrize("length", range(3, 40))
def test_every_tail_is_added(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals of any length, so last tiles of any length, also shorter than the kernel."""
    monkeypatch.setattr(overlap_add, "LEAST_CELLS", 4)
    spec = ConvSpec((1, 1, length), (1, 1, 3), dtype="f8")
    x, weight = random_arrays(spec)
    error = np.abs(computed(OVERLAP_ADD, spec, x, weight) - expected(spec, x, weight)).max()
    assert error <= OVERLAP_ADD.error_bound(spec) * magnitude(spec, x, weight)


def test_refuses_a_single_tile() -> None:
    """What fits into one tile is the business of fft; a long image is its own."""
    assert "fft does the same" in str(OVERLAP_ADD.refusal(ConvSpec((1, 1, 100, 100), (1, 1, 9, 9))))
    assert OVERLAP_ADD.refusal(ConvSpec((1, 1, 100, 10_000), (1, 1, 9, 9))) is None


def test_takes_less_memory_than_one_large_transform() -> None:
    """The spectra are those of a tile, not of the image."""
    spec = ConvSpec((1, 1, 4000, 4000), (1, 1, 21, 21))
    assert OVERLAP_ADD.cost(spec).workspace < ALGORITHMS["fft"].cost(spec).workspace / 2


def test_error_bound_does_not_grow_with_the_image() -> None:
    """A tile does not know how large the image is."""
    small, large = (ConvSpec((1, 1, n, n), (1, 1, 21, 21)) for n in (1000, 4000))
    assert OVERLAP_ADD.error_bound(small) == OVERLAP_ADD.error_bound(large)
