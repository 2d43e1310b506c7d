"""What the compiled algorithms share: volumes, borders, what vectors and cache hold, which activations."""

import math
from typing import Any

import numpy as np

from convolens.algorithms.base import Array
from convolens.runtime.cpu import cache_bytes, cpu
from convolens.runtime.memory import lasting
from convolens.spec.borders import source_index
from convolens.spec.geometry import ConvSpec

MOST_DIMS = 3

Volume = tuple[int, int, int]

CLAMPS: dict[str | None, tuple[float, float]] = {
    None: (1.0, math.inf),
    "relu": (0.0, math.inf),
    "relu6": (0.0, 6.0),
    "leaky-relu": (0.01, math.inf),
}
"""What negative sums are multiplied by, and the largest result."""


def volumes(x: Array) -> Array:
    """View (N, C, size…) of one to three dimensions as (N, C, D, H, W)."""
    for _ in range(MOST_DIMS + 2 - x.ndim):
        x = x[:, :, None]
    return x


def volume(values: tuple[int, ...], one: int = 1) -> Volume:
    """
    Fill the numbers of one to three dimensions up to three.

    >>> volume((5, 7)), volume((5, 7), 0)
    ((1, 5, 7), (0, 5, 7))
    """
    depth, height, width = (*(one,) * (MOST_DIMS - len(values)), *values)
    return depth, height, width


def dense(array: Array, axis: int) -> Array:
    """Return ``array``, or a copy, with neighbours along an axis side by side."""
    if array.strides[axis] == array.itemsize:
        return array
    copy = dense_like(array, axis)
    copy[...] = array
    return copy


def dense_like(array: Array, axis: int) -> Array:
    """Return a new array of the same shape and type, with neighbours along an axis side by side."""
    shape = np.moveaxis(array, axis, -1).shape
    return np.moveaxis(np.empty(shape, array.dtype), -1, axis)


def border_tables(spec: ConvSpec) -> list[Array]:
    """Tell for x, y and z which image cell each padded cell shows; −1 for the constant."""
    tables = [
        source_index(np.arange(-before, size + after), size, spec.border).astype(np.int32)
        for size, (before, after) in zip(reversed(spec.input_size), reversed(spec.pads), strict=True)
    ]
    return tables + [np.zeros(1, np.int32)] * (MOST_DIMS - spec.dims)


def vector_lanes(spec: ConvSpec) -> int:
    """Count the numbers that a vector register holds."""
    return cpu().vector_bytes // spec.compute_dtype.itemsize


def type_refusal(dtype: np.dtype[Any]) -> str | None:
    """Say why loops over single and double precision do not take numbers of this type; None if they do."""
    if dtype not in (np.float32, np.float64) or not dtype.isnative:
        return "it takes float32 and float64, in the machine's byte order"
    return None


def scratch_bytes() -> int:
    """Choose how many bytes of scratch a task may hold, so that it stays in a core's own cache."""
    return cache_bytes().get("L2", 1 << 20) * 3 // 4


def aligned_zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return zeros that begin where a vector does, so that none lies across two lines of the cache."""
    numbers = lasting(math.prod(shape) * dtype.itemsize).view(dtype).reshape(shape)
    numbers[...] = 0
    return numbers


def aligned(array: Array) -> Array:
    """Copy to where a vector begins."""
    copy = aligned_zeros(array.shape, array.dtype)
    copy[...] = array
    return copy


def fused_activation(name: str | None, dtype: np.dtype[Any]) -> tuple[str, tuple[float, float]] | None:
    """
    Return how a pipeline applies an activation: what it is compiled for, and ``slope`` and ``ceiling``.

    None for those of float64 that only NumPy computes to full precision.

    >>> fused_activation("relu6", np.dtype("f4"))
    ('clamp', (0.0, 6.0))
    """
    if name in CLAMPS:
        return "clamp", CLAMPS[name]
    return (str(name), CLAMPS[None]) if dtype == np.float32 else None


def is_read_in_place(bias: Array | None, dtype: np.dtype[Any]) -> bool:
    """Tell whether compiled code reads a bias, if there is one, where it lies: so a call that is repeated does."""
    return bias is None or (bias.dtype == dtype and bias.flags.c_contiguous)
