"""Calls that are made again: on arrays that lie as earlier ones did, for numbers that the plan may serve."""

from typing import Any

import numpy as np
import pytest

from convolens.ops.prepared import prepare_conv
from convolens.ops.repeats import MOST_REPLAYS
from convolens.runtime import compile as compiler

pytestmark = pytest.mark.skipif(compiler.linker() is None, reason="nothing is linked here")


@pytest.fixture
def conv() -> Any:
    """Prepare a convolution that compiled functions compute."""
    return prepare_conv(np.ones((16, 16, 3, 3), np.float32), algorithm="tiled")


def test_arrays_alike(conv: Any) -> None:
    """A call is found again for arrays of its shape, strides and dtype, and computes what it did."""
    x = np.random.default_rng(2).normal(size=(1, 16, 9, 11)).astype(np.float32)
    expected = conv(x)
    again = conv._repeats.again(x.copy(), None, lambda *_: True)
    np.testing.assert_array_equal(again, expected)
    out = np.empty_like(expected)
    assert conv(x, out=out) is out
    assert conv._repeats.again(x, out, lambda *_: True) is out
    for other in (x[:, :, 1:], np.asfortranarray(x), x.astype(np.float64), x.tolist()):
        assert conv._repeats.again(other, None, lambda *_: True) is None
    out.flags.writeable = False
    assert conv._repeats.again(x, out, lambda *_: True) is None


def test_few_are_kept(conv: Any) -> None:
    """Of many shapes a few are held, and none once all is let go."""
    for rows in range(9, 9 + 2 * MOST_REPLAYS):
        conv(np.ones((1, 16, rows, 11), np.float32))
        assert 1 <= len(conv._repeats._replays) <= MOST_REPLAYS
    conv._repeats.forget()
    assert conv._repeats.again(np.ones((1, 16, rows, 11), np.float32), None, lambda *_: True) is None
