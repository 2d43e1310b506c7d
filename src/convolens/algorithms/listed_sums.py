"""Sums of cells that are listed, axis by axis, by compiled loops: gradients of means of windows."""

import numpy as np

from convolens.algorithms.base import Array, Pipeline
from convolens.algorithms.compiled import MOST_DIMS, dense, dense_like, volumes
from convolens.algorithms.pool_tasks import rows_and_planes
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import cpu

PIPELINE = "convolens.pipelines.listed"
FEWER = (8, 4, 1)  # numbers that are taken together where fewer than a vector lie side by side


def refusal(numbers: Array) -> str | None:
    """Say why numbers (N, C, size…) cannot be summed so; None if they can."""
    if numbers.dtype not in (np.float32, np.float64):
        return "it takes float32 and float64"
    if numbers.ndim - 2 > MOST_DIMS:
        return f"it has at most {MOST_DIMS} dimensions"
    return compiler.unavailable()


def pipeline(numbers: Array, size: tuple[int, ...], last: bool) -> Pipeline:
    """Name the pipeline that numbers (N, C, size…) take on their way to cells of this size."""
    beside = numbers.shape[1] if last else min(numbers.shape[-1], size[-1])
    lanes = next(n for n in (cpu().vector_bytes // numbers.itemsize, *FEWER) if n <= beside)
    return PIPELINE, {"dtype": numbers.dtype.name, "lanes": lanes, "last": last}


def run(numbers: Array, lists: tuple[Array, ...], out: Array, last: bool) -> None:
    """
    Sum for each cell of ``out`` (N, C, size…) those of the numbers (N, C, …) that its row, column and plane list.

    ``lists`` has for each axis the numbers along it, counted from 1, of int32 (most of any cell, size); 0 is none.
    ``last`` tells whether channels are to lie side by side, rather than cells.
    """
    if not out.size:
        return
    axis = 1 if last else -1
    target = out if out.strides[axis] == out.itemsize else dense_like(out, axis)
    source, result = (np.moveaxis(volumes(a), 1, -1) for a in (dense(numbers, axis), target))
    tables = [*reversed(lists), *(np.ones((1, 1), np.int32),) * (MOST_DIMS - len(lists))]
    planes = out.shape[0] * (1 if last else out.shape[1])
    height = out.shape[-2] if len(lists) > 1 else 1
    scalars = rows_and_planes(out.size, height, planes)
    name, parameters = pipeline(numbers, out.shape[2:], last)
    compiler.load(name, **parameters)(source, *tables, result, scalars=scalars)
    if target is not out:
        out[...] = target
