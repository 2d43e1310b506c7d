"""Global pooling: one number for each channel of the whole image, and its gradient."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.ops.arrays import Array, as_array, channels_first, quietly
from convolens.ops.pooling.arrays import finish, float_dtype, plane_size, sum_dtype
from convolens.ops.pooling.compiled import call_key, pool_whole, repeat
from convolens.ops.pooling.lp import check_power, squares_were_exact, summed_norm, sums_are_exact
from convolens.spec.layout import FIRST, join_shape, parse_layout, split_shape
from convolens.spec.padding import whole_shape

MOST_CELLS = 1 << 10  # of a plane whose sum is taken in the type of its cells


def global_avg_pool(
    x: npt.ArrayLike,
    *,
    dims: int | None = None,
    layout: str = FIRST,
    keepdims: bool = True,
    out: Array | None = None,
) -> Array:
    r"""
    Take the mean of each channel.

    .. math:: y[n, c] = \frac{1}{H W} \sum_{r, s} x[n, c, r, s], \text{ and so in any number of dimensions.}

    Parameters
    ----------
    x : array_like, shape (N, C, \*size)
        With ``layout="channels-last"`` (N, \*size, C).
    dims : int, optional
        Number of spatial axes; by default all but batch and channels. Needed only where there is no batch axis.
    layout : str, default "channels-first"
        Or "channels-last"; also "NCHW", "NHWC" and their like.
    keepdims : bool, default True
        Keep the spatial axes, each of length 1.
    out : ndarray, optional
        Array of the result's shape and dtype to write into.

    Returns
    -------
    ndarray
        The means: float64 for integers, else in the type of ``x``. Sums are taken in float64, but for those of
        few cells, of up to 1024 a channel, which may be taken in the type of ``x``.

    Raises
    ------
    SpecError
        If there is no spatial axis, or an axis other than the batch is empty.

    Examples
    --------
    >>> global_avg_pool(np.arange(8).reshape(1, 2, 2, 2), keepdims=False)
    array([[1.5, 5.5]])
    """
    key = call_key("global mean", x, out, dims, layout, keepdims)
    if key is not None and (repeated := repeat(key, x, out)) is not None:
        return repeated
    x = as_array(x, "input")
    planes, layout = _planes(x, dims, layout)
    shape = _shape(x, planes, layout, keepdims)
    means = pool_whole("mean", planes, shape, float_dtype(x.dtype), x, out, key)
    if means is not None:
        return means
    return finish(_means(planes), shape, float_dtype(x.dtype), FIRST, out)


def global_max_pool(
    x: npt.ArrayLike,
    *,
    dims: int | None = None,
    layout: str = FIRST,
    keepdims: bool = True,
    out: Array | None = None,
) -> Array:
    """
    Take the largest cell of each channel, in the type of ``x``; NaN where there is one.

    Parameters and errors are those of :func:`global_avg_pool`.

    >>> global_max_pool(np.arange(8).reshape(1, 2, 2, 2), keepdims=False)
    array([[3, 7]])
    """
    key = call_key("global max", x, out, dims, layout, keepdims)
    if key is not None and (repeated := repeat(key, x, out)) is not None:
        return repeated
    x = as_array(x, "input")
    planes, layout = _planes(x, dims, layout)
    shape = _shape(x, planes, layout, keepdims)
    pooled = pool_whole("max", planes, shape, x.dtype, x, out, key)
    if pooled is not None:
        return pooled
    return finish(planes.max(_spatial(planes), keepdims=True), shape, x.dtype, FIRST, out)


@quietly
def global_lp_pool(
    x: npt.ArrayLike,
    p: float = 2,
    *,
    dims: int | None = None,
    layout: str = FIRST,
    keepdims: bool = True,
    out: Array | None = None,
) -> Array:
    """
    Take the p-norm of each channel, for p of at least 1 or infinity; as :func:`lp_pool2d` of the whole image.

    The other parameters, types and errors are those of :func:`global_avg_pool`.

    >>> global_lp_pool([[[[3.0, 0.0], [0.0, -4.0]]]])
    array([[[[5.]]]])
    """
    check_power(p)
    x = as_array(x, "input")
    planes, layout = _planes(x, dims, layout)
    shape, dtype = _shape(x, planes, layout, keepdims), float_dtype(x.dtype)
    if kind := summed_norm(p):
        norms = pool_whole(kind, planes, shape, dtype, x, None)
        if norms is not None and (sums_are_exact(x, p) or squares_were_exact(norms)):
            return finish(norms, shape, dtype, FIRST, out)
    scale, ratios = _ratios(planes)
    if p == math.inf:
        norms = scale * ratios.max(_spatial(planes), keepdims=True)
    else:
        norms = scale * np.sum(ratios**p, _spatial(planes), keepdims=True) ** (1 / p)
    return finish(norms, shape, dtype, FIRST, out)


@quietly
def global_avg_pool_grad(
    grad_output: npt.ArrayLike,
    input_shape: tuple[int, ...],
    *,
    dims: int | None = None,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through :func:`global_avg_pool`: each number goes to all cells, in equal parts.

    ``grad_output`` is with respect to the means, with or without their spatial axes of length 1.

    >>> global_avg_pool_grad([[8.0]], (1, 1, 2, 2)).tolist()
    [[[[2.0, 2.0], [2.0, 2.0]]]]
    """
    grad_output = as_array(grad_output, "grad_output")
    shape = whole_shape(input_shape, "input shape")
    dims, layout = _read_layout(shape, dims, str(layout))
    planes = channels_first(np.broadcast_to(grad_output.dtype.type(0), shape), dims, layout)
    share = _gradient(grad_output, planes) / sum_dtype(grad_output.dtype).type(math.prod(planes.shape[2:]))
    return finish(np.broadcast_to(share, planes.shape).copy(), shape, float_dtype(grad_output.dtype), layout, out)


