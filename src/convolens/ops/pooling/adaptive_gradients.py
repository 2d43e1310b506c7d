"""Gradient of adaptive average pooling; that of adaptive max pooling is with :func:`max_pool2d_grad`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from convolens.ops.arrays import Array, as_array, channels_first
from convolens.ops.dimensions import in_dimensions
from convolens.ops.pooling.adaptive import region_sizes, regions
from convolens.ops.pooling.arrays import finish, float_dtype, plane_size, sum_dtype
from convolens.ops.pooling.windows import along
from convolens.spec.layout import FIRST, parse_layout
from convolens.spec.padding import whole_shape


def _adaptive_avg_pool_grad(
    dims: int,
    grad_output: npt.ArrayLike,
    input_shape: tuple[int, ...],
    *,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through adaptive average pooling in {dimensions}: to each region's cells, in equal parts.

    Parameters
    ----------
    grad_output : array_like
        Gradient with respect to the means, of their shape.
    input_shape : tuple of int
        Shape of the input that was pooled.
    layout : str, default "{layout}"
        Or with the channels last, as for :func:`conv2d`.
    out : ndarray, optional
        Array of the result's shape and dtype to write into.

    Returns
    -------
    ndarray
        Gradient with respect to the input, of ``input_shape``.

    Examples
    --------
    >>> adaptive_avg_pool1d_grad([[6.0, 12.0]], (1, 5))
    array([[2., 2., 6., 4., 4.]])
    >>> adaptive_avg_pool2d_grad([[[6.0, 12.0]]], (1, 1, 5))
    array([[[2., 2., 6., 4., 4.]]])
    """
    grad_output = as_array(grad_output, "grad_output")
    layout, shape = parse_layout(layout, dims), whole_shape(input_shape, "input shape")
    size = plane_size("input", shape, grad_output.shape, dims, layout)
    planes = channels_first(grad_output, dims, layout)
    planes = planes / region_sizes(size, planes.shape[2:]).astype(sum_dtype(grad_output.dtype))
    for axis, cells in enumerate(size, start=2):
        spread = np.zeros_like(planes, shape=(*planes.shape[:axis], cells, *planes.shape[axis + 1 :]))
        for i, region in enumerate(regions(cells, planes.shape[axis])):
            spread[along(axis, region)] += planes[along(axis, slice(i, i + 1))]
        planes = spread
    return finish(planes, shape, float_dtype(grad_output.dtype), layout, out)


adaptive_avg_pool1d_grad, adaptive_avg_pool2d_grad, adaptive_avg_pool3d_grad = in_dimensions(
    "adaptive_avg_pool{}d_grad", _adaptive_avg_pool_grad
)
