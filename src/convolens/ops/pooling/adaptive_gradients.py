"""Gradient of adaptive average pooling; that of adaptive max pooling is with :func:`max_pool2d_grad`."""

import numpy as np
import numpy.typing as npt

from convolens.ops.arrays import Array, as_array, channels_first
from convolens.ops.pooling.adaptive import region_sizes, regions
from convolens.ops.pooling.arrays import finish, float_dtype, plane_size, sum_dtype
from convolens.ops.pooling.windows import along
from convolens.spec.layout import parse_layout


def adaptive_avg_pool1d_grad(
    grad_output: npt.ArrayLike,
    input_shape: tuple[int, ...],
    *,
    layout: str = "NCW",
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through :func:`adaptive_avg_pool1d`; as :func:`adaptive_avg_pool2d_grad`.

    >>> adaptive_avg_pool1d_grad([[6.0, 12.0]], (1, 5))
    array([[2., 2., 6., 4., 4.]])
    """
    return _adaptive_avg_pool_grad(1, grad_output, input_shape, layout, out)


def adaptive_avg_pool2d_grad(
    grad_output: npt.ArrayLike,
    input_shape: tuple[int, ...],
    *,
    layout: str = "NCHW",
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through :func:`adaptive_avg_pool2d`: each number goes to its cells, in equal parts.

    Parameters
    ----------
    grad_output : array_like
        Gradient with respect to the means, of their shape.
    input_shape : tuple of int
        Shape of the image that was pooled.
    layout : str, default "NCHW"
        Or "NHWC".
    out : ndarray, optional
        Array of the result's shape and dtype to write into.

    Returns
    -------
    ndarray
        Gradient with respect to the image, of ``input_shape``.

    Examples
    --------
    >>> adaptive_avg_pool2d_grad([[[6.0, 12.0]]], (1, 1, 5))
    array([[[2., 2., 6., 4., 4.]]])
    """
    return _adaptive_avg_pool_grad(2, grad_output, input_shape, layout, out)


def adaptive_avg_pool3d_grad(
    grad_output: npt.ArrayLike,
    input_shape: tuple[int, ...],
    *,
    layout: str = "NCDHW",
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through :func:`adaptive_avg_pool3d`; as :func:`adaptive_avg_pool2d_grad`.

    >>> adaptive_avg_pool3d_grad([[[[8.0]]]], (1, 2, 2, 2)).ravel()
    array([1., 1., 1., 1., 1., 1., 1., 1.])
    """
    return _adaptive_avg_pool_grad(3, grad_output, input_shape, layout, out)


def _adaptive_avg_pool_grad(
    dims: int, grad_output: npt.ArrayLike, input_shape: tuple[int, ...], layout: str, out: Array | None
) -> Array:
    grad_output, layout, shape = (
        as_array(grad_output, "grad_output"),
        parse_layout(layout, dims),
        tuple(input_shape),
    )
    size = plane_size("input", shape, grad_output.shape, dims, layout)
    planes = channels_first(grad_output, dims, layout)
    planes = planes / region_sizes(size, planes.shape[2:]).astype(sum_dtype(grad_output.dtype))
    for axis, cells in enumerate(size, start=2):
        spread = np.zeros_like(planes, shape=(*planes.shape[:axis], cells, *planes.shape[axis + 1 :]))
        for i, region in enumerate(regions(cells, planes.shape[axis])):
            spread[along(axis, region)] += planes[along(axis, slice(i, i + 1))]
        planes = spread
    return finish(planes, shape, float_dtype(grad_output.dtype), layout, out)
