"""Layer normalisation by compiled loops."""

import numpy as np

from convolens.algorithms.base import Array, Pipeline
from convolens.algorithms.compiled import type_refusal
from convolens.algorithms.elementwise import lanes, rows
from convolens.algorithms.pool_tasks import rows_and_planes
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned

PIPELINE = "convolens.pipelines.normal"


def refusal(dtype: np.dtype[np.generic]) -> str | None:
    """Say why numbers of this type cannot take this way; None if they can."""
    return type_refusal(dtype) or compiler.unavailable()


def pipeline(channels: int, dtype: np.dtype[np.generic]) -> Pipeline:
    """Name the pipeline for so many channels."""
    return PIPELINE, {"dtype": dtype.name, "lanes": lanes(channels, dtype)}


def run(x: Array, scale: Array | Pinned, shift: Array | Pinned, epsilon: float, out: Array) -> bool:
    """
    Bring the channels of each cell to mean 0 and variance 1, then scale and shift them.

    Parameters
    ----------
    x, out : ndarray, shape (N, C, size…) or (N, C)
        Views, channels side by side; they may not overlap.
    scale, shift : ndarray or Pinned, shape (C,)
        Of their type.
    epsilon : float
        Added to the variance.

    Returns
    -------
    bool
        False where the arrays lie otherwise; nothing was done then.
    """
    source, target = rows(x), rows(out)
    if source is None or target is None:
        return False
    if out.size:
        name, parameters = pipeline(target.shape[-1], out.dtype)
        tasks = rows_and_planes(out.size, target.shape[1], len(target))
        compiler.load(name, **parameters)(source, scale, shift, target, scalars=(float(epsilon), *tasks))
    return True
