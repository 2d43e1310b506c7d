"""All gradients of a convolution with its bias and activation at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError, unknown_name
from convolens.ops.activation_gradients import check_given, flow_back
from convolens.ops.activations import check_activation, find_activation
from convolens.ops.arrays import Array, as_array, channels_first, check_gradient, check_weight_axes
from convolens.ops.dimensions import in_dimensions
from convolens.ops.gradients import conv_grad_bias, conv_grad_input, conv_grad_weight
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST, LAST
from convolens.spec.padding import Padding


class ConvGradients(NamedTuple):
    """
    How a loss changes with each argument of a convolution; each of that argument's shape.

    Attributes
    ----------
    input, weight, bias : ndarray or None
        None where it was not asked for. The bias has one number for each kernel, whether or not there was one.
    """

    input: Array | None
    weight: Array | None
    bias: Array | None


def _conv_grad(
    dims: int,
    grad_output: npt.ArrayLike,
    x: npt.ArrayLike,
    weight: npt.ArrayLike,
    *,
    activation: str | None = None,
    output: npt.ArrayLike | None = None,
    preactivation: npt.ArrayLike | None = None,
    needs: Iterable[str] = ConvGradients._fields,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = FIRST,
) -> ConvGradients:
    r"""
    Give the gradients of a convolution in {dimensions}, with its bias and activation, in one go.

    With :math:`z` the sums before the activation :math:`f`, what flows back to them is
    :math:`\partial z = f'(z) \, \partial y`; it is summed over each kernel's cells for the bias while it is
    computed, and goes on to the input and the weights.

    Parameters
    ----------
    grad_output : array_like, shape (N, K, {size}) or (K, {size})
        Gradient of a loss with respect to the convolution's output.
    x : array_like, shape (N, C, {size}) or (C, {size})
        The convolution's input.
    weight : array_like, shape (K, C / groups, {size})
        Its weights.
    activation : str, optional
        As given to the convolution.
    output : array_like, shape of ``grad_output``, optional
        What the convolution gave. The derivatives of relu, relu6, leaky-relu, sigmoid, tanh and
        hard-sigmoid follow from it.
    preactivation : array_like, shape of ``grad_output``, optional
        What the convolution gives without its activation. Those of silu, gelu and hard-swish
        follow from it.
    needs : iterable of str, default ("input", "weight", "bias")
        Which gradients to compute.
    stride, padding, border, dilation, groups, flip, layout
        As given to the convolution.

    Returns
    -------
    ConvGradients
        ``(input, weight, bias)``, None where not asked for.

    Raises
    ------
    SpecError
        If shapes and options do not fit together, or what the activation's derivative follows from is missing.
    DTypeError
        If numbers are complex, or the activation takes no integers.
    UnknownNameError
        If there is no such activation, or gradient in ``needs``.

    Notes
    -----
    Where an activation has a kink, the slope is that of the flat side, as in PyTorch: 0 at 0 for relu.

    Examples
    --------
    >>> x, kernel = np.array([[1.0, -2.0, 3.0]]), np.array([[[2.0]]])
    >>> y = np.maximum(2 * x, 0)
    >>> grads = conv1d_grad([[1.0, 10.0, 100.0]], x, kernel, activation="relu", output=y)
    >>> grads.input, grads.weight, grads.bias
    (array([[  2.,   0., 200.]]), array([[[301.]]]), array([101.]))
    """
    grad, x, weight = as_array(grad_output, "grad_output"), as_array(x, "input"), as_array(weight, "weight")
    check_weight_axes(weight.shape, dims, "")
    options: dict[str, Any] = {
        "stride": stride, "padding": padding, "border": border, "dilation": dilation,
        "groups": groups, "flip": flip, "layout": layout,
    }  # fmt: skip
    spec = ConvSpec(x.shape, weight.shape, dtype=x.dtype, weight_dtype=weight.dtype, **options)
    check_gradient(grad, spec.output_shape)
    wanted, name = _checked_needs(needs), find_activation(activation)
    check_activation(name, grad.dtype)
    given = check_given(name, _like("output", output, grad), _like("preactivation", preactivation, grad))
    dtype = grad.dtype
    sums = None
    if given is not None:
        both = np.result_type(grad, given)
        first, given = (channels_first(a.astype(both, copy=False), dims, spec.layout) for a in (grad, given))
        flowing, sums = flow_back(first, given, name)
        flowing = np.moveaxis(flowing, 1, -1) if spec.layout == LAST else flowing
        grad = flowing.reshape(grad.shape).astype(dtype, copy=False)
    if dtype.kind != "f":
        sums = None  # of integers only sums in integers are exact
    bias = None
    if "bias" in wanted:
        bias = conv_grad_bias(dims, grad, layout=layout) if sums is None else sums.astype(dtype)
    return ConvGradients(
        conv_grad_input(dims, grad, weight, x.shape, **options) if "input" in wanted else None,
        conv_grad_weight(dims, grad, x, weight.shape, **options) if "weight" in wanted else None,
        bias,
    )


def _like(name: str, array: npt.ArrayLike | None, grad: Array) -> Array | None:
    """Take an array, if there is one, that has the gradient's shape."""
    if array is None:
        return None
    found = as_array(array, name)
    if found.shape != grad.shape:
        raise SpecError(f"{name} must have the shape of grad_output, {grad.shape}, but its shape is {found.shape}")
    return found


def _checked_needs(needs: Iterable[str]) -> tuple[str, ...]:
    wanted = (needs,) if isinstance(needs, str) else tuple(needs)
    for name in wanted:
        if name not in ConvGradients._fields:
            raise unknown_name("gradient", name, ConvGradients._fields)
    return wanted


conv1d_grad, conv2d_grad, conv3d_grad = in_dimensions("conv{}d_grad", _conv_grad)
