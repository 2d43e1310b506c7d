"""A matrix times a vector, by compiled loops."""

import numpy as np

from convolens.algorithms.base import Array, Pipeline
from convolens.algorithms.compiled import fused_activation, type_refusal
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import available_cores, cpu

PIPELINE = "convolens.pipelines.product"
ROWS = 4  # that are read side by side
LEAST = 1 << 15  # numbers of a matrix below which its way through memory is not what takes the time
LEAST_PARALLEL = 1 << 17  # numbers below which a call runs as one task: waking a thread takes longer
TASKS_PER_CORE = 8


def refusal(shape: tuple[int, int], dtype: np.dtype[np.generic], activation: str | None) -> str | None:
    """Say why a matrix cannot be multiplied so; None if it can."""
    if refused := type_refusal(dtype):
        return refused
    if fused_activation(activation, dtype) is None:
        return f"it knows {activation} in single precision alone"
    if shape[0] < ROWS or shape[1] < cpu().vector_bytes // dtype.itemsize or shape[0] * shape[1] < LEAST:
        return f"it has {ROWS} rows of a vector each, and {LEAST} numbers"
    return compiler.unavailable()


def pipeline(dtype: np.dtype[np.generic], activation: str | None) -> Pipeline:
    """Name the pipeline."""
    fused = fused_activation(activation, dtype)
    name = "clamp" if fused is None else fused[0]
    lanes = cpu().vector_bytes // dtype.itemsize
    return PIPELINE, {"dtype": dtype.name, "lanes": lanes, "rows": ROWS, "activation": name}


def run(matrix: Pinned, vector: Array, bias: Pinned, activation: str | None, out: Array) -> None:
    """
    Multiply, add and activate.

    Parameters
    ----------
    matrix, vector, bias, out : ndarray
        (K, C), (C), (K) and (K), of one type, neighbours side by side.
    activation : str, optional
        What follows.
    """
    fused = fused_activation(activation, out.dtype)
    assert fused is not None, refusal(matrix.array.shape, out.dtype, activation)
    name, parameters = pipeline(out.dtype, activation)
    groups = -(-len(out) // ROWS)
    tasks = TASKS_PER_CORE * available_cores() if matrix.array.size >= LEAST_PARALLEL else 1
    scalars = (-(-groups // tasks), *fused[1])
    compiler.load(name, **parameters)(vector, matrix, bias, out, scalars=scalars)
