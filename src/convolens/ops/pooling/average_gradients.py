"""Gradients of average pooling with sliding windows."""

from __future__ import annotations

import numpy.typing as npt

from convolens.ops.arrays import Array, as_array, channels_first, check_gradient
from convolens.ops.dimensions import in_dimensions
from convolens.ops.pooling.arrays import BorderOption, Sizes, finish, float_dtype
from convolens.ops.pooling.average import divisors
from convolens.ops.pooling.compiled import spread_sums
from convolens.ops.pooling.windows import axis_windows, extend_adjoint, spread
from convolens.spec.layout import FIRST
from convolens.spec.padding import Padding, per_dimension
from convolens.spec.pooling import PoolSpec


def _avg_pool_grad(
    dims: int,
    grad_output: npt.ArrayLike,
    input_shape: tuple[int, ...],
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
    """
    Bring a gradient back through average pooling in {dimensions}: each number goes to its cells, in equal parts.

    Parameters
    ----------
    grad_output : array_like
        Gradient with respect to the means, of their shape.
    input_shape : tuple of int
        Shape of the input that was pooled.
    window, stride, padding, dilation, ceil_mode, border, count_include_pad, layout
        As for :func:`avg_pool2d`.
    out : ndarray, optional
        Array of the result's shape and dtype to write into.

    Returns
    -------
    ndarray
        Gradient with respect to the input, of ``input_shape``. What falls on a border that copies cells goes to
        these; what falls on a constant is lost.

    Examples
    --------
    >>> avg_pool1d_grad([[3.0, 6.0]], (1, 5), 3, stride=2)
    array([[1., 1., 3., 2., 2.]])
    >>> avg_pool2d_grad([[[4.0, 8.0]]], (1, 2, 4), 2)
    array([[[1., 1., 2., 2.],
            [1., 1., 2., 2.]]])
    """
    grad_output = as_array(grad_output, "grad_output")
    spec = PoolSpec(
        input_shape,
        per_dimension(window, dims, "window"),
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        border=border,
        layout=layout,
        dtype=float_dtype(grad_output.dtype),
    )
    check_gradient(grad_output, spec.output_shape)
    planes = channels_first(grad_output, dims, spec.layout) / divisors(spec, count_include_pad)
    sums = spread_sums(spec, planes, spec.dtype, out)
    if sums is not None:
        return sums
    for axis, windows in axis_windows(spec):
        planes = spread(planes, axis, windows)
    return finish(extend_adjoint(spec, planes), spec.input_shape, spec.dtype, spec.layout, out)


avg_pool1d_grad, avg_pool2d_grad, avg_pool3d_grad = in_dimensions("avg_pool{}d_grad", _avg_pool_grad)
