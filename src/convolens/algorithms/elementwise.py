"""Chains of operations on each number, by compiled loops."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided

from convolens.algorithms.base import Array, Pipeline
from convolens.algorithms.compiled import CLAMPS, fused_activation, type_refusal
from convolens.algorithms.pool_tasks import rows_and_planes
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cpu

PIPELINE = "convolens.pipelines.elementwise"
FEWER = (8, 4, 2, 1)  # channels that are taken together where there are fewer than in a vector

JOINS = ("add", "subtract", "multiply", "divide", "prelu")
"""Operations with another array."""
SMOOTH = ("sigmoid", "tanh", "silu", "gelu", "gelu-tanh", "hard-swish")
"""Functions of float32 alone."""
FUNCTIONS = ("clip", "hard-sigmoid", *(name for name in CLAMPS if name), *SMOOTH)
"""Functions of one number."""

Operation = tuple[str, tuple[float, ...]]
"""Its name, and what it is told besides."""


def refusal(chain: Sequence[Operation], dtype: np.dtype[np.generic]) -> str | None:
    """Say why numbers of this type cannot take this way; None if they can."""
    if refused := type_refusal(dtype):
        return refused
    for name, _ in chain:
        if name not in JOINS + FUNCTIONS:
            return f"it knows no {name}"
        if name in SMOOTH and dtype != np.float32:
            return f"it knows {name} in single precision alone"
    return compiler.unavailable()


def lanes(channels: int, dtype: np.dtype[np.generic]) -> int:
    """Choose how many channels are taken together: a vector of them, or fewer where there are not as many."""
    return next(count for count in (cpu().vector_bytes // dtype.itemsize, *FEWER) if count <= max(1, channels))


def pipeline(chain: Sequence[Operation], channels: int, dtype: np.dtype[np.generic]) -> Pipeline:
    """Name the pipeline for so many channels."""
    names = " ".join(_compiled(operation)[0] for operation in chain)
    return PIPELINE, {"dtype": dtype.name, "lanes": lanes(channels, dtype), "chain": names}


def run(chain: Sequence[Operation], x: Array, others: Sequence[Array | Pinned], out: Array) -> bool:
    """
    Do one operation after the other to each number of ``x``, and write what comes out to ``out``.

    Parameters
    ----------
    chain : sequence of (str, tuple of float)
        Names from `FUNCTIONS` and `JOINS`, with the numbers that they are told.
    x, out : ndarray, shape (N, C, size…) or (N, C)
        Views, channels side by side; they may not overlap.
    others : sequence of ndarray or Pinned
        What `JOINS` take, one after the other: arrays that :func:`rows` made, of the shape of those of ``x``.

    Returns
    -------
    bool
        False where the arrays lie otherwise; nothing was done then.
    """
    source, target = rows(x), rows(out)
    if source is None or target is None:
        return False
    if out.size:
        name, parameters = pipeline(chain, target.shape[-1], out.dtype)
        numbers = (float(number) for operation in chain for number in _compiled(operation)[1])
        tasks = rows_and_planes(out.size, target.shape[1], len(target))
        compiler.load(name, **parameters)(source, *others, target, scalars=(*numbers, *tasks))
    return True


def rows(x: Array) -> Array | None:
    """View (N, C, size…) as (N, H, W, C), numbers of C side by side; None where that is no view."""
    last = np.moveaxis(x, 1, -1)
    batch, *size, channels = last.shape
    shape = {0: (1, batch, 1), 1: (batch, *size, 1)}.get(len(size), (batch, math.prod(size[:-1]), *size[-1:]))
    view = last.reshape(*shape, channels)
    if not np.may_share_memory(view, x):
        return view if not x.size else None
    if channels == 1 and view.strides[-1] != x.itemsize:
        view = as_strided(view, view.shape, (*view.strides[:-1], x.itemsize), writeable=x.flags.writeable)
    return view if view.strides[-1] == x.itemsize else None


def _compiled(operation: Operation) -> Operation:
    """Say what the pipeline does for an operation."""
    name, numbers = operation
    if name == "hard-sigmoid":
        return "bent", numbers or (1 / 6, 0.5)
    if name == "leaky-relu" and numbers:
        return "clamp", (*numbers, math.inf)
    found = fused_activation(name, np.dtype(np.float32)) if name in CLAMPS else None
    return (name, numbers) if found is None else found
