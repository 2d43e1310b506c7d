"""Maxima of windows side by side with channels last, and the way back, by places that a byte holds."""

import functools
import math

import numpy as np

from convolens.algorithms.base import Array
from convolens.algorithms.pooling_gradients import OWN_CELLS, cut
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import cpu
from convolens.runtime.memory import empty
from convolens.runtime.replay import Repeated

PIPELINE = "convolens.pipelines.own_maxima"
MOST_CELLS = 16  # of a window, which are compared one after the other


def refusal(x: Array, window: tuple[int, ...]) -> str | None:
    """Say why maxima of ``x`` (N, H, W, C) are not taken here; None if they are."""
    if x.dtype not in (np.float32, np.float64):
        return "it takes float32 and float64"
    if math.prod(window) > MOST_CELLS or math.prod(window) < 2:
        return f"windows have 2 to {MOST_CELLS} cells"
    if not x.size or x.strides[-1] != x.itemsize or x.shape[-1] < _lanes(x):
        return f"it needs channels side by side, a vector of {_lanes(x)} or more"
    if any(n < k for n, k in zip(x.shape[1:3], window, strict=True)):
        return "there is no whole window"
    return compiler.unavailable()


def maxima(x: Array, window: tuple[int, int]) -> tuple[Array, Array]:
    """Return the largest number of each whole window of ``x`` (N, H, W, C), and its place in the window."""
    (rows, columns), (count, height, width, channels) = window, x.shape
    shape = count, height // rows, width // columns, channels
    values, places = empty(shape, x.dtype), empty(shape, np.uint8)
    _taking(window)(x, values, places)
    return values, places


@functools.lru_cache(maxsize=64)
def _taking(window: tuple[int, int]) -> Repeated:
    rows, columns = window

    def take(x: Array, values: Array, places: Array) -> None:
        function = compiler.load(PIPELINE, dtype=x.dtype.name, lanes=_lanes(x), rows=rows, columns=columns)
        function(x, values, places, scalars=cut(x, *values.shape[:2]))

    return Repeated(take)


def spread(numbers: Array, places: Array, shape: tuple[int, ...], window: tuple[int, int]) -> Array:
    """Bring numbers (N, H', W', C) to the cells of (N, H, W, C) that were the largest of their windows; else 0."""
    (rows, columns), (_, height, width, _) = window, numbers.shape
    out = empty(shape, numbers.dtype)
    _spreading(window)(numbers, places, out)
    if rows * height < shape[1] or columns * width < shape[2]:
        out[:, rows * height :] = 0  # nobody writes there: a script need not do so again
        out[:, :, columns * width :] = 0
    return out


@functools.lru_cache(maxsize=64)
def _spreading(window: tuple[int, int]) -> Repeated:
    rows, columns = window

    def spread(numbers: Array, places: Array, out: Array) -> None:
        (count, height, width, channels), dtype = numbers.shape, numbers.dtype.name
        plane, row, cell, channel = out.strides
        windows = np.lib.stride_tricks.as_strided(
            out,
            (count, height, rows, width, columns, channels),
            (plane, rows * row, row, columns * cell, cell, channel),
        )
        function = compiler.load(OWN_CELLS, dtype=dtype, lanes=_lanes(numbers), step=0, places="window")
        function(numbers, places, windows, scalars=(rows, columns, out.shape[2], *cut(out, count, height)))

    return Repeated(spread)


def _lanes(x: Array) -> int:
    return cpu().vector_bytes // x.itemsize
