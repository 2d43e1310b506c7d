"""Lp pooling: the p-norm of each window."""

import math

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.ops.arrays import Array, as_array, channels_first
from convolens.ops.pooling.arrays import BorderOption, Sizes, finish, float_dtype, pool_spec, sum_dtype
from convolens.ops.pooling.windows import AxisWindows, along, axis_windows, extend, fold
from convolens.spec.padding import Padding
from convolens.spec.pooling import PoolSpec


def lp_pool1d(
    x: npt.ArrayLike,
    window: Sizes,
    p: float = 2,
    *,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    border: BorderOption = None,
    layout: str = "NCW",
    out: Array | None = None,
) -> Array:
    """
    Take the p-norm of each window of a signal; as :func:`lp_pool2d`, in one dimension.

    >>> lp_pool1d([[3, -4, 1, 1]], 2, p=1)
    array([[7., 2.]])
    """
    x = as_array(x, "input")
    spec = pool_spec(1, x.shape, x.dtype, window, stride, padding, dilation, ceil_mode, border, layout)
    return _lp_pool(spec, x, p, out)


def lp_pool2d(
    x: npt.ArrayLike,
    window: Sizes,
    p: float = 2,
    *,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    border: BorderOption = None,
    layout: str = "NCHW",
    out: Array | None = None,
) -> Array:
    r"""
    Take the p-norm of each window of an image.

    .. math:: y[r, c] = \Big( \sum_{i, j} |x[s r + d i - p,\; s c + d j - p]|^p \Big)^{1/p}

    over those cells of the window that lie in the image. p = 1 sums magnitudes, p = 2 is the Euclidean norm,
    p = ∞ the largest magnitude.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W) or (C, H, W)
        Channels last with ``layout="NHWC"``. Each channel is pooled by itself.
    window : int or tuple of int
        Height and width of the window, one number for both.
    p : float, default 2
        At least 1; infinity too.
    stride, padding, dilation, ceil_mode
        As for :func:`max_pool2d`.
    border : str or float, optional
        What lies outside and takes part, named as for :func:`conv2d`; by default nothing does.
    layout : str, default "NCHW"
        Or "NHWC".
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
        If p is less than 1, a window is larger than the padded image or, without a border, lies wholly outside.

    Notes
    -----
    Each window is scaled by its largest magnitude first, so powers neither overflow nor vanish. PyTorch's
    ``lp_pool2d`` takes powers of x itself, not of its magnitude, so it differs where p is odd and x negative.

    Examples
    --------
    >>> lp_pool2d([[[3.0, 0.0], [0.0, -4.0]]], 2)
    array([[[5.]]])
    """
    x = as_array(x, "input")
    spec = pool_spec(2, x.shape, x.dtype, window, stride, padding, dilation, ceil_mode, border, layout)
    return _lp_pool(spec, x, p, out)


def lp_pool3d(
    x: npt.ArrayLike,
    window: Sizes,
    p: float = 2,
    *,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    border: BorderOption = None,
    layout: str = "NCDHW",
    out: Array | None = None,
) -> Array:
    """
    Take the p-norm of each window of a volume; as :func:`lp_pool2d`, in three dimensions.

    >>> lp_pool3d(np.ones((1, 2, 2, 4)), 2).ravel()
    array([2.82842712, 2.82842712])
    """
    x = as_array(x, "input")
    spec = pool_spec(3, x.shape, x.dtype, window, stride, padding, dilation, ceil_mode, border, layout)
    return _lp_pool(spec, x, p, out)


def _lp_pool(spec: PoolSpec, x: Array, p: float, out: Array | None) -> Array:
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
    with np.errstate(over="ignore"):
        for target, source in windows.steps():
            sums[along(axis, target)] += (planes[along(axis, source)] / scale[along(axis, target)]) ** p
    return scale, sums
