"""Edge magnitude and direction: steps, ramps, turns, and every operator against SciPy."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from convolens.errors import UnknownNameError
from convolens.images import Image, edge_direction, edge_magnitude
from convolens.images.edges import OPERATORS, gradient_kernels
from convolens.kernels import kernels


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("turn", range(4))
def test_step_measures_its_height(operator: Any, turn: int) -> None:
    """An upright or level step of 100 measures 100 on both sides of it, and 0 elsewhere."""
    step = np.rot90(np.array([[20, 20, 120, 120]] * 4, np.uint8), turn)
    expected = np.rot90(np.array([[0, 100, 100, 0]] * 4), turn)
    np.testing.assert_array_equal(edge_magnitude(step, operator=operator), expected)


@pytest.mark.parametrize("operator", OPERATORS)
def test_ramps_point_the_right_way(operator: Any) -> None:
    """Brighter to the right is 0°, upward 90°, to the left 180°, downward −90°."""
    rows, columns = np.mgrid[:9, :9].astype(float)
    for degrees in range(-165, 181, 15):
        angle = np.radians(degrees)
        ramp = columns * np.cos(angle) - rows * np.sin(angle)
        found = edge_direction(ramp, operator=operator)[1:-1, 1:-1]
        turned = (found - degrees + 180) % 360 - 180
        np.testing.assert_allclose(turned, 0, atol=1e-9)
        np.testing.assert_allclose(edge_magnitude(ramp, operator=operator)[1:-1, 1:-1], 2)


def test_flat_has_direction_zero() -> None:
    """An even area has magnitude 0 and direction 0, and left is 180°, not −180°."""
    flat = np.full((4, 4), 7, np.uint8)
    assert (edge_magnitude(flat) == 0).all()
    assert (edge_direction(flat) == 0).all()
    left = np.tile(np.arange(9, 0, -1).astype(np.uint8), (4, 1))
    assert (edge_direction(left)[:, 1:-1] == 180).all()


@pytest.mark.parametrize("operator", OPERATORS)
def test_kernels_are_the_catalogues(operator: str) -> None:
    """The gradients are those of the named kernels, up to their scale."""
    for kernel, name in zip(gradient_kernels(operator), "xy", strict=True):
        named = np.asarray(kernels[f"{operator}-{name}"], float)
        np.testing.assert_allclose(named / np.abs(named).max(), kernel / np.abs(kernel).max())


def test_colour_alpha_and_dtype(rgb: NDArray[np.uint8]) -> None:
    """Channels are measured one by one, alpha stays, and the data type is kept unless raw."""
    expected = np.dstack(
        [
            np.hypot(
                *(
                    ndimage.correlate(rgb[..., c].astype(float), k, mode="mirror")
                    for k in gradient_kernels("sobel")
                )
            )
            for c in range(3)
        ]
    )
    raw = edge_magnitude(rgb, raw=True)
    np.testing.assert_allclose(raw, expected / 4)
    shown = edge_magnitude(rgb)
    assert shown.dtype == np.uint8
    np.testing.assert_array_equal(shown, np.rint(raw).clip(0, 255))
    four = np.dstack([rgb, rgb[..., 0]])
    np.testing.assert_array_equal(edge_magnitude(four), np.dstack([shown, rgb[..., 0]]))
    assert edge_direction(four).shape == rgb.shape
    picture = edge_magnitude(Image(rgb, alpha=rgb[..., 1]))
    np.testing.assert_array_equal(picture.pixels, shown)
    assert picture.alpha is not None
    assert edge_direction(Image(rgb, alpha=rgb[..., 1])).alpha is None


def test_unknown_operator() -> None:
    """A misspelt operator is told, and the right ones offered."""
    with pytest.raises(UnknownNameError, match="did you mean 'sobel'"):
        edge_magnitude(np.zeros((3, 3)), operator="soble")  # type: ignore[call-overload]