@quietly
def global_max_pool_grad(
    grad_output: npt.ArrayLike,
    x: npt.ArrayLike,
    *,
    dims: int | None = None,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through :func:`global_max_pool`: each number goes to the first of the largest cells.

    ``grad_output`` is with respect to the maxima, with or without their spatial axes of length 1.

    >>> global_max_pool_grad([[8.0]], [[[[3, 7], [7, 0]]]]).tolist()
    [[[[0.0, 8.0], [0.0, 0.0]]]]
    """
    grad_output, x = as_array(grad_output, "grad_output"), as_array(x, "input")
    planes, layout = _planes(x, dims, layout)
    flat = planes.reshape(*planes.shape[:2], math.prod(planes.shape[2:]))
    places, dtype = flat.argmax(axis=-1, keepdims=True), float_dtype(grad_output.dtype)
    spread = np.zeros(flat.shape, dtype)
    np.put_along_axis(spread, places, _gradient(grad_output, planes).reshape(places.shape), axis=-1)
    return finish(spread.reshape(planes.shape), x.shape, dtype, layout, out)


@quietly
def global_lp_pool_grad(
    grad_output: npt.ArrayLike,
    x: npt.ArrayLike,
    p: float = 2,
    *,
    dims: int | None = None,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through :func:`global_lp_pool`; formula and subgradients as :func:`lp_pool2d_grad`.

    ``grad_output`` is with respect to the norms, with or without their spatial axes of length 1.

    >>> global_lp_pool_grad([[10.0]], [[[[3.0, 0.0], [0.0, -4.0]]]]).tolist()
    [[[[6.0, 0.0], [0.0, -8.0]]]]
    """
    grad_output, x = as_array(grad_output, "grad_output"), as_array(x, "input")
    check_power(p)
    planes, layout = _planes(x, dims, layout)
    _, ratios = _ratios(planes)
    sums = np.sum(ratios**p, _spatial(planes), keepdims=True)
    factor = _gradient(grad_output, planes) * np.power(sums, 1 / p - 1, out=np.zeros_like(sums), where=sums != 0)
    spread = factor * ratios ** (p - 1) * np.sign(planes, dtype=ratios.dtype)
    return finish(spread, x.shape, float_dtype(np.result_type(grad_output, x)), layout, out)


@functools.lru_cache(maxsize=256, typed=True)
def _read_layout(shape: tuple[int, ...], dims: int | None, layout: str) -> tuple[int, str]:
    """Find the number of spatial axes, and where the channels stand."""
    dims = len(shape) - 2 if dims is None else dims
    if dims < 1:
        raise SpecError(f"an input of shape {shape} has no spatial axes; it needs the axes (N, C, *size), or dims")
    layout = parse_layout(layout, dims)
    plane_size("input", shape, shape, dims, layout)
    return dims, layout


def _planes(x: Array, dims: int | None, layout: str) -> tuple[Array, str]:
    """View ``x`` as (N, C, size…), and read its layout."""
    dims, layout = _read_layout(x.shape, dims, str(layout))
    return channels_first(x, dims, layout), layout


def _spatial(planes: Array) -> tuple[int, ...]:
    return tuple(range(2, planes.ndim))


@quietly
def _means(planes: Array) -> Array:
    """Take the mean of each plane, as (N, C, 1, …): by a matrix product, where sums neither overflow nor drift."""
    cells = math.prod(planes.shape[2:])
    means: Array = np.array(np.nan)
    if planes.dtype.char in "fd" and cells <= MOST_CELLS:
        means = planes.reshape(*planes.shape[:2], cells) @ _ones(cells, planes.dtype)
        means /= planes.dtype.type(cells)
    if not np.isfinite(means).all():
        means = planes.mean(_spatial(planes), dtype=np.float64)
    return means.reshape(*planes.shape[:2], *(1,) * (planes.ndim - 2))


@functools.lru_cache(maxsize=64)
def _ones(count: int, dtype: np.dtype[Any]) -> Array:
    return np.ones(count, dtype)


def _shape(x: Array, planes: Array, layout: str, keepdims: bool) -> tuple[int, ...]:
    batch, channels, size = split_shape(x.shape, planes.ndim - 2, layout)
    # no number moves: with axes of one cell between or without them, batch and channels lie in this order
    return join_shape(batch, channels, (1,) * len(size) if keepdims else (), layout)


def _gradient(grad_output: Array, planes: Array) -> Array:
    """View a gradient, with or without spatial axes, as (N, C, 1, …)."""
    if grad_output.size != math.prod(planes.shape[:2]):
        raise SpecError(
            f"grad_output must have one number for each of {planes.shape[0]} × {planes.shape[1]} channels, "
            f"not the shape {grad_output.shape}"
        )
    return grad_output.reshape(*planes.shape[:2], *(1,) * (planes.ndim - 2))


def _ratios(planes: Array) -> tuple[Array, Array]:
    """Give each plane's largest magnitude (1 for 0 and ∞), and all magnitudes beside it."""
    magnitudes = np.abs(planes, dtype=sum_dtype(planes.dtype))
    scale = magnitudes.max(_spatial(planes), keepdims=True)
    scale[(scale == 0) | ~np.isfinite(scale)] = 1
    return scale, magnitudes / scale
