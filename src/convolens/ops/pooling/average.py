"""Average pooling: the mean of each window."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.ops.arrays import Array, as_array, channels_first
from convolens.ops.dimensions import in_dimensions
from convolens.ops.pooling.arrays import BorderOption, Sizes, finish, float_dtype, sum_dtype
from convolens.ops.pooling.compiled import call_key, pool, repeat
from convolens.ops.pooling.windows import axis_windows, extend, fold, window_members
from convolens.spec.layout import FIRST
from convolens.spec.padding import Padding, per_dimension
from convolens.spec.pooling import PoolSpec


def _avg_pool(
    dims: int,
    x: npt.ArrayLike,
    window: Sizes,
    *,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    border: BorderOption = None,
    count_include_pad: bool = True,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    r"""
    Take the mean of each window, in {dimensions}.

    .. math:: y[o] = \frac{1}{m} \sum_t x[s\,o + d\,t - p]

    with stride :math:`s`, dilation :math:`d`, pads :math:`p`, zeros outside, and :math:`m` the number of cells
    that count.

    Parameters
    ----------
    x : array_like, shape (N, C, {size}) or (C, {size})
        Each channel is pooled by itself.
    window, stride, padding, dilation, ceil_mode
        As for :func:`max_pool2d`.
    border : str or float, optional
        What lies outside and takes part, named as for :func:`conv2d`. All cells of a window then count.
    count_include_pad : bool, default True
        Without a border, whether pads count as zeros or not at all. Cells that only ``ceil_mode`` reaches, behind
        the pads, never count.
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
        If a window is larger than the padded input or, without a border, lies wholly outside; or if a border is
        given whose cells are not to count.

    Examples
    --------
    >>> avg_pool1d([[1, 5, 2, 4, 3, 0]], 3, stride=2, ceil_mode=True)
    array([[2.66666667, 3.        , 1.5       ]])
    >>> image = np.array([[[1, 3, 2, 4], [5, 7, 1, 1]]])
    >>> avg_pool2d(image, 2)
    array([[[4., 2.]]])
    >>> avg_pool2d(np.ones((1, 2, 2)), 2, stride=1, padding=((1, 0), (1, 0))).tolist()
    [[[0.25, 0.5], [0.5, 1.0]]]
    >>> avg_pool2d(np.ones((1, 2, 2)), 2, stride=1, padding=((1, 0), (1, 0)), count_include_pad=False).tolist()
    [[[1.0, 1.0], [1.0, 1.0]]]
    """
    options = window, stride, padding, dilation, ceil_mode, border, count_include_pad, layout
    key = call_key("mean", x, out, dims, *options)
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
    check_count(spec, count_include_pad)
    pooled = pool(spec, "mean", x, out, count_pads=count_include_pad, key=key)
    if pooled is not None:
        return pooled
    planes = extend(spec, channels_first(x, dims, spec.layout))
    for axis, windows in axis_windows(spec):
        planes = fold(planes, axis, windows, np.add, sum_dtype(x.dtype).type(0))
    planes /= divisors(spec, count_include_pad)
    return finish(planes, spec.output_shape, float_dtype(x.dtype), spec.layout, out)


def divisors(spec: PoolSpec, count_include_pad: bool) -> Array:
    """Count the cells whose mean each window takes, in the type that sums are taken in."""
    check_count(spec, count_include_pad)
    return window_members(spec, count_include_pad).astype(sum_dtype(spec.dtype))


def check_count(spec: PoolSpec, count_include_pad: bool) -> None:
    """Refuse a border whose cells are not to count."""
    if spec.border is not None and not count_include_pad:
        raise SpecError(
            f"border {str(spec.border)!r} takes part in every window; leave out count_include_pad=False"
        )


avg_pool1d, avg_pool2d, avg_pool3d = in_dimensions("avg_pool{}d", _avg_pool)
