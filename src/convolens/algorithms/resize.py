"""Maps with another size, by compiled loops."""

from collections.abc import Sequence

import numpy as np

from convolens.algorithms.base import Array, Pipeline
from convolens.algorithms.compiled import type_refusal
from convolens.algorithms.elementwise import lanes, rows
from convolens.algorithms.pool_tasks import rows_and_planes
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned

PIPELINE = "convolens.pipelines.resize"

Taps = tuple[Array, Array]
"""For an axis, which cells of the source each cell is made of (cells, taps), and the share of each."""


def refusal(taps: Sequence[Taps], dtype: np.dtype[np.generic]) -> str | None:
    """Say why a map cannot be resized so; None if it can."""
    if refused := type_refusal(dtype):
        return refused
    if not 1 <= len(taps) <= 2:
        return "it has one or two dimensions"
    if max(cells.shape[1] for cells, _ in taps) > 2:
        return "a cell is made of two at most, along each axis"
    return compiler.unavailable()


def pipeline(taps: Sequence[Taps], channels: int, dtype: np.dtype[np.generic]) -> Pipeline:
    """Name the pipeline for so many channels."""
    return PIPELINE, {"dtype": dtype.name, "lanes": lanes(channels, dtype), "taps": _count(taps)}


def run(x: Array, taps: Sequence[Taps], out: Array) -> bool:
    """
    Make ``out`` (N, C, output size…) of ``x`` (N, C, size…).

    Parameters
    ----------
    x, out : ndarray
        Views, channels side by side; they may not overlap.
    taps : sequence of (ndarray, ndarray)
        For each dimension.

    Returns
    -------
    bool
        False where the arrays lie otherwise; nothing was done then.
    """
    source, target = rows(x), rows(out)
    if source is None or target is None:
        return False
    if out.size:
        name, parameters = pipeline(taps, target.shape[-1], out.dtype)
        across, down = (*reversed(taps), *[_ONE] * (2 - len(taps)))
        if len(taps) == 1:  # the cells of a signal are rows of one cell
            across, down = down, across
        count = _count(taps)
        pinned = [Pinned(_filled_up(cells, count).astype(np.int32)) for cells, _ in (across, down)]
        if count > 1:
            weighed = (_filled_up(shares, count, nothing=True) for _, shares in (across, down))
            pinned += [Pinned(shares.astype(out.dtype)) for shares in weighed]
        tasks = rows_and_planes(out.size, target.shape[1], len(target))
        compiler.load(name, **parameters)(source, *pinned, target, scalars=tasks)
    return True


_ONE: Taps = (np.zeros((1, 1), np.intp), np.ones((1, 1)))


def _count(taps: Sequence[Taps]) -> int:
    return max(int(cells.shape[1]) for cells, _ in taps)


def _filled_up(numbers: Array, count: int, *, nothing: bool = False) -> Array:
    """Turn (cells, taps) to (taps, cells), with taps that count nothing, or name the first cell again."""
    more = np.zeros_like(numbers[:, :1]) if nothing else numbers[:, :1]
    return np.concatenate([numbers, *[more] * (count - numbers.shape[1])], 1).T.copy()
