"""Gradients of max pooling, sliding and adaptive: each number goes to the cell that was chosen."""

from __future__ import annotations

import numpy.typing as npt

from convolens.algorithms import pooling_gradients as compiled
from convolens.ops.arrays import Array, as_array, channels_first, deliver, result_array
from convolens.ops.dimensions import in_dimensions
from convolens.ops.pooling.arrays import (
    check_cells_named,
    check_indices_shape,
    finish,
    float_dtype,
    plane_size,
    scatter,
)
from convolens.ops.pooling.compiled import spread_pays
from convolens.spec.layout import FIRST, parse_layout
from convolens.spec.padding import whole_shape


def _max_pool_grad(
    dims: int,
    grad_output: npt.ArrayLike,
    indices: npt.ArrayLike,
    input_shape: tuple[int, ...],
    *,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    """
    Bring a gradient back through max pooling in {dimensions}: each number goes to the cell that was the maximum.

    Parameters
    ----------
    grad_output : array_like
        Gradient with respect to the maxima, of their shape.
    indices : array_like of int
        Where the maxima lie, as ``max_pool2d(..., return_indices=True)`` gives it.
    input_shape : tuple of int
        Shape of the input that was pooled.
    layout : str, default "{layout}"
        Or with the channels last, as for :func:`conv2d`.
    out : ndarray, optional
        Array of the result's shape and dtype to write into.

    Returns
    -------
    ndarray
        Gradient with respect to the input, of ``input_shape``; sums are taken in float64. The index −1, a
        constant border's, gets nothing.

    Examples
    --------
    >>> max_pool1d_grad([[1.0, 2.0]], [[1, 3]], (1, 6))
    array([[0., 1., 0., 2., 0., 0.]])
    >>> max_pool2d_grad([[[1.0, 2.0]]], [[[3, 3]]], (1, 2, 2))
    array([[[0., 0.],
            [0., 3.]]])
    """
    grad_output, indices = as_array(grad_output, "grad_output"), as_array(indices, "indices")
    layout, shape = parse_layout(layout, dims), whole_shape(input_shape, "input shape")
    size = plane_size("input", shape, grad_output.shape, dims, layout)
    check_indices_shape(indices, grad_output.shape)
    numbers, places = (channels_first(a, dims, layout) for a in (grad_output, indices))
    dtype = float_dtype(grad_output.dtype)
    if spread_pays(numbers, places, size):
        result = result_array(shape, dtype, out, dtype, grad_output, indices)
        planes = channels_first(result, dims, layout)
        if not compiled.ask(numbers, places, planes):
            check_cells_named(indices, size, least=-1)
            compiled.scatter(numbers, places, planes)
        return deliver(result, dtype, out)
    check_cells_named(indices, size, least=-1)
    return finish(scatter(numbers, places, size), shape, dtype, layout, out)


max_pool1d_grad, max_pool2d_grad, max_pool3d_grad = in_dimensions("max_pool{}d_grad", _max_pool_grad)
adaptive_max_pool1d_grad, adaptive_max_pool2d_grad, adaptive_max_pool3d_grad = in_dimensions(
    "adaptive_max_pool{}d_grad", _max_pool_grad
)
