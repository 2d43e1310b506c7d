"""The gradients of deformable convolution: what is asked, and what is given back."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from convolens.ops.arrays import Array, as_array, check_gradient, quietly
from convolens.ops.deformable_sums import Sums, compiled_pays, compiled_sums, numpy_sums
from convolens.ops.deformation import Deformation, channels_last
from convolens.ops.transposed import turn
from convolens.runtime import compile as compiler
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST
from convolens.spec.padding import Padding


class DeformGradients(NamedTuple):
    """
    How a loss changes with each argument of :func:`deform_conv2d`; each of that argument's shape.

    Attributes
    ----------
    input, offset, weight, bias : ndarray
        The bias has one number for each kernel, whether or not there was one.
    mask : ndarray or None
        None where there was no mask.
    """

    input: Array
    offset: Array
    weight: Array
    bias: Array
    mask: Array | None


@quietly
def deform_conv2d_grad(
    grad_output: npt.ArrayLike,
    x: npt.ArrayLike,
    offset: npt.ArrayLike,
    weight: npt.ArrayLike,
    *,
    mask: npt.ArrayLike | None = None,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = "NCHW",
) -> DeformGradients:
    r"""
    Give the gradients of :func:`deform_conv2d` with respect to input, offset, weight, bias and mask.

    With :math:`v` the samples of a window, :math:`m` its mask and :math:`\partial y` what flows back to its cell,

    .. math:: \partial w \mathrel{+}= \partial y \; (m v)^T, \quad
              \partial m = v \cdot w^T \partial y, \quad
              \partial v = m \, w^T \partial y;

    the offset's gradient is :math:`\partial v` times the slope of the interpolation, and the input's spreads
    :math:`\partial v` over the four cells around each sample.

    Parameters
    ----------
    grad_output : array_like, shape (N, K, output height, output width)
        Gradient of the loss with respect to the output, in the layout of ``x``.
    x, offset, weight, mask, stride, padding, border, dilation, groups, flip, layout
        As they were given to :func:`deform_conv2d`.

    Returns
    -------
    DeformGradients
        ``(input, offset, weight, bias, mask)``, each in the shape and layout of its argument and in the
        dtype of the output.

    Raises
    ------
    SpecError
        If ``grad_output`` has not the output's shape; also as :func:`deform_conv2d`.
    DTypeError, UnknownNameError
        As :func:`deform_conv2d`.

    Notes
    -----
    The interpolation has a kink at every cell: where an offset is a whole number, the slope is the one towards the
    next cell, as in torchvision.

    Where NumPy computes, workspace is as for :func:`deform_conv2d`. Large problems are compiled: workspace is then
    the images and their gradient with channels filled up to whole vectors, copies of all offsets and masks of the
    batch, three slopes for each kernel cell, offset group and pixel of one image, and blocks of windows.

    Examples
    --------
    >>> x, kernel = np.array([[[0.0, 2.0, 8.0]]]), np.ones((1, 1, 1, 1))
    >>> offset = np.zeros((2, 1, 2))
    >>> offset[1] = 0.5
    >>> result = deform_conv2d_grad(np.ones((1, 1, 2)), x, offset, kernel, stride=2)
    >>> result.input
    array([[[0.5, 0.5, 0.5]]])
    >>> result.offset[1]  # from 0 to 2, and from 8 to the zero outside
    array([[ 2., -8.]])
    """
    deformation = Deformation.check(
        x,
        offset,
        weight,
        mask,
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
    )
    spec = deformation.spec
    grad_output = as_array(grad_output, "grad_output")
    check_gradient(grad_output, spec.output_shape)
    upstream = channels_last(grad_output, spec).astype(spec.compute_dtype, copy=False)
    groups, offset_dtype = deformation.offset.shape[4], deformation.offset.dtype
    if compiled_pays(spec, groups, offset_dtype, compiler.loaded()):
        gradients = compiled_sums(deformation, upstream)
    else:
        gradients = numpy_sums(deformation, upstream)
    return _as_given(deformation, gradients)


def _as_given(deformation: Deformation, sums: Sums) -> DeformGradients:
    """Put the gradients into the shapes and the dtype that the caller knows."""
    spec = deformation.spec
    return DeformGradients(
        input=_laid_out(sums.image, spec),
        offset=_laid_out(sums.offset.swapaxes(3, 4), spec),
        weight=np.ascontiguousarray(turn(spec, sums.weight), spec.result_dtype),
        bias=sums.bias.astype(spec.result_dtype),
        mask=None if sums.mask is None else _laid_out(sums.mask.swapaxes(3, 4), spec),
    )


def _laid_out(gradient: Array, spec: ConvSpec) -> Array:
    """Join the axes after the first three into channels, and put these where the layout has them."""
    shape = gradient.shape
    joined = gradient.reshape(*shape[:3], math.prod(shape[3:]))
    laid_out = joined if spec.layout == LAST else np.moveaxis(joined, -1, 1)
    batched = laid_out if len(spec.input_shape) == 4 else laid_out[0]
    return np.ascontiguousarray(batched, spec.result_dtype)
