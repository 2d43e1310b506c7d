"""Adaptive pooling: the image divided into a grid of regions, and the mean or maximum of each."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Literal, Protocol, cast, overload

import numpy as np
import numpy.typing as npt

from convolens.ops.arrays import Array, as_array, channels_first
from convolens.ops.dimensions import in_dimensions
from convolens.ops.pooling.arrays import finish, float_dtype, plane_size, sum_dtype
from convolens.ops.pooling.compiled import call_key, pool, pool_whole, pool_with_indices, repeat
from convolens.ops.pooling.global_pool import MOST_CELLS
from convolens.ops.pooling.windows import along
from convolens.spec.layout import FIRST, join_shape, parse_layout, split_shape
from convolens.spec.padding import per_dimension
from convolens.spec.pooling import PoolSpec
from convolens.spec.sliding import check_cells

AdaptiveSizes = int | Sequence[int | None]


def _adaptive_avg_pool(
    dims: int,
    x: npt.ArrayLike,
    output_size: AdaptiveSizes,
    *,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    r"""
    Divide the input into a grid of regions, in {dimensions}, and take the mean of each.

    Along an axis of :math:`n` cells, region :math:`i` of :math:`m` has the cells

    .. math:: \left\lfloor \frac{i n}{m} \right\rfloor \le r < \left\lceil \frac{(i + 1) n}{m} \right\rceil,

    so regions may differ by a cell and share cells, but none is empty, even where there are more than cells.

    Parameters
    ----------
    x : array_like, shape (N, C, {size}) or (C, {size})
        Each channel is pooled by itself.
    output_size : int or tuple of (int or None)
        Cells of the result along each dimension, or one number for all; None keeps the input's.
    layout : str, default "{layout}"
        Or with the channels last, as for :func:`conv2d`.
    out : ndarray, optional
        Array of the result's shape and dtype to write into; it may overlap the input.

    Returns
    -------
    ndarray
        The means, in the layout of ``x``: float64 for integers, else the type of ``x``; float16 is computed in
        float32.

    Raises
    ------
    SpecError
        If the output size is not made of whole numbers of at least 1.

    Examples
    --------
    >>> adaptive_avg_pool1d([[1, 2, 3, 4, 6]], 2)
    array([[2.        , 4.33333333]])
    >>> adaptive_avg_pool2d(np.arange(15).reshape(1, 3, 5), (1, 2))
    array([[[6., 8.]]])
    """
    key = call_key("adaptive mean", x, out, dims, output_size, layout)
    if key is not None and (repeated := repeat(key, x, out)) is not None:
        return repeated
    x, layout = as_array(x, "input"), parse_layout(layout, dims)
    counts, shape = _adaptive_shape(dims, x.shape, output_size, layout)
    planes = channels_first(x, dims, layout)
    if math.prod(counts) == 1:
        pooled = pool_whole("mean", planes, shape, float_dtype(x.dtype), x, out, key)
    else:
        spec = _as_windows(x, planes.shape[2:], counts, layout)
        few = spec is not None and math.prod(spec.window) <= MOST_CELLS
        pooled = pool(spec, "mean", x, out, key=key) if spec and few else None
    if pooled is not None:
        return pooled
    divisors = region_sizes(planes.shape[2:], counts)
    for axis, count in reversed(list(enumerate(counts, start=2))):
        sums = [
            np.add.reduce(planes[along(axis, region)], axis, dtype=sum_dtype(x.dtype))
            for region in regions(planes.shape[axis], count)
        ]
        planes = np.stack(sums, axis)
    return finish(planes / divisors.astype(planes.dtype), shape, float_dtype(x.dtype), layout, out)


class AdaptiveMaxPool(Protocol):
    """What type checkers are told of ``adaptive_max_pool1d`` and its like: indices only where asked for."""

    @overload
    def __call__(
        self,
        x: npt.ArrayLike,
        output_size: AdaptiveSizes,
        *,
        layout: str = ...,
        return_indices: Literal[False] = False,
        out: Array | None = None,
    ) -> Array: ...
    @overload
    def __call__(
        self,
        x: npt.ArrayLike,
        output_size: AdaptiveSizes,
        *,
        layout: str = ...,
        return_indices: Literal[True],
        out: Array | None = None,
    ) -> tuple[Array, Array]: ...


def _adaptive_max_pool(
    dims: int,
    x: npt.ArrayLike,
    output_size: AdaptiveSizes,
    *,
    layout: str = FIRST,
    return_indices: bool = False,
    out: Array | None = None,
) -> Array | tuple[Array, Array]:
    r"""
    Divide the input into a grid of regions, in {dimensions}, and take the largest cell of each.

    The regions are those of :func:`adaptive_avg_pool2d`.

    Parameters
    ----------
    x : array_like, shape (N, C, {size}) or (C, {size})
        Each channel is pooled by itself.
    output_size : int or tuple of (int or None)
        Cells of the result along each dimension, or one number for all; None keeps the input's.
    layout : str, default "{layout}"
        Or with the channels last, as for :func:`conv2d`.
    return_indices : bool, default False
        Also return where each maximum lies.
    out : ndarray, optional
        Array of the values' shape and dtype to write them into; it may overlap the input.

    Returns
    -------
    values : ndarray
        The maxima, in the type and layout of ``x``.
    indices : ndarray of int64
        With ``return_indices`` only: the place of each maximum in its plane, row × W + column in two
        dimensions.

    Raises
    ------
    SpecError
        If the output size is not made of whole numbers of at least 1.

    Notes
    -----
    A region with a NaN gives NaN. Of several largest cells (or NaN) the index is the first one's, row by row.

    Examples
    --------
    >>> adaptive_max_pool1d([[1, 5, 2, 4, 3]], 2, return_indices=True)
    (array([[5, 4]]), array([[1, 3]]))
    >>> adaptive_max_pool2d(np.arange(15).reshape(1, 3, 5), (1, 2), return_indices=True)
    (array([[[12, 14]]]), array([[[12, 14]]]))
    """
    x, layout = as_array(x, "input"), parse_layout(layout, dims)
    counts, shape = _adaptive_shape(dims, x.shape, output_size, layout)
    planes = channels_first(x, dims, layout)
    if spec := _as_windows(x, planes.shape[2:], counts, layout):
        pooled = pool_with_indices(spec, x, out) if return_indices else pool(spec, "max", x, out)
        if pooled is not None:
            return pooled
    indices = np.arange(math.prod(planes.shape[2:])).reshape(1, 1, *planes.shape[2:])
    indices = np.broadcast_to(indices, planes.shape)
    for axis, count in reversed(list(enumerate(counts, start=2))):
        parts = [along(axis, region) for region in regions(planes.shape[axis], count)]
        if return_indices:
            best = [planes[part].argmax(axis, keepdims=True) for part in parts]
            chosen = [np.take_along_axis(indices[part], b, axis) for part, b in zip(parts, best, strict=True)]
            indices = np.concatenate(chosen, axis)
        planes = np.stack([np.maximum.reduce(planes[part], axis) for part in parts], axis)
    values = finish(planes, shape, x.dtype, layout, out)
    return (values, finish(indices, shape, indices.dtype, layout)) if return_indices else values


def regions(size: int, count: int) -> list[slice]:
    """
    Divide an axis of ``size`` cells into ``count`` regions.

    >>> regions(5, 2), regions(1, 2)
    ([slice(0, 3, None), slice(2, 5, None)], [slice(0, 1, None), slice(0, 1, None)])
    """
    return [slice(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def region_sizes(size: tuple[int, ...], counts: tuple[int, ...]) -> Array:
    """Count the cells of each region of an image."""
    axes = ([r.stop - r.start for r in regions(n, count)] for n, count in zip(size, counts, strict=True))
    return functools.reduce(np.multiply.outer, map(np.array, axes))


def _as_windows(x: Array, size: tuple[int, ...], counts: tuple[int, ...], layout: str) -> PoolSpec | None:
    """See regions as windows side by side; None where they are not all alike."""
    if not x.size or any(n % m for n, m in zip(size, counts, strict=True)):
        return None
    window = tuple(n // m for n, m in zip(size, counts, strict=True))
    return PoolSpec(x.shape, window, layout=layout, dtype=x.dtype)


def _adaptive_shape(
    dims: int, shape: tuple[int, ...], output_size: AdaptiveSizes, layout: str
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Find the spatial size and the whole shape of the result."""
    size = plane_size("input", shape, shape, dims, layout)
    batch, channels, _ = split_shape(shape, dims, layout)
    if isinstance(output_size, Sequence) and len(output_size) == dims:
        output_size = tuple(n if m is None else m for n, m in zip(size, output_size, strict=True))
    counts = per_dimension(output_size, dims, "output_size")
    shape = join_shape(batch, channels, counts, layout)
    check_cells("output", shape, "use a smaller output_size")
    return counts, shape


adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = in_dimensions(
    "adaptive_avg_pool{}d", _adaptive_avg_pool
)


_max_functions = in_dimensions("adaptive_max_pool{}d", _adaptive_max_pool)
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = cast(
    "tuple[AdaptiveMaxPool, AdaptiveMaxPool, AdaptiveMaxPool]", _max_functions
)
