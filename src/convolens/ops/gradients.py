"""What flows backward through a convolution or transposed convolution: to its input, its weights, its bias."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.ops.activation_gradients import flow_back
from convolens.ops.arrays import (
    Array,
    as_array,
    channels_first,
    check_gradient,
    check_out,
    check_weight_axes,
    deliver,
)
from convolens.ops.dimensions import in_dimensions
from convolens.ops.integers import check_sums, magnitude
from convolens.ops.prepared import prepare_conv
from convolens.ops.transposed import adjoint, turn
from convolens.planning.gradients import TRAINING, plan_weight_gradient
from convolens.spec.borders import Border, without_value
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST, parse_layout
from convolens.spec.padding import Padding, whole_shape
from convolens.spec.transposed import transposed_spec


def conv_grad_input(
    dims: int,
    grad_output: npt.ArrayLike,
    weight: npt.ArrayLike,
    input_shape: tuple[int, ...],
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    r"""
    Gradient of a convolution in {dimensions} with respect to its input.

    .. math:: \partial x[n, c, s\,o + d\,t - p] \mathrel{+}= \sum_k w[k, c, t] \; \partial y[n, k, o]

    Parameters
    ----------
    grad_output : array_like, shape (N, K, {size}) or (K, {size})
        Gradient of a loss with respect to the convolution's output.
    weight : array_like, shape (K, C / groups, {size})
        The convolution's weights.
    input_shape : tuple of int
        Shape of the convolution's input.
    stride, padding, border, dilation, groups, flip, layout, out
        As given to the convolution.

    Returns
    -------
    ndarray, shape ``input_shape``
        Cells that the border copies receive what flows to their copies too.

    Raises
    ------
    SpecError
        If shapes and options do not fit together.

    Examples
    --------
    >>> conv1d_grad_input([[1, 10, 100]], [[[1, 0, -1]]], (1, 5))
    array([[   1,   10,   99,  -10, -100]])
    """
    grad, weight = as_array(grad_output, "grad_output"), as_array(weight, "weight")
    spec = ConvSpec(
        input_shape,
        _checked(weight.shape, dims),
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        dtype=grad.dtype,
        weight_dtype=weight.dtype,
    )
    check_gradient(grad, spec.output_shape)
    return adjoint(spec, grad, weight, out=out, calls=TRAINING)


def conv_grad_weight(
    dims: int,
    grad_output: npt.ArrayLike,
    x: npt.ArrayLike,
    weight_shape: tuple[int, ...],
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    r"""
    Gradient of a convolution in {dimensions} with respect to its weights: itself a correlation.

    .. math:: \partial w[k, c, t] = \sum_{n, o} \partial y[n, k, o] \; x[n, c, s\,o + d\,t - p]

    Parameters
    ----------
    grad_output : array_like, shape (N, K, {size}) or (K, {size})
        Gradient of a loss with respect to the convolution's output.
    x : array_like, shape (N, C, {size}) or (C, {size})
        The convolution's input.
    weight_shape : tuple of int
        Shape of the weights, (K, C / groups, {size}).
    stride, padding, border, dilation, groups, flip, layout
        As given to the convolution.
    out : ndarray, optional
        Array of the result's shape and dtype to write into; it may overlap the arguments.

    Returns
    -------
    ndarray, shape ``weight_shape``
        Summed over the batch.

    Raises
    ------
    SpecError
        If shapes and options do not fit together.

    Examples
    --------
    >>> conv1d_grad_weight([[1, 0, 100]], [[1, 2, 3, 4, 5]], (1, 1, 3))
    array([[[301, 402, 503]]])
    """
    grad, x = as_array(grad_output, "grad_output"), as_array(x, "input")
    spec = ConvSpec(
        x.shape,
        _checked(weight_shape, dims),
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        dtype=x.dtype,
        weight_dtype=grad.dtype,
    )
    check_gradient(grad, spec.output_shape)
    return _sum_over_windows(spec, x, grad, out)


def conv_grad_bias(
    dims: int, grad_output: npt.ArrayLike, *, layout: str = FIRST, out: Array | None = None
) -> Array:
    r"""
    Gradient of a convolution, transposed or not, in {dimensions} with respect to its bias.

    .. math:: \partial b[k] = \sum_{n, o} \partial y[n, k, o]

    Parameters
    ----------
    grad_output : array_like, shape (N, K, {size}) or (K, {size})
        Gradient of a loss with respect to the output.
    layout : str, default "{layout}"
        As given to the convolution.
    out : ndarray, optional
        Array of the result's shape and dtype to write into; it may overlap the argument.

    Returns
    -------
    ndarray, shape (K,)
        One sum for each kernel.

    Examples
    --------
    >>> conv1d_grad_bias([[1, 2, 3], [10, 20, 30]])
    array([ 6, 60])
    """
    grad = as_array(grad_output, "grad_output")
    if grad.ndim not in (dims + 1, dims + 2):
        raise SpecError(f"grad_output must have {dims + 1} or {dims + 2} axes, but its shape is {grad.shape}")
    first = channels_first(grad, dims, parse_layout(layout, dims))
    if grad.dtype.kind == "f":
        return _given(flow_back(first, None, None)[1], np.result_type(grad, grad), out)
    check_sums(f"{grad.dtype} grad_output", grad, first.size / max(first.shape[1], 1))
    total: Array = first.sum(axis=(0, *range(2, first.ndim)), dtype=np.int64)
    return _given(total, total.dtype, out)


def _conv_transpose_grad_input(
    dims: int,
    grad_output: npt.ArrayLike,
    weight: npt.ArrayLike,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    output_padding: int | tuple[int, ...] = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    """
    Gradient of a transposed convolution in {dimensions} with respect to its input: a convolution.

    Parameters
    ----------
    grad_output : array_like, shape (N, K, {size}) or (K, {size})
        Gradient of a loss with respect to the transposed convolution's output.
    weight : array_like, shape (C, K / groups, {size})
        Its weights.
    stride, padding, output_padding, border, dilation, groups, flip, layout, out
        As given to it; the output padding follows from the shapes and is not looked at.

    Returns
    -------
    ndarray, shape (N, C, {size})
        Of the transposed convolution's input.

    Raises
    ------
    SpecError
        If shapes and options do not fit together.

    Examples
    --------
    >>> conv_transpose1d_grad_input([[1, 2, 3, 4, 5, 6]], [[[1, 10]]], stride=2)
    array([[21, 43, 65]])
    """
    weight = as_array(weight, "weight")
    _checked(weight.shape, dims)
    conv = prepare_conv(
        weight,
        stride=stride,
        padding=padding,
        border=without_value(border),
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
    )
    return conv(grad_output, out=out)


def _conv_transpose_grad_weight(
    dims: int,
    grad_output: npt.ArrayLike,
    x: npt.ArrayLike,
    weight_shape: tuple[int, ...],
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    output_padding: int | tuple[int, ...] = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    """
    Gradient of a transposed convolution in {dimensions} with respect to its weights.

    Parameters
    ----------
    grad_output : array_like, shape (N, K, {size}) or (K, {size})
        Gradient of a loss with respect to the transposed convolution's output.
    x : array_like, shape (N, C, {size}) or (C, {size})
        Its input.
    weight_shape : tuple of int
        Shape of the weights, (C, K / groups, {size}).
    stride, padding, output_padding, border, dilation, groups, flip, layout
        As given to the transposed convolution.
    out : ndarray, optional
        Array of the result's shape and dtype to write into; it may overlap the arguments.

    Returns
    -------
    ndarray, shape ``weight_shape``
        Summed over the batch.

    Raises
    ------
    SpecError
        If shapes and options do not fit together.

    Examples
    --------
    >>> conv_transpose1d_grad_weight([[1, 10, 1, 10, 1, 10]], [[1, 2, 3]], (1, 1, 2), stride=2)
    array([[[ 6, 60]]])
    """
    grad, x = as_array(grad_output, "grad_output"), as_array(x, "input")
    spec = transposed_spec(
        x.shape,
        _checked(weight_shape, dims),
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        dtype=grad.dtype,
        weight_dtype=x.dtype,
    )
    check_gradient(grad, spec.input_shape)
    return _sum_over_windows(spec, grad, x, out)


def _sum_over_windows(spec: ConvSpec, x: Array, grad: Array, out: Array | None) -> Array:
    dtype = spec.compute_dtype
    if dtype.kind != "f":
        cells = spec.batch * math.prod(spec.output_size)
        check_sums(
            f"{x.dtype} and {grad.dtype} arrays", x, float(cells * magnitude(grad)), border=spec.border.value
        )
    first = [channels_first(a.astype(dtype, copy=False), spec.dims, spec.layout) for a in (x, grad)]
    algorithm = plan_weight_gradient(spec).algorithm
    result = algorithm.run(spec, *first)
    # What is not finite, or overflows, on the way through transforms is so in some sums that they lead to.
    if not algorithm.plain_sum and not np.isfinite(result).all():
        result = plan_weight_gradient(spec, exact=True).algorithm.run(spec, *first)
    return _given(turn(spec, result), spec.result_dtype, out)


def _given(result: Array, dtype: np.dtype[Any], out: Array | None) -> Array:
    if out is not None:
        check_out(out, result.shape, dtype)
    return deliver(result, dtype, out)


def _checked(weight_shape: tuple[int, ...], dims: int) -> tuple[int, ...]:
    weight_shape = whole_shape(weight_shape, "weight shape")
    check_weight_axes(weight_shape, dims, "")
    return weight_shape


conv1d_grad_input, conv2d_grad_input, conv3d_grad_input = in_dimensions("conv{}d_grad_input", conv_grad_input)
conv1d_grad_weight, conv2d_grad_weight, conv3d_grad_weight = in_dimensions("conv{}d_grad_weight", conv_grad_weight)
conv1d_grad_bias, conv2d_grad_bias, conv3d_grad_bias = in_dimensions("conv{}d_grad_bias", conv_grad_bias)
conv_transpose1d_grad_input, conv_transpose2d_grad_input, conv_transpose3d_grad_input = in_dimensions(
    "conv_transpose{}d_grad_input", _conv_transpose_grad_input
)
conv_transpose1d_grad_weight, conv_transpose2d_grad_weight, conv_transpose3d_grad_weight = in_dimensions(
    "conv_transpose{}d_grad_weight", _conv_transpose_grad_weight
)
