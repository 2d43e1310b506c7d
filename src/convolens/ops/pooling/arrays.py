"""Arrays into and out of pooling: types, planes, results, and indices into planes."""

import math
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.ops.arrays import Array, deliver, result_array
from convolens.spec.borders import Border
from convolens.spec.layout import LAST, split_shape
from convolens.spec.padding import per_dimension

Sizes = int | tuple[int, ...]
BorderOption = str | float | Border | None


def float_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type of means, norms and gradients: that of the array, float64 for integers."""
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def sum_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type that sums are taken in: float64, or float32 for float32 and float16."""
    return np.result_type(float_dtype(dtype), np.float32)


def finish(
    planes: Array, shape: tuple[int, ...], dtype: np.dtype[Any], layout: str, out: Array | None = None
) -> Array:
    """Give planes (N, C, size…), freshly computed, the result's shape, layout and dtype, in ``out`` if given."""
    result = (np.moveaxis(planes, 1, -1) if layout == LAST else planes).reshape(shape)
    if out is not None:
        result_array(shape, dtype, out, dtype)
    return deliver(result, dtype, out)


def plane_size(
    name: str, shape: tuple[int, ...], pooled: tuple[int, ...], dims: int, layout: str
) -> tuple[int, ...]:
    """Return the spatial size of ``shape``, if its batch and channels are those of the ``pooled`` shape."""
    if len(shape) not in (dims + 1, dims + 2) or len(shape) != len(pooled):
        raise SpecError(
            f"{name} {shape} and pooled values {pooled} do not fit: both need {dims + 1} or {dims + 2} axes"
        )
    batch, channels, size = split_shape(shape, dims, layout)
    if (batch, channels) != split_shape(pooled, dims, layout)[:2]:
        raise SpecError(f"{name} {shape} and pooled values {pooled} ({layout}) differ in batch or channels")
    return per_dimension(size, dims, f"size of {name}")


def check_indices(indices: Array, shape: tuple[int, ...], size: tuple[int, ...], least: int) -> None:
    """Refuse all but whole numbers from ``least`` to the last cell of a plane, one for each value."""
    check_indices_shape(indices, shape)
    check_cells_named(indices, size, least)


def check_indices_shape(indices: Array, shape: tuple[int, ...]) -> None:
    """Refuse all but whole numbers, one for each value."""
    if indices.dtype.kind not in "iu" or indices.shape != shape:
        raise SpecError(
            f"indices must be integers of shape {shape}, as the values, not {indices.dtype} {indices.shape}"
        )


def check_cells_named(indices: Array, size: tuple[int, ...], least: int) -> None:
    """Refuse indices that are not from ``least`` to the last cell of a plane."""
    cells = math.prod(size)
    if indices.dtype == np.int64 and indices.size and indices.view(np.uint64).max() < cells:
        return  # one pass: as unsigned numbers, those below zero are the largest
    if indices.size and not least <= indices.min() <= indices.max() < cells:
        raise SpecError(
            f"indices go from {indices.min()} to {indices.max()}, but planes of size {size} have the cells "
            f"0 to {cells - 1}"
        )


def scatter(values: Array, indices: Array, size: tuple[int, ...]) -> Array:
    """
    Add values (N, C, …) to planes of zeros (N, C, size…), each at its flat index; −1 is nowhere.

    >>> scatter(np.array([[[1, 2, 3]]]), np.array([[[0, 2, 2]]]), (2, 2))
    array([[[[1., 0.],
             [5., 0.]]]])
    """
    cells, planes = math.prod(size), math.prod(indices.shape[:2])
    flat = indices.reshape(planes, math.prod(indices.shape[2:])).astype(np.int64)
    inside = flat >= 0
    where = (flat + cells * np.arange(planes)[:, np.newaxis])[inside]
    weights = values.reshape(flat.shape)[inside].astype(np.float64)
    sums = np.bincount(where, weights, minlength=planes * cells)
    return sums.reshape(*indices.shape[:2], *size)
