"""Lp pooling: the p-norm of each window."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.ops.arrays import Array, as_array, channels_first
from convolens.ops.dimensions import in_dimensions
from convolens.ops.pooling.arrays import BorderOption, Sizes, finish, float_dtype, sum_dtype
from convolens.ops.pooling.compiled import call_key, pool, repeat
from convolens.ops.pooling.windows import AxisWindows, along, axis_windows, extend, fold
from convolens.spec.layout import FIRST
from convolens.spec.padding import Padding, per_dimension
from convolens.spec.pooling import PoolSpec

LEAST_NORM = 1e-140  # beside which cells whose squares vanish in float64 do not matter


def _lp_pool(
    dims: int,
    x: npt.ArrayLike,
    window: Sizes,
    p: float = 2,
    *,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    border: BorderOption = None,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    r"""
    Take the p-norm of each window, in {dimensions}.

    .. math:: y[o] = \Big( \sum_t |x[s\,o + d\,t - pads]|^p \Big)^{1/p}

    over those cells of the window that lie in the input. p = 1 sums magnitudes, p = 2 is the Euclidean norm,
    p = ∞ the largest magnitude.

    Parameters
    ----------
    x : array_like, shape (N, C, {size}) or (C, {size})
        Each channel is pooled by itself.
    window : int or tuple of int
        Cells of the window along each dimension, or one number for all.
    p : float, default 2
        At least 1; infinity too.
    stride, padding, dilation, ceil_mode
        As for :func:`max_pool2d`.
    border : str or float, optional
        What lies outside and takes part, named as for :func:`conv2d`; by default nothing does.
    layout : str, default "{layout}"
        Or with the channels last, as for :func:`conv2d`.
    out : ndarray, optional
        Array of the result's shape and dtype to write into; it may overlap the input.

    Returns
    -------
    ndarray
        The norms, in the layout of ``x``: float64 for integers, else the type of ``x``; float16 is computed in
        float32.

    Raises
    ------
    SpecError
        If p is less than 1, a window is larger than the padded input or, without a border, lies wholly outside.

    Notes
    -----
    Powers neither overflow nor vanish: sums of float32 are taken in float64, or each window is scaled by its
    largest magnitude first. PyTorch's
    ``lp_pool2d`` takes powers of x itself, not of its magnitude, so it differs where p is odd and x negative.

    Examples
    --------
    >>> lp_pool1d([[3, -4, 1, 1]], 2, p=1)
    array([[7., 2.]])
    >>> lp_pool2d([[[3.0, 0.0], [0.0, -4.0]]], 2)
    array([[[5.]]])
    """
    check_power(p)
    kind = summed_norm(p)
    options = window, stride, padding, dilation, ceil_mode, border, layout
    key = call_key(kind, x, out, dims, *options) if kind else None
    if key is not None and (repeated := repeat(key, x, out)) is not None:
        return repeated
    x = as_array(x, "input")
    spec = PoolSpec(
        x.shape,
        per_dimension(window, dims, "window"),
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        border=border,
        layout=layout,
        dtype=x.dtype,
    )
    if kind and sums_are_exact(x, p):
        norms = pool(spec, kind, x, out, key=key)
        if norms is not None:
            return norms
    elif kind:
        norms = pool(spec, kind, x, None)
        if norms is not None and squares_were_exact(norms):
            return finish(norms, spec.output_shape, norms.dtype, FIRST, out)
    planes = magnitudes(spec, x, p)
    for axis, windows in axis_windows(spec):
        planes = norm(planes, axis, windows, p)
    return finish(planes, spec.output_shape, float_dtype(x.dtype), spec.layout, out)


def magnitudes(spec: PoolSpec, x: Array, p: float) -> Array:
    """Give the magnitudes of the extended planes (N, C, size…), in the type that sums are taken in."""
    check_power(p)
    planes = extend(spec, channels_first(x, spec.dims, spec.layout))
    return np.abs(planes, dtype=sum_dtype(x.dtype))


def check_power(p: float) -> None:
    """Refuse a power that makes no norm."""
    if isinstance(p, bool) or not isinstance(p, int | float | np.number) or not p >= 1:
        raise SpecError(f"p must be a number of at least 1, or infinity, not {p!r}")


def summed_norm(p: float) -> Literal["norm-1", "norm-2"] | None:
    """Name the norm that compiled loops take, from plain sums in float64; None where they take none."""
    if p not in (1, 2):
        return None
    return "norm-1" if p == 1 else "norm-2"


def sums_are_exact(x: Array, p: float) -> bool:
    """Whether no power that matters can vanish or overflow in float64."""
    return p == 1 or x.dtype != np.float64


def squares_were_exact(norms: Array) -> bool:
    """Whether no square that matters vanished or overflowed, as these norms show."""
    return bool(((norms > LEAST_NORM) & (norms < np.inf)).all())


def norm(planes: Array, axis: int, windows: AxisWindows, p: float) -> Array:
    """Take the p-norm of each window along ``axis``; norms of norms are the norms of boxes."""
    if p == math.inf:
        return fold(planes, axis, windows, np.maximum, planes.dtype.type(0))
    scale, sums = scaled_sums(planes, axis, windows, p)
    return scale * sums ** (1 / p)


def scaled_sums(planes: Array, axis: int, windows: AxisWindows, p: float) -> tuple[Array, Array]:
    """Give each window's largest magnitude (1 for 0 and ∞) and the sum of p-th powers of cells beside it."""
    scale = fold(planes, axis, windows, np.maximum, planes.dtype.type(0))
    scale[(scale == 0) | ~np.isfinite(scale)] = 1
    sums = np.zeros_like(scale)
    for target, source in windows.steps():
        sums[along(axis, target)] += (planes[along(axis, source)] / scale[along(axis, target)]) ** p
    return scale, sums


lp_pool1d, lp_pool2d, lp_pool3d = in_dimensions("lp_pool{}d", _lp_pool)
