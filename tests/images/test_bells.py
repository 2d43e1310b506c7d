"""Bells as sums of cosines: how near they are, and that their recurrence gives the sums under them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from convolens.images.bells import as_bell


def gaussian(sigma: float, size: int) -> NDArray[np.float64]:
    """Sample a Gaussian, scaled to sum to one."""
    profile = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    return profile / profile.sum()


@pytest.mark.parametrize(("sigma", "size"), [(5, 31), (10, 60), (40, 241), (165, 991)])
def test_gaussians_are_fitted(sigma: float, size: int) -> None:
    """All cells together are off by less than was asked, and the sum is kept."""
    weights = gaussian(sigma, size)
    bell = as_bell(weights, 6, 4e-6)
    assert bell is not None
    assert np.abs(bell.weights.sum(axis=0) - weights).sum() < 4e-6
    assert abs(bell.weights.sum() - 1) < 1e-12


@pytest.mark.parametrize(
    "weights",
    [np.arange(1.0, 50), 30.0 - np.abs(np.arange(-29, 30)), gaussian(3, 61), np.roll(gaussian(10, 61), 1)],
    ids=["ramp", "triangle", "narrow", "off centre"],
)
def test_what_is_no_wide_bell_is_refused(weights: NDArray[np.float64]) -> None:
    """What leans, has corners, or ends long before its window, is not fitted."""
    assert as_bell(weights, 6, 4e-6) is None


def test_recurrence_gives_the_sums() -> None:
    """Sums and changes, begun and carried on by the tables, are those under the weights."""
    bell = as_bell(gaussian(8, 49), 6, 4e-6)
    assert bell is not None
    x = np.random.default_rng(0).random(200)
    held, height = bell.starts @ x[:50], bell.height
    sums, changes = held[[0, 2, 4, 6, 8, 10]], np.concatenate([[0], held[1::2]])
    weights = bell.weights.sum(axis=0)
    for n in range(150 - 1):
        change = (x[n] - x[n + 1]) + (x[n + height + 1] - x[n + height])
        new = changes + bell.factors[0] * change + bell.factors[1] * (x[n + 1] + x[n + height])
        changes = new - bell.factors[2] * sums
        sums = sums + changes
        sums[0] = bell.weights[0] @ x[n + 2 : n + 2 + height]
        np.testing.assert_allclose(sums.sum(), weights @ x[n + 2 : n + 2 + height], atol=1e-12)
