"""The largest magnitude in an array, found while it is read once."""

import functools
import math
from typing import Any

import numpy as np

from convolens.ops.arrays import Array, quietly
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import cpu

PIPELINE = "convolens.pipelines.magnitude"
BLOCK = 1 << 14  # elements a task
LEAST = 1 << 17  # elements below which NumPy is as fast
WORTH_COMPILING = 1 << 30  # bytes in all calls, from which the time that they save is that of the compiler
VECTORS = 4


def is_tame(x: Array, border: float, factor: float, dtype: np.dtype[Any], calls: int = 1) -> bool:
    """
    Whether ``x`` and the border are finite, and ``factor`` times they do not overflow in ``dtype``.

    ``calls`` is how often arrays like ``x`` are looked at.
    """
    most, factor = _largest_number(dtype), float(factor)
    if not (factor < most and abs(border) * factor < most):
        return False
    # No magnitude exceeds the norm, which BLAS finds in less time than NumPy the extremes.
    small = x.size < LEAST and x.dtype.char in "fd" and _norm(x) * factor < most
    return small or largest_magnitude(x, calls) * factor < most


def magnitude_bound(x: Array, calls: int = 1) -> float:
    """
    Return what no magnitude in ``x`` is above, of floats: the largest, or where that is found sooner, the norm.

    >>> round(magnitude_bound(np.array([3.0, -4.0])), 9)
    5.0
    """
    return _norm(x) if x.size < LEAST and x.dtype.char in "fd" else largest_magnitude(x, calls)


@functools.cache
def _largest_number(dtype: np.dtype[Any]) -> float:
    return float(np.finfo(dtype).max)


@functools.cache
def _lost(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Tell what share of a sum a term may round away, and the largest square that may vanish."""
    limits = np.finfo(dtype)
    return float(limits.eps), float(limits.smallest_normal)


@quietly
def _norm(x: Array) -> float:
    """Find the norm, or somewhat more: never less."""
    numbers, (share, square) = x.ravel(order="K"), _lost(x.dtype)
    return math.sqrt(np.dot(numbers, numbers)) * (1 + share * x.size) + math.sqrt(square * x.size)


def largest_magnitude(x: Array, calls: int = 1) -> float:
    """
    Return the largest magnitude among the floats of ``x``, NaN if there is one; 0 if there are none.

    Compiled loops find it where they are there already, or where so many ``calls`` are worth compiling them.

    >>> largest_magnitude(np.array([1.5, -2.5])), largest_magnitude(np.array([np.inf, np.nan]))
    (2.5, nan)
    """
    if x.size == 0:
        return 0.0
    forward = x[tuple(slice(None, None, -1 if step < 0 else 1) for step in x.strides)]
    cells = forward.transpose(sorted(range(x.ndim), key=lambda axis: -forward.strides[axis]))
    lanes = cpu().vector_bytes // x.itemsize
    parameters = {"bits": 8 * x.itemsize, "lanes": lanes, "vectors": VECTORS, "block": BLOCK}
    if (
        x.size < LEAST
        or not x.dtype.isnative
        or not cells.flags.c_contiguous
        or not compiler.available()
        or (calls * x.nbytes < WORTH_COMPILING and not compiler.ready(PIPELINE, **parameters))
    ):
        return float(np.abs([x.min(), x.max()]).max())
    bits = np.dtype(f"u{x.itemsize}")
    function = compiler.load(PIPELINE, **parameters)
    blocks = np.empty(-(-x.size // BLOCK), bits)
    function(cells.reshape(-1).view(bits), blocks)
    return float(blocks.max().view(x.dtype))
