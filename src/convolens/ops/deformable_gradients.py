"""The gradients of deformable convolution: all five from one pass over the samples."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from convolens.ops.arrays import Array, as_array, check_gradient, quietly
from convolens.ops.deformable import Block, Deformation, channels_last
from convolens.ops.transposed import turn
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
    next cell, as in torchvision. Workspace is as for :func:`deform_conv2d`.

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
    gradients = _Gradients(deformation)
    upstream = channels_last(grad_output, spec)
    for block in deformation.blocks():
        cells = upstream[block].reshape(-1, spec.out_channels)
        gradients.add(block, cells.astype(spec.compute_dtype, copy=False))
    return gradients.result()


class _Gradients:
    """The five gradients while they are summed, with the axes of :class:`Deformation`."""

    def __init__(self, deformation: Deformation) -> None:
        self.deformation = deformation
        dtype = deformation.spec.compute_dtype
        self.image = np.zeros(deformation.image.shape, dtype)
        self.offset = np.zeros(deformation.offset.shape, dtype)
        self.mask = None if deformation.mask is None else np.zeros(deformation.mask.shape, dtype)
        self.matrices = deformation.matrices()
        self.weight = np.zeros(self.matrices.shape, dtype)
        self.bias = np.zeros(deformation.spec.out_channels, dtype)

    def add(self, block: Block, gradient: Array) -> None:
        """Add what a block of output cells, (cells, kernels), contributes."""
        deformation, groups = self.deformation, self.deformation.spec.groups
        samples = deformation.samples(block)
        values = samples.values()
        by_group = gradient.reshape(len(gradient), groups, -1).swapaxes(0, 1)

        self.bias += gradient.sum(axis=0)
        self.weight += deformation.columns(values, block).swapaxes(1, 2) @ by_group
        windows = by_group @ self.matrices.swapaxes(1, 2)
        taps = deformation.offset.shape[3]
        windows = windows.reshape(groups, len(gradient), taps, -1).transpose(1, 2, 0, 3).reshape(values.shape)
        if self.mask is not None and deformation.mask is not None:
            self.mask[block] = (windows * values).sum(axis=1).reshape(self.mask[block].shape)
            windows = windows * deformation.mask[block].reshape(-1, 1).astype(windows.dtype, copy=False)
        slopes = np.stack([(windows * slope).sum(axis=1) for slope in samples.slopes()], axis=1)
        self.offset[block] = slopes.reshape(self.offset[block].shape)
        samples.scatter(windows, self.image[block[0]])

    def result(self) -> DeformGradients:
        """Put the gradients into the shapes and the dtype that the caller knows."""
        spec = self.deformation.spec
        kernels = self.weight.reshape(spec.groups, *spec.kernel_size, spec.weight_shape[1], -1)
        kernels = kernels.transpose(0, 4, 3, 1, 2).reshape(spec.weight_shape)
        return DeformGradients(
            input=_as_given(self.image, spec),
            offset=_as_given(self.offset.swapaxes(3, 4), spec),
            weight=turn(spec, kernels).astype(spec.result_dtype),
            bias=self.bias.astype(spec.result_dtype),
            mask=None if self.mask is None else _as_given(self.mask.swapaxes(3, 4), spec),
        )


def _as_given(gradient: Array, spec: ConvSpec) -> Array:
    """Join the axes after the first three into channels, and put these where the layout has them."""
    shape = gradient.shape
    joined = gradient.reshape(*shape[:3], math.prod(shape[3:]))
    laid_out = joined if spec.layout == LAST else np.moveaxis(joined, -1, 1)
    batched = laid_out if len(spec.input_shape) == 4 else laid_out[0]
    return np.ascontiguousarray(batched, spec.result_dtype)
