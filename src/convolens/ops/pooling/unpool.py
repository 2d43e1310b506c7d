"""Max unpooling: maxima put back where they were, among zeros; and its gradient."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.ops.arrays import Array, as_array, channels_first
from convolens.ops.dimensions import in_dimensions
from convolens.ops.pooling.arrays import Sizes, check_indices, finish, float_dtype, plane_size
from convolens.spec.layout import FIRST, join_shape, parse_layout, split_shape
from convolens.spec.padding import Padding, padding_name, per_dimension, resolve_padding
from convolens.spec.sliding import check_cells


def _max_unpool(
    dims: int,
    values: npt.ArrayLike,
    indices: npt.ArrayLike,
    output_size: Sizes | None = None,
    *,
    window: Sizes | None = None,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    """
    Undo max pooling in {dimensions}: put each maximum back where it was, among zeros.

    Parameters
    ----------
    values : array_like, shape (N, C, {size}) or (C, {size})
        Maxima.
    indices : array_like of int
        Where they go in a plane of the result, as max pooling with ``return_indices=True`` gives it; in two
        dimensions row × width + column.
    output_size : int or tuple of int, optional
        Cells of the result along each dimension, or one number for all. One of this and ``window`` must be given.
    window : int or tuple of int, optional
        Window of the pooling, to find the size from where it is not given: the least that pools to ``values``.
    stride, padding, dilation
        As for :func:`max_pool2d`; padding in numbers.
    layout : str, default "{layout}"
        Or with the channels last, as for :func:`conv2d`.
    out : ndarray, optional
        Array of the result's shape and dtype to write into.

    Returns
    -------
    ndarray
        In the type and layout of ``values``. Where indices meet, as windows that overlap may have it, the last
        value stays.

    Raises
    ------
    SpecError
        If there is not one index for each value, an index lies outside the plane, or the size is not known.

    Examples
    --------
    >>> max_unpool1d([[5, 4]], [[1, 3]], 6)
    array([[0, 5, 0, 4, 0, 0]])
    >>> max_unpool2d([[[6, 4]]], [[[5, 3]]], window=2)
    array([[[0, 0, 0, 4],
            [0, 6, 0, 0]]])
    """
    values, indices = as_array(values, "values"), as_array(indices, "indices")
    layout = parse_layout(layout, dims)
    pooled = plane_size("values", values.shape, values.shape, dims, layout)
    size = unpooled_size(pooled, output_size, window, stride, padding, dilation)
    batch, channels, _ = split_shape(values.shape, dims, layout)
    shape = join_shape(batch, channels, size, layout)
    check_cells("output", shape, "unpool to a smaller size")
    check_indices(indices, values.shape, size, least=0)
    places = channels_first(indices, dims, layout)
    places = places.reshape(*places.shape[:2], math.prod(places.shape[2:]))
    planes = np.zeros((*places.shape[:2], math.prod(size)), values.dtype)
    numbers = channels_first(values, dims, layout).reshape(places.shape)
    np.put_along_axis(planes, places, numbers, axis=-1)
    return finish(planes.reshape(*places.shape[:2], *size), shape, values.dtype, layout, out)


def _max_unpool_grad(
    dims: int,
    grad_output: npt.ArrayLike,
    indices: npt.ArrayLike,
    *,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through max unpooling in {dimensions}: each value takes the number at its place.

    Parameters
    ----------
    grad_output : array_like
        Gradient with respect to the result of unpooling, of its shape.
    indices : array_like of int
        The indices that were given; each counts as if no other value went to its place.
    layout : str, default "{layout}"
        Or with the channels last, as for :func:`conv2d`.
    out : ndarray, optional
        Array of the result's shape and dtype to write into.

    Returns
    -------
    ndarray
        Gradient with respect to the values, of the indices' shape.

    Examples
    --------
    >>> max_unpool1d_grad([[1.0, 2.0, 3.0]], [[2, 0]])
    array([[3., 1.]])
    >>> max_unpool2d_grad([[[1.0, 2.0], [3.0, 4.0]]], [[[2]]])
    array([[[3.]]])
    """
    grad_output, indices = as_array(grad_output, "grad_output"), as_array(indices, "indices")
    layout = parse_layout(layout, dims)
    size = plane_size("grad_output", grad_output.shape, indices.shape, dims, layout)
    check_indices(indices, indices.shape, size, least=0)
    places = channels_first(indices, dims, layout)
    flat = channels_first(grad_output, dims, layout).reshape(*places.shape[:2], math.prod(size))
    values = np.take_along_axis(flat, places.reshape(*places.shape[:2], math.prod(places.shape[2:])), axis=-1)
    return finish(values.reshape(places.shape), indices.shape, float_dtype(grad_output.dtype), layout, out)


def unpooled_size(
    pooled: tuple[int, ...],
    output_size: Sizes | None,
    window: Sizes | None,
    stride: Sizes | None,
    padding: Padding,
    dilation: Sizes,
) -> tuple[int, ...]:
    """
    Find the spatial size to unpool to: the one given, or the least that pools to ``pooled``.

    >>> unpooled_size((3, 3), None, window=3, stride=2, padding=1, dilation=1)
    (5, 5)
    """
    dims = len(pooled)
    if output_size is not None:
        return per_dimension(output_size, dims, "output_size")
    if window is None or (padding_name(padding) not in (None, "valid")):
        raise SpecError(f"unpooling needs output_size, or window with padding in numbers, not padding={padding!r}")
    windows, steps = (
        per_dimension(window, dims, "window"),
        per_dimension(window if stride is None else stride, dims, "stride"),
    )
    spans = [d * (w - 1) + 1 for d, w in zip(per_dimension(dilation, dims, "dilation"), windows, strict=True)]
    pads = resolve_padding(padding, pooled, spans, steps)
    size = (
        (count - 1) * step + span - sum(pad)
        for count, step, span, pad in zip(pooled, steps, spans, pads, strict=True)
    )
    return per_dimension(tuple(size), dims, "the size that was pooled")


max_unpool1d, max_unpool2d, max_unpool3d = in_dimensions("max_unpool{}d", _max_unpool)


max_unpool1d_grad, max_unpool2d_grad, max_unpool3d_grad = in_dimensions("max_unpool{}d_grad", _max_unpool_grad)
