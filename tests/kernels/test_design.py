"""Kernels sampled from a formula: against SciPy, scikit-image, and what their formulas promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.filters import gabor_kernel

from convolens.errors import SpecError
from convolens.kernels import design
from convolens.kernels.checks import LARGEST_SIDE

sigmas = st.floats(0.25, 6.0)
angles = st.floats(-400.0, 400.0)


@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.5])
def test_gaussian_agrees_with_scipy(sigma: float) -> None:
    """The kernel is SciPy's response to a single bright cell."""
    weights = design.gaussian(sigma)
    radius = len(weights) // 2
    expected = ndimage.gaussian_filter(design.identity(len(weights)), sigma, radius=radius, mode="constant")
    np.testing.assert_allclose(weights, expected, rtol=1e-12, atol=1e-15)


def test_gaussian_size_may_be_any() -> None:
    """An even side is centred between cells; the default side reaches 3 sigma."""
    even = design.gaussian(1.0, size=4)
    assert even.shape == (4, 4)
    np.testing.assert_allclose(even[1, 2] / even[1, 3], math.exp((1.5**2 - 0.5**2) / 2))
    assert design.gaussian(1.5).shape == (11, 11)


@pytest.mark.parametrize("sigma", [1e-300, 5e-324, 1e-3])
@pytest.mark.parametrize("size", [3, 4])
def test_gaussian_narrower_than_a_cell_is_the_mean_of_the_centre(sigma: float, size: int) -> None:
    """A vanishing sigma leaves the centre cell, or the four around an even centre, without a warning."""
    expected = np.zeros((size, size))
    inner = slice((size - 1) // 2, size // 2 + 1)
    expected[inner, inner] = 1.0 if size % 2 else 0.25
    np.testing.assert_allclose(design.gaussian(sigma, size), expected, atol=1e-15)


@given(sigma=sigmas, length=st.floats(1, 30), angle=angles)
def test_blurs_sum_to_one_and_are_nowhere_negative(sigma: float, length: float, angle: float) -> None:
    """Every blur is a weighted mean, symmetric about its centre."""
    for weights in (design.gaussian(sigma), design.box(3), design.motion_blur(length, angle)):
        assert weights.sum() == pytest.approx(1, abs=1e-12)
        assert weights.min() >= 0
        np.testing.assert_allclose(weights, weights[::-1, ::-1], atol=1e-12)


@given(sigma=sigmas)
def test_log_is_exact_on_parabolas(sigma: float) -> None:
    """The response to x²/2 is 1, to y²/2 is 1, to a plane and to xy is 0."""
    weights = design.log(sigma)
    position = np.arange(len(weights)) - len(weights) // 2
    rows, columns = np.meshgrid(position, position, indexing="ij")
    responses = [
        (weights * image).sum() for image in (columns**2 / 2, rows**2 / 2, rows + columns, rows * columns)
    ]
    np.testing.assert_allclose(responses, [1, 1, 0, 0], atol=1e-9)
    assert abs(weights.sum()) < 1e-12
    assert weights[len(weights) // 2, len(weights) // 2] < 0


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_log_follows_its_formula(sigma: float) -> None:
    """Where the samples are fine enough, the kernel is the textbook's formula."""
    weights = design.log(sigma, size=2 * math.ceil(6 * sigma) + 1)
    squares = (np.arange(len(weights)) - len(weights) // 2) ** 2
    radius = squares[:, None] + squares[None, :]
    formula = (radius - 2 * sigma**2) / sigma**4 * np.exp(-radius / (2 * sigma**2)) / (2 * math.pi * sigma**2)
    np.testing.assert_allclose(weights, formula, atol=1e-5 * np.abs(formula).max())


def test_log_becomes_the_laplacian() -> None:
    """At the smallest sigma nearly all of the weight is that of the 4-neighbour Laplacian."""
    np.testing.assert_allclose(design.log(0.25, size=3), [[0, 1, 0], [1, -4, 1], [0, 1, 0]], atol=4e-3)


def test_dog_and_unsharp_follow_from_gaussians() -> None:
    """Both are sums of Gaussians and the identity."""
    np.testing.assert_allclose(design.dog(1, 2, size=9), design.gaussian(1, 9) - design.gaussian(2, 9))
    expected = 1.5 * design.identity(7) - 0.5 * design.gaussian(1, 7)
    np.testing.assert_allclose(design.unsharp(1, amount=0.5), expected)


@pytest.mark.parametrize(
    ("length", "angle", "expected"),
    [
        (3, 0, [[1, 1, 1]]),
        (3, 90, [[1], [1], [1]]),
        (3, 180, [[1, 1, 1]]),
        (4, 0, [[0.5, 1, 1, 1, 0.5]]),
        (1, 33, [[1]]),
        (1 + 2 * math.sqrt(2), 45, [[0, 0.2929, 1], [0.2929, 1, 0.2929], [1, 0.2929, 0]]),
    ],
)
def test_motion_blur_by_hand(length: float, angle: float, expected: list[list[float]]) -> None:
    """Straight and diagonal paths; 45° rises to the right; a cell's weight is 1 less its distance to the path."""
    weights = np.array(expected)
    np.testing.assert_allclose(design.motion_blur(length, angle), weights / weights.sum(), atol=1e-4)


@given(length=st.floats(1, 40), angle=angles)
def test_motion_blur_turns_with_its_angle(length: float, angle: float) -> None:
    """A quarter turn more is the same kernel turned by a quarter."""
    turned = design.motion_blur(length, angle + 90)
    np.testing.assert_allclose(turned, np.rot90(design.motion_blur(length, angle)), atol=1e-9)


@pytest.mark.parametrize("orientation", [0, 30, 90, 135])
@pytest.mark.parametrize("phase", [0, 90, -45])
def test_gabor_agrees_with_scikit_image(orientation: float, phase: float) -> None:
    """After the mean is taken out and the scale set, it is scikit-image's, whose angle is across the stripes."""
    wavelength, sigma, aspect = 5.0, 2.0, 0.5
    weights = design.gabor(orientation, wavelength, phase, sigma, aspect, size=31)
    theirs = gabor_kernel(
        1 / wavelength,
        theta=math.radians(90 - orientation),
        sigma_x=sigma,
        sigma_y=sigma / aspect,
        n_stds=10,
        offset=math.radians(phase),
    )
    rows, columns = (slice(n // 2 - 15, n // 2 + 16) for n in theirs.shape)
    wave, envelope = theirs.real[rows, columns], np.abs(theirs[rows, columns])
    expected = wave - envelope * wave.sum() / envelope.sum()
    np.testing.assert_allclose(weights, expected / np.abs(expected).sum(), atol=1e-12)


@given(orientation=angles, wavelength=st.floats(2.5, 10), phase=st.floats(-180, 180), aspect=st.floats(0.4, 2))
def test_gabor_is_balanced(orientation: float, wavelength: float, phase: float, aspect: float) -> None:
    """Even areas give nothing, and no response is larger than the image."""
    weights = design.gabor(orientation, wavelength, phase, aspect=aspect)
    assert abs(weights.sum()) < 1e-12
    assert np.abs(weights).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: design.gaussian(0), "sigma must be a finite number greater than 0, found 0"),
        (lambda: design.gaussian(-1), "greater than 0, found -1"),
        (lambda: design.gaussian(math.nan), "found nan"),
        (lambda: design.gaussian(math.inf), "found inf"),
        (lambda: design.gaussian("2"), "found '2'"),  # type: ignore[arg-type]
        (lambda: design.gaussian(True), "found True"),
        (lambda: design.gaussian(1e9), "more than 2047 cells a side"),
        (lambda: design.gaussian(1, size=0), "size must be a whole number from 1 to 2047, found 0"),
        (lambda: design.gaussian(1, size=-3), "found -3"),
        (lambda: design.gaussian(1, size=10**12), "found 1000000000000"),
        (lambda: design.gaussian(1, size=3.0), "found 3.0"),  # type: ignore[arg-type]
        (lambda: design.box(LARGEST_SIDE + 1), "found 2048"),
        (lambda: design.identity(4), "size must be odd, so that one cell is the centre, found 4; use 3 or 5"),
        (lambda: design.log(0.1), "sigma must be a finite number of at least 0.25, found 0.1"),
        (lambda: design.log(1, size=1), "size must be a whole number from 3"),
        (lambda: design.log(300), "sigma=300 needs a kernel of more than 2047"),
        (lambda: design.dog(1, ratio=1), "ratio must be a finite number of at least 1.01, found 1"),
        (lambda: design.unsharp(1, amount=0), "amount must be"),
        (lambda: design.unsharp(1, size=4), "size must be odd"),
        (lambda: design.motion_blur(0.5), "length must be a finite number of at least 1"),
        (lambda: design.motion_blur(1e7), "length=1e+07 needs"),
        (lambda: design.motion_blur(3, math.inf), "angle must be a finite number"),
        (lambda: design.gabor(math.nan), "orientation must be a finite number"),
        (lambda: design.gabor(wavelength=1), "wavelength must be a finite number of at least 2"),
        (lambda: design.gabor(aspect=0), "aspect must be"),
        (lambda: design.gabor(size=8), "size must be odd"),
        (lambda: design.gabor(sigma=1e-5, size=5), "no weight that differs from 0"),
        (lambda: design.gabor(wavelength=2, phase=90, size=9), "no weight that differs from 0"),
    ],
)
def test_parameters_that_do_not_fit(make, words: str) -> None:  # type: ignore[no-untyped-def]
    """Each is refused in one line that says what was found."""
    with pytest.raises(SpecError) as caught:
        make()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
