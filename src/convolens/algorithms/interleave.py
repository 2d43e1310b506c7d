"""Planes of a few channels set side by side, by compiled loops."""

import math

import numpy as np

from convolens.algorithms.base import Array
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import available_cores, cpu

PIPELINE = "convolens.pipelines.interleave"
CHANNELS = (2, 3, 4)
LEAST = 1 << 14  # numbers below which NumPy takes no longer
TASKS_PER_CORE = 2


def takes(x: Array, out: Array) -> bool:
    """Whether loops serve to copy ``x`` (N, C, size…), its cells side by side, to ``out``, its channels so."""
    return (
        x.ndim > 2
        and x.shape == out.shape
        and x.dtype == out.dtype
        and x.dtype in (np.float32, np.float64)
        and x.dtype.isnative
        and x.shape[1] in CHANNELS
        and x.size >= LEAST
        and math.prod(x.shape[2:]) >= _lanes(x)
        and x.flags.c_contiguous
        and np.moveaxis(out, 1, -1).flags.c_contiguous
        and compiler.available()
    )


def interleave(x: Array, out: Array) -> None:
    """Copy the planes of ``x`` (N, C, size…) to the cells of ``out``, which :func:`takes` agrees to."""
    batch, channels, *size = x.shape
    cells = math.prod(size)
    lanes = _lanes(x)
    task = -(-cells // (TASKS_PER_CORE * available_cores()))
    function = compiler.load(PIPELINE, dtype=x.dtype.name, lanes=lanes, channels=channels)
    target = np.moveaxis(out, 1, -1).reshape(batch, cells, channels)
    function(x.reshape(batch, channels, cells), target, scalars=(-(-task // lanes) * lanes,))


def _lanes(x: Array) -> int:
    return cpu().vector_bytes // x.itemsize
