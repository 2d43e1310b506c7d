"""Means, maxima and norms of whole maps, by compiled loops."""

import math
from typing import Literal

import numpy as np

from convolens.algorithms.base import Array, Pipeline
from convolens.algorithms.compiled import dense
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import available_cores, cpu

PIPELINE = "convolens.pipelines.whole"
FEWER = (8, 4, 1)  # numbers that are joined together where fewer than a vector lie side by side
TOGETHER = (4, 1)  # maps, or vectors of channels, that are taken together
LEAST_TASK = 1 << 15  # cells
TASKS_PER_CORE = 2

Kind = Literal["mean", "max", "norm-1", "norm-2"]


def refusal(dtype: np.dtype[np.generic]) -> str | None:
    """Say why maps of this type cannot be pooled so; None if they can."""
    if dtype not in (np.float32, np.float64) and (dtype.kind not in "iu" or not dtype.isnative):
        return "it takes float32, float64 and integers, in the machine's byte order"
    return compiler.unavailable()


def pipeline(planes: Array, kind: Kind) -> Pipeline:
    """Name the pipeline that planes (N, C, size…) take."""
    last = _last(planes)
    channels, cells = planes.shape[1], math.prod(planes.shape[2:])
    bytes_each = planes.itemsize if kind == "max" else max(4, planes.itemsize)  # sums are kept in float64
    lanes = next(n for n in (cpu().vector_bytes // bytes_each, *FEWER) if n <= (channels if last else cells))
    run = next(n for n in TOGETHER if n * (lanes if last else 1) <= channels) * (lanes if last else 1)
    return PIPELINE, {"dtype": planes.dtype.name, "lanes": lanes, "run": run, "kind": kind, "last": last}


def run(kind: Kind, planes: Array, out: Array) -> None:
    """
    Pool planes (N, C, size…) into ``out`` (N, C), whose channels lie side by side.

    Sums are taken in float64; of integers they are means and norms of float64, else results have the planes' type.
    """
    if not out.size:
        return
    name, parameters = pipeline(planes, kind)
    batch, channels, *size = planes.shape
    cells = math.prod(size)
    if parameters["last"]:
        source = dense(np.moveaxis(planes, 1, -1).reshape(batch, cells, channels), -1)
    else:
        source = dense(planes.reshape(batch, channels, cells), -1)
    runs = -(-channels // int(parameters["run"]))
    tasks = min(TASKS_PER_CORE * available_cores(), 1 + planes.size // LEAST_TASK)
    scalars = (max(1, -(-runs * batch // tasks)), max(1, batch // tasks))
    compiler.load(name, **parameters)(source, out, scalars=scalars)


def _last(planes: Array) -> bool:
    """Whether channels lie side by side, rather than cells."""
    return planes.shape[1] > 1 and planes.strides[1] == planes.itemsize
