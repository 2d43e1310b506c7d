"""Max unpooling: maxima put back where they were, among zeros; and its gradient."""

import math

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.ops.arrays import Array, as_array, channels_first
from convolens.ops.pooling.arrays import Sizes, check_indices, finish, float_dtype, plane_size
from convolens.spec.layout import join_shape, parse_layout, split_shape
from convolens.spec.padding import Padding, per_dimension, resolve_padding


def max_unpool1d(
    values: npt.ArrayLike,
    indices: npt.ArrayLike,
    output_size: Sizes | None = None,
    *,
    window: Sizes | None = None,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    layout: str = "NCW",
    out: Array | None = None,
) -> Array:
    """
    Put the maxima of a signal back where they were; as :func:`max_unpool2d`, in one dimension.

    >>> max_unpool1d([[5, 4]], [[1, 3]], 6)
    array([[0, 5, 0, 4, 0, 0]])
    """
    values = as_array(values, "values")
    layout = parse_layout(layout, 1)
    pooled = plane_size("values", values.shape, values.shape, 1, layout)
    size = unpooled_size(pooled, output_size, window, stride, padding, dilation)
    return _max_unpool(values, as_array(indices, "indices"), size, layout, out)


def max_unpool2d(
    values: npt.ArrayLike,
    indices: npt.ArrayLike,
    output_size: Sizes | None = None,
    *,
    window: Sizes | None = None,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    layout: str = "NCHW",
    out: Array | None = None,
) -> Array:
    """
    Undo :func:`max_pool2d`: put each maximum back where it was, among zeros.

    Parameters
    ----------
    values : array_like, shape (N, C, H, W) or (C, H, W)
        Maxima; channels last with ``layout="NHWC"``.
    indices : array_like of int
        Where they go: row × width + column in a plane of the result, as ``max_pool2d(..., return_indices=True)``
        gives it.
    output_size : int or tuple of int, optional
        Height and width of the result. One of this and ``window`` must be given.
    window : int or tuple of int, optional
        Window of the pooling, to find the size from where it is not given: the least that pools to ``values``.
    stride, padding, dilation
        As for :func:`max_pool2d`; padding in numbers.
    layout : str, default "NCHW"
        Or "NHWC".
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
    >>> max_unpool2d([[[6, 4]]], [[[5, 3]]], window=2)
    array([[[0, 0, 0, 4],
            [0, 6, 0, 0]]])
    """
    values = as_array(values, "values")
    layout = parse_layout(layout, 2)
    pooled = plane_size("values", values.shape, values.shape, 2, layout)
    size = unpooled_size(pooled, output_size, window, stride, padding, dilation)
    return _max_unpool(values, as_array(indices, "indices"), size, layout, out)


def max_unpool3d(
    values: npt.ArrayLike,
    indices: npt.ArrayLike,
    output_size: Sizes | None = None,
    *,
    window: Sizes | None = None,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    layout: str = "NCDHW",
    out: Array | None = None,
) -> Array:
    """
    Put the maxima of a volume back where they were; as :func:`max_unpool2d`, in three dimensions.

    >>> max_unpool3d([[[[9]]]], [[[[6]]]], window=2).ravel()
    array([0, 0, 0, 0, 0, 0, 9, 0])
    """
    values = as_array(values, "values")
    layout = parse_layout(layout, 3)
    pooled = plane_size("values", values.shape, values.shape, 3, layout)
    size = unpooled_size(pooled, output_size, window, stride, padding, dilation)
    return _max_unpool(values, as_array(indices, "indices"), size, layout, out)


def max_unpool1d_grad(
    grad_output: npt.ArrayLike, indices: npt.ArrayLike, *, layout: str = "NCW", out: Array | None = None
) -> Array:
    """
    Bring a gradient back through :func:`max_unpool1d`; as :func:`max_unpool2d_grad`.

    >>> max_unpool1d_grad([[1.0, 2.0, 3.0]], [[2, 0]])
    array([[3., 1.]])
    """
    return _max_unpool_grad(1, grad_output, indices, layout, out)


def max_unpool2d_grad(
    grad_output: npt.ArrayLike, indices: npt.ArrayLike, *, layout: str = "NCHW", out: Array | None = None
) -> Array:
    """
    Bring a gradient back through :func:`max_unpool2d`: each value takes the number at its place.

    Parameters
    ----------
    grad_output : array_like
        Gradient with respect to the result of unpooling, of its shape.
    indices : array_like of int
        The indices that were given; each counts as if no other value went to its place.
    layout : str, default "NCHW"
        Or "NHWC".
    out : ndarray, optional
        Array of the result's shape and dtype to write into.

    Returns
    -------
    ndarray
        Gradient with respect to the values, of the indices' shape.

    Examples
    --------
    >>> max_unpool2d_grad([[[1.0, 2.0], [3.0, 4.0]]], [[[2]]])
    array([[[3.]]])
    """
    return _max_unpool_grad(2, grad_output, indices, layout, out)


def max_unpool3d_grad(
    grad_output: npt.ArrayLike, indices: npt.ArrayLike, *, layout: str = "NCDHW", out: Array | None = None
) -> Array:
    """
    Bring a gradient back through :func:`max_unpool3d`; as :func:`max_unpool2d_grad`.

    >>> max_unpool3d_grad([[[[1.0, 2.0], [3.0, 4.0]]]], [[[[2]]]])
    array([[[[3.]]]])
    """
    return _max_unpool_grad(3, grad_output, indices, layout, out)


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
    if window is None or (isinstance(padding, str) and padding != "valid"):
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


def _max_unpool(values: Array, indices: Array, size: tuple[int, ...], layout: str, out: Array | None) -> Array:
    check_indices(indices, values.shape, size, least=0)
    batch, channels, _ = split_shape(values.shape, len(size), layout)
    places = channels_first(indices, len(size), layout)
    places = places.reshape(*places.shape[:2], -1)
    planes = np.zeros((*places.shape[:2], math.prod(size)), values.dtype)
    numbers = channels_first(values, len(size), layout).reshape(places.shape)
    np.put_along_axis(planes, places, numbers, axis=-1)
    shape = join_shape(batch, channels, size, layout)
    return finish(planes.reshape(*places.shape[:2], *size), shape, values.dtype, layout, out)


def _max_unpool_grad(
    dims: int, grad_output: npt.ArrayLike, indices: npt.ArrayLike, layout: str, out: Array | None
) -> Array:
    grad_output, indices = as_array(grad_output, "grad_output"), as_array(indices, "indices")
    layout = parse_layout(layout, dims)
    size = plane_size("grad_output", grad_output.shape, indices.shape, dims, layout)
    check_indices(indices, indices.shape, size, least=0)
    places = channels_first(indices, dims, layout)
    flat = channels_first(grad_output, dims, layout).reshape(*places.shape[:2], -1)
    values = np.take_along_axis(flat, places.reshape(*places.shape[:2], -1), axis=-1)
    return finish(values.reshape(places.shape), indices.shape, float_dtype(grad_output.dtype), layout, out)
