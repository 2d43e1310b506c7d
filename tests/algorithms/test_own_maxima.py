"""Maxima of windows side by side, with places in bytes, against those with indices."""

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms.own_maxima import maxima, refusal, spread
from convolens.runtime import compile as compiler

pytestmark = pytest.mark.skipif(not compiler.available(), reason="nothing can be compiled here")


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("window", [(2, 2), (1, 3)])
def test_values_places_and_way_back(dtype: str, window: tuple[int, int]) -> None:
    """Of equal cells the first, of NaN too; cells behind the last window get nothing; whatever the threads."""
    random = np.random.default_rng(0)
    for channels, height, width, count in ((16, 7, 9, 3), (37, 4, 6, 2), (21, 13, 3, 40)):
        x = random.integers(0, 4, (count, height, width, channels)).astype(dtype)
        x[random.random(x.shape) < 0.1] = np.nan
        assert refusal(x, window) is None
        sizes = height // window[0], width // window[1]
        grad = random.standard_normal((count, *sizes, channels)).astype(dtype)
        found = []
        for threads in (1, 3):
            with cl.threads(threads):
                values, places = maxima(x, window)
                found.append((values, places, spread(grad, places, x.shape, window)))
        for one, other in zip(*found, strict=True):
            np.testing.assert_array_equal(one, other)
        wanted, indices = cl.max_pool2d(x, window, layout="NHWC", return_indices=True)
        np.testing.assert_array_equal(found[0][0], wanted)
        back = cl.max_pool2d_grad(grad, indices, x.shape, layout="NHWC")
        np.testing.assert_array_equal(found[0][2], back)


def test_refusals() -> None:
    """Integers, few channels, channels apart, windows that are too large."""
    x = np.zeros((2, 8, 8, 32), np.float32)
    for given, window in (
        (x.astype("i4"), (2, 2)),
        (x[..., :3], (2, 2)),
        (x[..., ::2], (2, 2)),
        (x, (5, 5)),
        (x, (1, 1)),
        (x[:, :1], (2, 2)),
        (x[:0], (2, 2)),
    ):
        assert refusal(given, window)
