"""Transposed convolution: the adjoint of convolution, which sends each input cell to a window of the output."""

from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.algorithms.gradients import input_gradient
from convolens.errors import SpecError
from convolens.ops.activations import activate, check_activation, find_activation
from convolens.ops.arrays import Array, add_bias, as_array, channels_first, check_bias, deliver, result_array
from convolens.ops.dimensions import in_dimensions
from convolens.ops.integers import border_copies, check_sums, largest_sum
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST
from convolens.spec.padding import Padding
from convolens.spec.transposed import transposed_spec


def _conv_transpose(
    dims: int,
    x: npt.ArrayLike,
    weight: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    output_padding: int | tuple[int, ...] = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = FIRST,
    activation: str | None = None,
    out: Array | None = None,
) -> Array:
    r"""
    Transposed convolution in {dimensions}: the adjoint of convolution with the same weights and options.

    .. math:: y[n, k, s\,i + d\,t - p] \mathrel{+}= w[c, k, t] \; x[n, c, i]

    Parameters
    ----------
    x : array_like, shape (N, C, {size}) or (C, {size})
        Input; with ``layout="channels-last"`` the channels come last.
    weight : array_like, shape (C, K / groups, {size})
        The weights of the convolution that goes the other way, from K channels to C.
    bias : array_like, shape (K,), optional
        One number to add for each output channel.
    stride : int or tuple of int, default 1
        Output cells from one window to the next: upsampling by this factor.
    padding : int, tuple, or str, default 0
        Cells cut off the output's sides; ``"same"``: output = input × stride.
    output_padding : int or tuple of int, default 0
        Cells added at the output's end, less than the stride.
    border : str or float, default "constant"
        What becomes of the cells cut off: lost for a constant, else added to the cell that the border shows there.
    dilation, groups, flip, layout, activation, out
        As for :func:`conv2d`.

    Returns
    -------
    ndarray, shape (N, K, {size})
        Of size s (input − 1) − pads + d (k − 1) + 1 + output padding. Dtypes as for :func:`conv2d`.

    Raises
    ------
    SpecError
        If shapes and options do not fit together.

    Notes
    -----
    ``⟨conv(y), x⟩ = ⟨y, conv_transpose(x)⟩`` for all x, y. The error is that of the plain sum.

    References
    ----------
    V. Dumoulin, F. Visin, A guide to convolution arithmetic for deep learning, 2016, arXiv:1603.07285, chapter 4.

    Examples
    --------
    >>> conv_transpose1d([[1, 2, 3]], [[[1, 10]]], stride=2)
    array([[ 1, 10,  2, 20,  3, 30]])
    """
    x, weight = as_array(x, "input"), as_array(weight, "weight")
    if weight.ndim != dims + 2:
        raise SpecError(f"weight must have {dims + 2} axes, but its shape is {weight.shape}")
    activation = find_activation(activation)
    spec = transposed_spec(
        x.shape,
        weight.shape,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        dtype=x.dtype,
        weight_dtype=weight.dtype,
    )
    return adjoint(spec, x, weight, bias, activation, out)


def adjoint(
    spec: ConvSpec,
    x: Array,
    weight: Array,
    bias: npt.ArrayLike | None = None,
    activation: str | None = None,
    out: Array | None = None,
) -> Array:
    """Run the adjoint of the convolution ``spec`` on ``x``, an array of its output's shape."""
    shift = check_bias(bias, spec.in_channels)
    check_activation(activation, spec.result_dtype)
    if spec.compute_dtype.kind != "f":
        check_sums(f"{x.dtype} input and {weight.dtype} weight", x, _weights(spec, weight), bias=shift)
    arrays = (x, weight) if shift is None else (x, weight, shift)
    result = result_array(spec.input_shape, spec.result_dtype, out, spec.compute_dtype, *arrays)
    outputs = channels_first(result, spec.dims, spec.layout)
    turned = turn(spec, weight).astype(spec.compute_dtype, copy=False)
    outputs[...] = input_gradient(spec, turned, channels_first(x, spec.dims, spec.layout))
    add_bias(outputs, shift)
    activate(result, activation)
    return deliver(result, spec.result_dtype, out)


def _weights(spec: ConvSpec, weight: Array) -> float:
    """The largest sum of magnitudes of weights that one cell takes, over the copies that a border makes of it."""
    grouped = weight.reshape(spec.groups, -1, *weight.shape[1:])
    return border_copies(spec) * largest_sum(grouped, (1, *range(3, grouped.ndim)))


def turn(spec: ConvSpec, weight: Array) -> Array:
    """Turn the kernels by 180° if the spec says so: from its weights to those of a correlation, and back."""
    axes: Any = tuple(range(2, weight.ndim))
    return np.flip(weight, axes) if spec.flip else weight


conv_transpose1d, conv_transpose2d, conv_transpose3d = in_dimensions("conv_transpose{}d", _conv_transpose)
