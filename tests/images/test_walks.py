"""Gaussians in two walks over a picture, against the same filter weight by weight."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from convolens.images import filter_image, fused, walks
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads
from convolens.spec.borders import MODES

pytestmark = pytest.mark.skipif(not compiler.available(), reason="nothing can be compiled here")

FAR = 1e-5  # that a sum of floating-point numbers may be off


@pytest.fixture(autouse=True)
def walked(monkeypatch: pytest.MonkeyPatch) -> list[walks.Walks]:
    """Let small kernels over small pictures walk, in several strips and blocks, and list who did."""
    taken: list[walks.Walks] = []
    run = walks.Walks.run

    def watched(self: walks.Walks, *arrays: NDArray[Any]) -> None:
        taken.append(self)
        run(self, *arrays)

    smaller = {name: dataclasses.replace(chosen, sides=26) for name, chosen in walks.NUMBERS.items()}
    monkeypatch.setattr(walks, "NUMBERS", smaller)
    monkeypatch.setattr(walks.Walks, "run", watched)
    monkeypatch.setattr(walks, "MOST_PIXELS", 150)
    monkeypatch.setattr(fused, "WORTH_COMPILING", 0)
    fused._loops.cache_clear()
    return taken


def bell(sigma: float, size: int) -> NDArray[np.float64]:
    """Sample a Gaussian, scaled to sum to one."""
    profile = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    return profile / profile.sum()


def drawn(shape: tuple[int, ...], dtype: str, levels: int = 1 << 16) -> NDArray[Any]:
    """Draw pixels between 0 and the brightest, of so many levels."""
    brightest = 1 if dtype == "float32" else np.iinfo(dtype).max
    steps = np.random.default_rng(3).integers(0, levels, shape)
    return (steps * (brightest / (levels - 1))).astype(dtype)


def check(found: NDArray[Any], pixels: NDArray[Any], kernel: NDArray[Any], **options: Any) -> None:
    """Compare with float64: as near as promised, and integers off by one only near the middle of two levels."""
    sums = filter_image(pixels.astype(np.float64), kernel, **options)
    if pixels.dtype.kind == "f":
        np.testing.assert_allclose(found, sums, rtol=0, atol=FAR)
    else:
        brightest = np.iinfo(pixels.dtype).max
        assert (np.abs(found - np.clip(sums, 0, brightest)) <= 0.51).all()


@pytest.mark.parametrize("dtype", fused.DTYPES)
@pytest.mark.parametrize("border", [*MODES, 1])
def test_agrees_with_sums(walked: list[walks.Walks], dtype: str, border: Any) -> None:
    """Grey and colour, strips that are left over, kernels that are turned, even or higher than the picture."""
    for shape, column, row, flip in (
        ((310, 331), bell(5, 30), bell(4, 25), True),
        ((70, 90, 3), bell(40, 241), bell(3, 18), False),
    ):
        pixels, kernel = drawn(shape, dtype), np.outer(column, row)
        count = len(walked)
        check(filter_image(pixels, kernel, border=border, flip=flip), pixels, kernel, border=border, flip=flip)
        assert len(walked) == count + 1


@pytest.mark.parametrize("dtype", fused.DTYPES)
def test_off_by_no_more_than_promised(
    monkeypatch: pytest.MonkeyPatch, walked: list[walks.Walks], dtype: str
) -> None:
    """Black and white, in blotches of a window's size and smaller, over as many rows as are summed in turn."""
    monkeypatch.setattr(walks, "MOST_PIXELS", 512)
    kernel = np.outer(bell(20, 121), bell(20, 121))
    for blotch in (1, 60, 121):
        few = drawn((1030 // blotch + 1, 70 // blotch + 1), dtype, levels=2)
        pixels = np.ascontiguousarray(np.kron(few, np.ones((blotch, blotch), dtype))[:1030, :70])
        check(filter_image(pixels, kernel), pixels, kernel)
    assert len(walked) == 3


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_plain_areas_stay_plain(walked: list[walks.Walks], dtype: str) -> None:
    """Every level stays what it is."""
    kernel = np.outer(bell(10, 61), bell(10, 61))
    for level in (0, 1, 127, 254, np.iinfo(dtype).max):
        pixels = np.full((150, 90), level, dtype)
        np.testing.assert_array_equal(filter_image(pixels, kernel), pixels)
    assert len(walked) == 5


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_does_not_depend_on_threads(walked: list[walks.Walks], dtype: str) -> None:
    """The same bits in every run, also where strips are left over."""
    pixels, kernel, results = drawn((350, 401, 3), dtype), np.outer(bell(6, 37), bell(6, 37)), []
    for count in (1, 2, 5):
        with threads(count):
            results.append(filter_image(pixels, kernel))
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0], strict=True)
    assert len(walked) == 3


def test_scales_signs_and_out(walked: list[walks.Walks]) -> None:
    """Weights that sum to less, or in floating point to more, than one; results in their place, and no further."""
    kernel = np.outer(bell(6, 37), bell(6, 37))
    for dtype, total in (("uint8", 0.3), ("float32", 2.5)):
        pixels = drawn((110, 120), dtype)
        room = np.full((120, 140), 77, dtype)
        found = filter_image(pixels, total * kernel, response="absolute", out=room[5:-5, 10:-10])
        check(found, pixels, total * kernel)
        room[5:-5, 10:-10] = 77
        assert (room == 77).all()
    assert len(walked) == 2


def test_what_would_be_wrong_goes_another_way(walked: list[walks.Walks]) -> None:
    """Exact sums, growing sums of integers, borders beyond white, kernels that lean, NaN and infinity."""
    pixels, kernel = drawn((110, 120), "uint8"), np.outer(bell(6, 37), bell(6, 37))
    filter_image(pixels, kernel, exact=True)
    filter_image(pixels, 1.5 * kernel)
    filter_image(pixels, kernel, border=300)
    filter_image(pixels, -kernel)
    filter_image(pixels, np.outer(bell(6, 37), np.roll(bell(6, 37), 2)))
    for value in (np.nan, np.inf, 3e38):
        numbers = drawn((110, 120), "float32")
        numbers[50, 60] = value
        found = filter_image(numbers, kernel)
        assert np.isfinite(found[:, :41]).all()
        assert np.abs(found[:, :41]).max() <= 1
    assert not walked
