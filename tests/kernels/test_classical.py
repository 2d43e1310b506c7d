"""Kernels of whole numbers: against SciPy and scikit-image, and turned by hand."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage
from skimage import filters

from convolens.errors import SpecError
from convolens.kernels import classical

image = np.random.default_rng(0).integers(0, 256, (9, 11)).astype(float)


def respond(weights: np.ndarray) -> np.ndarray:
    """SciPy's correlation of the test image, without the margin where borders matter."""
    return ndimage.correlate(image, weights)[2:-2, 2:-2]


@pytest.mark.parametrize(("axis", "number"), [("x", 1), ("y", 0)])
def test_gradients_agree_with_scipy_and_scikit_image(axis: classical.Axis, number: int) -> None:
    """Same values and signs as SciPy's Sobel and Prewitt; Scharr's is 16 times scikit-image's mean gradient."""
    inner = (slice(2, -2), slice(2, -2))
    np.testing.assert_allclose(respond(classical.sobel(axis)), ndimage.sobel(image, axis=number)[inner])
    np.testing.assert_allclose(respond(classical.prewitt(axis)), ndimage.prewitt(image, axis=number)[inner])
    np.testing.assert_allclose(respond(classical.scharr(axis)) / 16, filters.scharr(image, axis=number)[inner])


def test_laplacian_agrees_with_scipy() -> None:
    """The 4-neighbour one is SciPy's; the 8-neighbour one adds the diagonals."""
    np.testing.assert_allclose(respond(classical.laplacian(4)), ndimage.laplace(image)[2:-2, 2:-2])
    np.testing.assert_array_equal(
        classical.laplacian(8) - classical.laplacian(4), [[1, 0, 1], [0, -4, 0], [1, 0, 1]]
    )


def test_emboss_is_the_image_plus_a_slope() -> None:
    """The formula that the catalogue gives for it."""
    identity = [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    np.testing.assert_array_equal(classical.emboss(), identity + classical.robinson(45))


@pytest.mark.parametrize("make", [classical.edge, classical.robinson, classical.kirsch, classical.line])
def test_compass_kernels_turn(make: Callable[[float], np.ndarray]) -> None:
    """A right angle turns the array as NumPy does, 360° changes nothing, the sum stays 0."""
    for angle in range(-180, 360, 45):
        np.testing.assert_array_equal(make(angle + 90), np.rot90(make(angle)))
        np.testing.assert_array_equal(make(angle + 360), make(angle))
        assert make(angle).sum() == 0
        assert make(angle).dtype == np.int64


def test_compass_kernels_as_published() -> None:
    """Kirsch's and Robinson's tables, by the side that is brighter."""
    np.testing.assert_array_equal(classical.kirsch(0), [[-3, -3, -3], [-3, 0, -3], [5, 5, 5]])
    np.testing.assert_array_equal(classical.kirsch(135), [[-3, 5, 5], [-3, 0, 5], [-3, -3, -3]])
    np.testing.assert_array_equal(classical.robinson(90), classical.sobel("x"))
    np.testing.assert_array_equal(classical.robinson(135), [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]])
    np.testing.assert_array_equal(classical.edge(90), classical.prewitt("x"))
    np.testing.assert_array_equal(classical.line(135), [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]])


def test_worked_examples() -> None:
    """765 on a step from 0 to 255, 0 on an even patch, and 2 for the window 1 2 0 / 0 1 2 / 2 0 1."""
    assert (classical.prewitt("y") * [[0, 0, 0], [7, 8, 9], [255, 255, 255]]).sum() == 765
    assert (classical.prewitt("y") * 77).sum() == 0
    assert (classical.sobel("x") * [[1, 2, 0], [0, 1, 2], [2, 0, 1]]).sum() == 2


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: classical.sobel("z"), "axis must be 'x' or 'y', found 'z'"),
        (lambda: classical.roberts(3), "diagonal must be 1 or 2, found 3"),
        (lambda: classical.laplacian(6), "neighbours must be 4 or 8, found 6"),
        (lambda: classical.kirsch(30), "angle must be a multiple of 45 for a 3 × 3 compass kernel, found 30"),
        (lambda: classical.line(float("nan")), "angle must be a finite number"),
    ],
)
def test_parameters_that_do_not_fit(make: Callable[[], object], words: str) -> None:
    """Each is refused with what was found."""
    with pytest.raises(SpecError, match=words.replace("(", r"\(")):
        make()
