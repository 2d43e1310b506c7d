"""What is particular to im2col: blocks of columns, and integers on BLAS."""

import math
import tracemalloc

import numpy as np
import pytest

from cases import computed, expected, random_arrays
from convolens.algorithms import ALGORITHMS
from convolens.algorithms.im2col import BLOCK_BYTES
from convolens.spec.geometry import ConvSpec

IM2COL = ALGORITHMS["im2col"]


def test_never_holds_the_unfolded_matrix() -> None:
    """All the columns of this image are 94 MB; a run takes a block of them at a time."""
    spec = ConvSpec((1, 1, 700, 700), (16, 1, 7, 7))
    x, weight = random_arrays(spec)
    out = np.empty(spec.output_shape, np.float32)
    tracemalloc.start()
    IM2COL.run(spec, IM2COL.prepare(spec, weight), x, out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert math.prod(spec.output_size) * math.prod(spec.kernel_size) * 4 > 10 * BLOCK_BYTES
    assert peak < BLOCK_BYTES


def test_small_integers_go_through_float64() -> None:
    """No sum of bytes can pass 2⁵³, so BLAS gives it exactly."""
    spec = ConvSpec((1, 3, 9, 9), (2, 3, 3, 3), dtype="u1", weight_dtype="i1")
    assert IM2COL.prepare(spec, np.full(spec.weight_shape, -128, np.int8)).dtype == np.float64


@pytest.mark.parametrize(("dtype", "border"), [("i8", 0), ("u8", 0), ("u1", 2**60), ("i4", -(2**60))], ids=str)
def test_large_integers_stay_integers(dtype: str, border: int) -> None:
    """Where input or border may be too large for float64, sums are taken in int64."""
    spec = ConvSpec((1, 1, 4), (1, 1, 3), padding=1, border=border, dtype=dtype, weight_dtype="i8")
    weight = np.array([[[1, 1, 1]]])
    x = np.array([[[1, 2, 3, 4]]], dtype)
    assert IM2COL.prepare(spec, weight).dtype == np.int64
    np.testing.assert_array_equal(computed(IM2COL, spec, x, weight), expected(spec, x, weight))
    assert computed(IM2COL, spec, x, weight)[0, 0, 0] == border + 3


def test_large_weights_stay_integers() -> None:
    """The limit is on the sums, so on the weights too: 127 · 2⁴⁷ and one more is not a float64."""
    spec = ConvSpec((1, 2, 1), (1, 2, 1), dtype="u1", weight_dtype="i8")
    x, weight = np.uint8([[[255], [1]]]), np.array([[[2**47], [1]]])
    assert computed(IM2COL, spec, x, weight).item() == 255 * 2**47 + 1
