"""Learned kernels called by name: up to scale and sign, and not where chance would do as well."""

import numpy as np
import pytest

from convolens.errors import SpecError
from convolens.kernels import kernels
from convolens.nn.looking import nearest_kernel, principal_pattern


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("sobel-x", "sobel-x"),
        ("laplacian-4", "laplacian-4"),
        ("robinson:angle=45", "robinson 45°"),
        ("identity:size=5", "identity"),
        ("box:size=4", "box"),
        ("gaussian:sigma=1.05,size=7", "gaussian"),
        ("gabor:orientation=68,wavelength=4,size=9", "gabor 67.5°"),
        ("roberts-2", "roberts-2"),
    ],
)
@pytest.mark.parametrize("scale", [2.5, -0.1])
def test_names(label: str, name: str, scale: float) -> None:
    """A kernel of the catalogue with a little noise has its name, with a minus where the sign is turned."""
    weights = kernels[label].weights * scale
    weights = weights + np.random.default_rng(0).normal(0, 0.03 * np.abs(weights).max(), weights.shape)
    found = nearest_kernel(weights)
    assert found is not None
    assert found.name == (name if scale > 0 else f"− {name}")
    assert found.is_near
    assert 0.95 < found.score <= 1


def test_smaller_kernels_are_found_in_the_middle() -> None:
    """A kernel of three cells with zeros around it is still that kernel."""
    found = nearest_kernel(np.pad(kernels["kirsch:angle=90"].weights, 1))
    assert found is not None
    assert (found.name, round(found.score, 6)) == ("kirsch 90°", 1)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_random_kernels_are_near_none(size: int) -> None:
    """Of kernels drawn at random, few are near anything: about one in twenty at most."""
    random = np.random.default_rng(size)
    found = [nearest_kernel(random.normal(size=(size, size))) for _ in range(200)]
    assert sum(one is not None and one.is_near for one in found) <= 20


def test_weights_that_have_no_name() -> None:
    """Where nothing of the catalogue fits there is no name; what is no kernel is refused."""
    assert nearest_kernel(np.ones((1, 2))) is None
    for wrong in (np.zeros((3, 3)), np.ones((1, 1)), np.ones(3), np.full((3, 3), np.nan)):
        with pytest.raises(SpecError, match="weights to be named"):
            nearest_kernel(wrong)


def test_principal_pattern() -> None:
    """One channel is its own pattern; of more, the pattern leaves as little as any product can."""
    random = np.random.default_rng(0)
    kernel = random.normal(size=(1, 3, 3))
    pattern, share = principal_pattern(kernel)
    np.testing.assert_allclose(pattern, kernel[0])
    assert share == pytest.approx(1)
    kernel = random.normal(size=(4, 3, 3))
    pattern, share = principal_pattern(kernel)
    numbers = np.tensordot(kernel, pattern, 2) / np.square(pattern).sum()
    left = np.square(kernel - numbers[:, None, None] * pattern).sum() / np.square(kernel).sum()
    assert left == pytest.approx(1 - share)
    assert numbers[np.abs(numbers).argmax()] > 0
