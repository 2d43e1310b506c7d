"""Frequency responses: against waves that are filtered cell by cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convolens.errors import SpecError
from convolens.kernels import frequency_response, kernels


@pytest.mark.parametrize("name", kernels)
def test_zero_frequency_and_energy(name: str) -> None:
    """At frequency zero stands the sum; the mean square is the sum of squared weights (Parseval)."""
    kernel = kernels[name]
    response = frequency_response(kernel, size=32)
    assert response.frequencies[16] == 0
    assert response.magnitude[16, 16] == pytest.approx(abs(kernel.sum), abs=1e-12)
    assert (response.magnitude**2).mean() == pytest.approx((kernel.weights.astype(float) ** 2).sum())


@given(row=st.integers(0, 15), column=st.integers(0, 15), name=st.sampled_from(list(kernels)))
def test_a_wave_comes_out_that_much_larger(row: int, column: int, name: str) -> None:
    """A complex wave under the kernel is multiplied by a number of exactly that magnitude."""
    weights = kernels[name].weights[:15, :15]
    response = frequency_response(weights, size=16)
    rows, columns = np.indices(weights.shape)
    wave = np.exp(2j * np.pi * (response.frequencies[row] * rows + response.frequencies[column] * columns))
    assert abs((weights * wave).sum()) == pytest.approx(response.magnitude[row, column], abs=1e-9)


def test_box_against_gaussian() -> None:
    """A box turns back up after its zeros; a Gaussian of equal variance falls all the way."""
    size = 9
    sigma = np.sqrt((size**2 - 1) / 12)
    box = frequency_response(kernels.box(size), size=180)
    gaussian = frequency_response(kernels.gaussian(sigma=sigma, size=41), size=180)
    positive = slice(90, 180)
    box_axis, gaussian_axis = box.magnitude[90, positive], gaussian.magnitude[90, positive]
    assert np.all(np.diff(gaussian_axis[:45]) < 0)
    assert gaussian_axis[60:].max() < 1e-6
    np.testing.assert_allclose(box_axis[[20, 40, 60, 80]], 0, atol=1e-12)
    assert box_axis[21:40].max() == pytest.approx(0.22, abs=0.01)


def test_size_must_hold_the_kernel() -> None:
    """A grid smaller than the kernel would cut it off."""
    with pytest.raises(SpecError, match=r"size must be at least 7 for a kernel of \(7, 7\), found 5"):
        frequency_response(kernels["gaussian"], size=5)
    with pytest.raises(SpecError, match="size must be a whole number"):
        frequency_response(kernels["box"], size=0)


@given(sigma=st.floats(1, 4))
def test_a_gaussian_responds_as_a_gaussian(sigma: float) -> None:
    """The documentation's bound: within 0.01 of exp(−2π²σ²f²), along an axis."""
    response = frequency_response(kernels.gaussian(sigma), size=64)
    expected = np.exp(-2 * (np.pi * sigma * response.frequencies) ** 2)
    np.testing.assert_allclose(response.magnitude[32], expected, atol=0.01)
