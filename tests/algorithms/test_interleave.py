"""Planes of few channels set side by side, against NumPy."""

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms.interleave import interleave, takes
from convolens.runtime import compile as compiler

pytestmark = pytest.mark.skipif(not compiler.available(), reason="nothing can be compiled here")


@pytest.mark.parametrize(("dtype", "channels"), [("f4", 3), ("f8", 2), ("f4", 4)])
def test_agrees_with_numpy(dtype: str, channels: int) -> None:
    """Sizes that do not come out even, several images; what lies around stays."""
    for size in ((90, 91), (129, 67), (33, 5, 51)):
        x = np.random.default_rng(0).normal(size=(2, channels, *size)).astype(dtype)
        guarded = np.full((4, *size, channels), 7, dtype)
        out = np.moveaxis(guarded[1:3], -1, 1)
        assert takes(x, out)
        with cl.threads(3):
            interleave(x, out)
        np.testing.assert_array_equal(out, x)
        assert (guarded[[0, 3]] == 7).all()


def test_what_it_leaves_alone() -> None:
    """Other types, many channels, small maps, maps that lie otherwise."""
    x = np.zeros((1, 3, 90, 90), np.float32)
    out = np.moveaxis(np.empty((1, 90, 90, 3), np.float32), -1, 1)
    assert takes(x, out)
    assert not takes(x, x)
    assert not takes(out, out)
    assert not takes(x.astype("f8"), out)
    assert not takes(x[:, :, :9], out[:, :, :9])
    assert not takes(x[:, :1], out[:, :1])
