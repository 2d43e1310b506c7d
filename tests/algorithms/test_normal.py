"""Layer normalisation by compiled loops, against NumPy."""

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms.normal import refusal, run
from convolens.runtime import compile as compiler

pytestmark = pytest.mark.skipif(not compiler.available(), reason="nothing can be compiled here")


@pytest.mark.parametrize(("dtype", "channels"), [("f4", 96), ("f4", 53), ("f8", 21), ("f4", 3), ("f4", 1)])
def test_agrees_with_numpy(dtype: str, channels: int) -> None:
    """Any number of channels, also of larger maps; a mean far from 0; a NaN stays in its cell."""
    random = np.random.default_rng(0)
    whole = (random.normal(size=(2, 5, 7, channels + 3)) + 30).astype(dtype)
    whole[0, 1, 2, 1] = np.nan
    x = np.moveaxis(whole, -1, 1)[:, 1:-2]
    scale, shift = (random.normal(size=channels).astype(dtype) for _ in range(2))
    exact, epsilon = x.astype("f8"), 1e-3
    centred = exact - exact.mean(1, keepdims=True)
    wanted = centred / np.sqrt((centred**2).mean(1, keepdims=True) + epsilon)
    wanted = wanted * scale[:, None, None] + shift[:, None, None]
    guarded = np.full_like(whole, 7)
    with cl.threads(3):
        assert run(x, scale, shift, epsilon, np.moveaxis(guarded, -1, 1)[:, 1:-2])
    found = np.moveaxis(guarded, -1, 1)
    np.testing.assert_allclose(found[:, 1:-2], wanted, rtol=0, atol=1e-4 if dtype == "f4" else 1e-12)
    assert np.isnan(found[0, 1:-2, 1, 2]).all()
    assert (guarded[..., 0] == 7).all()
    assert (guarded[..., -2:] == 7).all()


def test_what_is_refused() -> None:
    """Other types; channels that lie apart."""
    assert refusal(np.dtype("f2"))
    x, ones = np.zeros((2, 8, 4, 4), np.float32), np.ones(8, np.float32)
    assert not run(x, ones, ones, 1e-6, np.empty_like(x))
