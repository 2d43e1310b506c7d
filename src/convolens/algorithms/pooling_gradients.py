"""Gradients of pooling, by compiled loops."""

import math

import numpy as np

from convolens.algorithms.base import Array, Pipeline
from convolens.algorithms.compiled import MOST_DIMS
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import available_cores, cpu

SCATTER = "convolens.pipelines.scatter"
TASKS_PER_CORE = 4
LEAST_TASK = 1 << 13  # cells

MOST_CELLS = 2**31 - 2  # of a plane


def scatter_pipeline(numbers: Array) -> Pipeline:
    """Name the pipeline that :func:`scatter` takes."""
    return SCATTER, {"dtype": numbers.dtype.name, "lanes": cpu().vector_bytes // numbers.itemsize}


def refusal(numbers: Array, indices: Array, size: tuple[int, ...]) -> str | None:
    """Say why numbers cannot be brought to the cells that indices name; None if they can."""
    if numbers.dtype not in (np.float32, np.float64) or indices.dtype != np.int64:
        return "it takes float32 and float64, and indices of int64"
    if len(size) > MOST_DIMS or math.prod(size) > MOST_CELLS:
        return f"it has at most {MOST_DIMS} dimensions, and {MOST_CELLS} cells"
    return compiler.unavailable()


def scatter(numbers: Array, indices: Array, out: Array) -> None:
    """
    Add numbers (N, C, …) to planes of zeros ``out`` (N, C, size…), each at its flat index; −1 is nowhere.

    Sums are taken in float64.
    """
    if not out.size:
        return
    planes, cells = math.prod(out.shape[:2]), math.prod(out.shape[2:])
    target = out if out.flags.c_contiguous else np.empty(out.shape, out.dtype)
    flat = [np.ascontiguousarray(a).reshape(planes, math.prod(a.shape[2:])) for a in (numbers, indices)]
    tasks = min(TASKS_PER_CORE * available_cores(), 1 + planes * cells // LEAST_TASK)
    name, parameters = scatter_pipeline(numbers)
    function = compiler.load(name, **parameters)
    function(*flat, target.reshape(planes, cells), scalars=(cells, -(-planes // tasks)))
    if target is not out:
        out[...] = target
