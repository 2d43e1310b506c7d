"""Compiled passes over maps whose channels lie together: what normalisation takes of each channel and gives."""

import functools
import math

import numpy as np

from convolens.ops.arrays import Array
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import cpu
from convolens.runtime.memory import empty
from convolens.runtime.replay import Repeated

PIPELINE = "convolens.pipelines.channels"
LEAST = 1 << 12  # numbers below which NumPy is as fast
LEAST_LANES = 4
MOST_VECTORS = 4
SHARE_ROWS = 256  # rows whose sums are taken in the type of the map


def takes(x: Array) -> bool:
    """Whether compiled loops take a map (N, C, size…): many floats, with channels innermost that fill vectors."""
    return (
        x.size >= LEAST
        and x.dtype in (np.float32, np.float64)
        and _lanes(x) >= LEAST_LANES
        and x.transpose(0, *range(2, x.ndim), 1).flags.c_contiguous
        and compiler.available()
    )


def _lanes(x: Array) -> int:
    """Count the channels of a vector, a power of two that divides them."""
    return math.gcd(x.shape[1], cpu().vector_bytes // x.itemsize)


def sums(work: str, *maps: Array, centre: Array | None = None) -> Array:
    """
    Take ``sums``, ``squares`` or ``products`` of maps (N, C, size…), as the pipeline does, in float64.

    Returns
    -------
    ndarray, shape (sums, C)
    """
    rows = [_rows(x) for x in maps]
    count, channels = rows[0].shape
    out = empty((-(-count // SHARE_ROWS), 2 if work == "products" else 1, channels), rows[0].dtype)
    numbers = [] if centre is None else [np.ascontiguousarray(centre, out.dtype).reshape(1, -1)]
    _pass(work)(*rows, *numbers, out)
    total: Array = out.sum(axis=0, dtype=np.float64)
    return total


def line(work: str, maps: tuple[Array, ...], *numbers: Array) -> Array:
    """Give a ``line`` or a ``plane`` of maps (N, C, size…), with so many numbers for each channel."""
    rows, given = [_rows(x) for x in maps], np.array(numbers, maps[0].dtype)
    out = empty(rows[0].shape, rows[0].dtype)
    _pass(work)(*rows, given, out)
    batch, channels, *size = maps[0].shape
    return out.reshape(batch, *size, channels).transpose(0, len(size) + 1, *range(1, len(size) + 1))


def _rows(x: Array) -> Array:
    return x.transpose(0, *range(2, x.ndim), 1).reshape(-1, x.shape[1])


@functools.cache
def _pass(work: str) -> Repeated:
    def run(*arrays: Array) -> None:
        x = arrays[0]
        lanes = _lanes(x)
        vectors = math.gcd(x.shape[1] // lanes, MOST_VECTORS)
        function = compiler.load(PIPELINE, dtype=x.dtype.name, lanes=lanes, vectors=vectors, work=work)
        function(*arrays, scalars=(SHARE_ROWS,) if work in ("sums", "squares", "products") else ())

    return Repeated(run)
