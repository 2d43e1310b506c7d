"""Gradients of average pooling with sliding windows."""

import numpy.typing as npt

from convolens.ops.arrays import Array, as_array, channels_first
from convolens.ops.pooling.arrays import BorderOption, Sizes, check_gradient, finish, float_dtype, pool_spec
from convolens.ops.pooling.average import divisors
from convolens.ops.pooling.windows import axis_windows, extend_adjoint, spread
from convolens.spec.padding import Padding
from convolens.spec.pooling import PoolSpec


def avg_pool1d_grad(
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
    layout: str = "NCW",
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through :func:`avg_pool1d`; as :func:`avg_pool2d_grad`.

    >>> avg_pool1d_grad([[3.0, 6.0]], (1, 5), 3, stride=2)
    array([[1., 1., 3., 2., 2.]])
    """
    grad_output, shape = as_array(grad_output, "grad_output"), tuple(input_shape)
    dtype = float_dtype(grad_output.dtype)
    spec = pool_spec(1, shape, dtype, window, stride, padding, dilation, ceil_mode, border, layout)
    return _avg_pool_grad(spec, grad_output, count_include_pad, out)


def avg_pool2d_grad(
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
    layout: str = "NCHW",
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through :func:`avg_pool2d`: each number, divided by its cells, goes to each of them.

    Parameters
    ----------
    grad_output : array_like
        Gradient with respect to the means, of their shape.
    input_shape : tuple of int
        Shape of the image that was pooled.
    window, stride, padding, dilation, ceil_mode, border, count_include_pad, layout
        As for :func:`avg_pool2d`.
    out : ndarray, optional
        Array of the result's shape and dtype to write into.

    Returns
    -------
    ndarray
        Gradient with respect to the image, of ``input_shape``. What falls on a border that copies the image
        goes to the cells it copies; what falls on a constant is lost.

    Examples
    --------
    >>> avg_pool2d_grad([[[4.0, 8.0]]], (1, 2, 4), 2)
    array([[[1., 1., 2., 2.],
            [1., 1., 2., 2.]]])
    """
    grad_output, shape = as_array(grad_output, "grad_output"), tuple(input_shape)
    dtype = float_dtype(grad_output.dtype)
    spec = pool_spec(2, shape, dtype, window, stride, padding, dilation, ceil_mode, border, layout)
    return _avg_pool_grad(spec, grad_output, count_include_pad, out)


def avg_pool3d_grad(
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
    layout: str = "NCDHW",
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through :func:`avg_pool3d`; as :func:`avg_pool2d_grad`.

    >>> avg_pool3d_grad([[[[8.0]]]], (1, 2, 2, 2), 2).ravel()
    array([1., 1., 1., 1., 1., 1., 1., 1.])
    """
    grad_output, shape = as_array(grad_output, "grad_output"), tuple(input_shape)
    dtype = float_dtype(grad_output.dtype)
    spec = pool_spec(3, shape, dtype, window, stride, padding, dilation, ceil_mode, border, layout)
    return _avg_pool_grad(spec, grad_output, count_include_pad, out)


def _avg_pool_grad(spec: PoolSpec, grad_output: Array, count_include_pad: bool, out: Array | None) -> Array:
    check_gradient(grad_output, spec.output_shape)
    planes = channels_first(grad_output, spec.dims, spec.layout) / divisors(spec, count_include_pad)
    for axis, windows in axis_windows(spec):
        planes = spread(planes, axis, windows)
    return finish(extend_adjoint(spec, planes), spec.input_shape, spec.dtype, spec.layout, out)
