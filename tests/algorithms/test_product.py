"""A matrix times a vector by compiled loops, against NumPy."""

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms.product import LEAST, refusal, run
from convolens.ops.activations import ACTIVATIONS
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned

pytestmark = pytest.mark.skipif(not compiler.available(), reason="nothing can be compiled here")


@pytest.mark.parametrize(("dtype", "activation"), [("f4", "relu"), ("f8", None), ("f4", "gelu")])
def test_agrees_with_numpy(dtype: str, activation: str | None) -> None:
    """Rows and vectors that do not come out even, NaN in one row; what lies around stays; whatever the threads."""
    random = np.random.default_rng(0)
    for rows, length in ((5, 8191), (1003, 517), (4, 8192), (130, 1024), (1025, 33)):
        matrix, vector, bias = (random.normal(size=s).astype(dtype) for s in ((rows, length), length, rows))
        matrix[2, -1] = np.nan
        assert refusal((rows, length), matrix.dtype, activation) is None
        wanted = matrix.astype("f8") @ vector + bias
        wanted = ACTIVATIONS[activation](wanted) if activation else wanted
        found = []
        for threads in (1, 3):
            guarded = np.full(rows + 2, 7, dtype)
            with cl.threads(threads):
                run(Pinned(matrix), vector, Pinned(bias), activation, guarded[1:-1])
            assert guarded[0] == guarded[-1] == 7
            found.append(guarded[1:-1])
        np.testing.assert_array_equal(*found)
        np.testing.assert_allclose(found[0], wanted, rtol=1e-5 if dtype == "f4" else 1e-13, atol=2e-4)


def test_what_is_refused() -> None:
    """Small matrices, rows shorter than a vector, other types, smooth functions in double precision."""
    single, shape = np.dtype("f4"), (LEAST // 64, 64)
    assert refusal(shape, single, "silu") is None
    assert refusal(shape, np.dtype("f8"), "silu")
    assert refusal(shape, np.dtype("f2"), None)
    for small in ((3, LEAST), (LEAST, 3), (8, 8)):
        assert refusal(small, single, None)
