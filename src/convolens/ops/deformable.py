"""Deformable convolution: every kernel cell looks where its own offset points, between the cells."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.algorithms import deformable as compiled
from convolens.algorithms.base import Epilogue
from convolens.ops.activations import activate, find_activation
from convolens.ops.arrays import Array, as_array, check_bias, check_weight_axes, deliver, quietly, result_array
from convolens.ops.deformation import Deformation, channels_last, deformable_spec
from convolens.ops.prepared import MANY
from convolens.planning.cost import predict_setup
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.padding import Padding

POINT_SECONDS, CHANNEL_SECONDS = 1.5e-7, 4e-9  # that NumPy takes for a point, and for each channel of it
LEAST_SECONDS = 3e-4  # below which NumPy takes no longer than laying out arrays for compiled loops
CALLS = 1000  # that a network is taken to make
MOST_SPECS = 64  # input shapes and dtypes whose specs are at hand


def deform_conv2d(
    x: npt.ArrayLike,
    offset: npt.ArrayLike,
    weight: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    *,
    mask: npt.ArrayLike | None = None,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = "NCHW",
    activation: str | None = None,
    out: Array | None = None,
) -> Array:
    r"""
    Convolve images with kernels whose every cell is moved by an offset of its own, at every output cell.

    .. math:: y[n, k, r, c] = b[k] + \sum_{i, u, v} w[k, i, u, v] \; m \;
              x[n, gC/G + i, \; s_r r + d_r u - p_r + \Delta_r, \; s_c c + d_c v - p_c + \Delta_c],

    where the offset :math:`(\Delta_r, \Delta_c)` and the mask :math:`m` are those of output cell (r, c), of kernel
    cell (u, v) and of the channel's offset group; between the cells :math:`x` is interpolated bilinearly.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W) or (C, H, W)
        Images; with ``layout="NHWC"`` the channels come last.
    offset : array_like, shape (N, 2 · kh · kw · offset groups, output height, output width)
        In cells. The channels count, from slow to fast: offset group, kernel row, kernel column, then
        (down, right). Their number tells how many offset groups there are; these divide the channels of ``x``.
        In the layout of ``x``, with N if it has one.
    weight : array_like, shape (K, C / groups, kh, kw)
        K kernels, in this order of axes whatever the layout.
    bias : array_like, shape (K,), optional
        One number to add for each kernel.
    mask : array_like, shape (N, kh · kw · offset groups, output height, output width), optional
        What to multiply each sample by; 1 if left out. In the layout of ``x``.
    stride, padding, border, dilation, groups, layout, activation
        As for :func:`conv2d`. ``padding`` moves the windows; it does not bound what the offsets reach: the
        border goes on for ever.
    flip : bool, default False
        Turn the kernels by 180° first. Offset and mask stay with the window's cells, not with the weights.
    out : ndarray, optional
        Array of the result's shape and dtype to write into; it may overlap the input.

    Returns
    -------
    ndarray, shape (N, K, output height, output width)
        In the input's layout, without N if the input has none. Its dtype is NumPy's promotion of input and
        weight; float16 is computed in float32 and rounded once. Offset and mask do not count.

    Raises
    ------
    SpecError
        If shapes and options do not fit, or an offset is NaN, infinite, or 2³¹ or more.
    DTypeError
        If neither input nor weight is of floats, or an array is not of real numbers.
    UnknownNameError
        For an unknown border, padding, layout or activation.

    See Also
    --------
    prepare_deform_conv : to use the same weights many times.
    deform_conv2d_grad : The gradients.

    Notes
    -----
    The same as ``torchvision.ops.deform_conv2d`` and ONNX's DeformConv, which know the border of zeros only.
    Without offsets it is :func:`conv2d`. Sums are plain sums in float32 or float64; a sample's place has the
    precision of its offset, wherever in the image it lies. A cell that a sample does not touch, because its offset
    is a whole number, does not count even if it is NaN.

    Large problems are compiled: workspace is then a copy of the images, one of the weights unless they are
    prepared, and for each thread what fits its cache. In NumPy it is about 8 MiB for samples, and a copy of the
    image rows that these touch.

    References
    ----------
    J. Dai et al., Deformable Convolutional Networks, ICCV 2017, arXiv:1703.06211.
    X. Zhu et al., Deformable ConvNets v2: More Deformable, Better Results, CVPR 2019, arXiv:1811.11168.

    Examples
    --------
    One kernel cell that looks half a cell to the right:

    >>> x = np.array([[[0.0, 2.0, 4.0]]])
    >>> offset = np.zeros((2, 1, 3))
    >>> offset[1] = 0.5
    >>> deform_conv2d(x, offset, np.ones((1, 1, 1, 1)), border="edge")
    array([[[1., 3., 4.]]])
    """
    conv = PreparedDeformConv(
        weight,
        bias,
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        activation=activation,
    )
    return conv(x, offset, mask=mask, out=out)


class PreparedDeformConv:
    """A deformable convolution that keeps its weights ready; made by :func:`prepare_deform_conv`."""

    def __init__(
        self, weight: npt.ArrayLike, bias: npt.ArrayLike | None, *, calls: int = CALLS, **options: Any
    ) -> None:
        self.weight = as_array(weight, "weight")
        check_weight_axes(self.weight.shape, 2, "kernels, channels / groups")
        self.bias = check_bias(bias, len(self.weight))
        self.activation = find_activation(options.pop("activation"))
        self.calls = calls
        self.options = options
        self._packed: dict[np.dtype[Any], list[Pinned]] = {}
        # A cache of a function of the weights, not of self: a cycle would keep them alive.
        self._spec = functools.lru_cache(MOST_SPECS)(functools.partial(deformable_spec, self.weight, **options))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle weights and options; the weights are ordered anew."""
        settings = {"activation": self.activation, "calls": self.calls}
        make = functools.partial(PreparedDeformConv, **(self.options | settings))
        return make, (self.weight, self.bias)

    def __repr__(self) -> str:
        return f"PreparedDeformConv(weight={self.weight.shape} {self.weight.dtype})"

    def spec(self, input_shape: tuple[int, ...], dtype: npt.DTypeLike = np.float32) -> ConvSpec:
        """Return what a call with an input of this shape and dtype asks for, but for the offsets."""
        return self._spec(tuple(input_shape), np.dtype(dtype))

    @quietly
    def __call__(
        self,
        x: npt.ArrayLike,
        offset: npt.ArrayLike,
        *,
        mask: npt.ArrayLike | None = None,
        out: Array | None = None,
    ) -> Array:
        """Convolve ``x``; see :func:`deform_conv2d` for shapes, dtypes and errors."""
        x = as_array(x, "input")
        spec = self._spec(x.shape, x.dtype)
        deformation = Deformation.of(spec, x, offset, self.weight, mask)
        inputs = (a for a in (deformation.image, deformation.offset, deformation.mask) if a is not None)
        result = result_array(spec.output_shape, spec.result_dtype, out, spec.compute_dtype, *inputs)
        outputs = channels_last(result, spec)
        left = self._compiled(deformation, outputs)
        if left is None:
            left = Epilogue(self.bias, self.activation)
            weights = deformation.matrices()
            for block in deformation.blocks():
                columns = deformation.columns(deformation.samples(block).values(), block)
                outputs[block] = (columns @ weights).swapaxes(0, 1).reshape(outputs[block].shape)
        if left.bias is not None:
            outputs += left.bias.astype(outputs.dtype)
        activate(result, left.activation)
        return deliver(result, spec.result_dtype, out)

    def _compiled(self, deformation: Deformation, outputs: Array) -> Epilogue | None:
        """Convolve by compiled loops and return what is left to do; None where they do not serve, or pay."""
        spec, offset = deformation.spec, deformation.offset
        kind = offset.shape[4], offset.dtype, self.activation
        if not compiled_pays(spec, *kind, self.calls, compiler.loaded()):
            return None
        weights = self._packed.get(spec.compute_dtype)  # in one order for all sizes
        if weights is None:
            weights = self._packed[spec.compute_dtype] = compiled.prepare(spec, deformation.weight)
        epilogue = Epilogue(self.bias, self.activation)
        return compiled.run(spec, weights, deformation.image, offset, deformation.mask, outputs, epilogue)


def prepare_deform_conv(
    weight: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = "NCHW",
    activation: str | None = None,
) -> PreparedDeformConv:
    """
    Prepare a deformable convolution whose weights stay, so that work on them is paid once.

    Parameters
    ----------
    weight : array_like, shape (K, C / groups, kh, kw)
        K kernels, in this order of axes whatever the layout.
    bias : array_like, shape (K,), optional
        One number to add for each kernel.
    stride, padding, border, dilation, groups, flip, layout, activation
        As for :func:`deform_conv2d`.

    Returns
    -------
    PreparedDeformConv
        Call it with an input, its offsets, and a mask if there is one.

    Raises
    ------
    SpecError
        If weight or bias do not have the axes that they should; the rest is refused when it is called.
    UnknownNameError
        For an unknown activation.

    Notes
    -----
    The weights are not copied; changing them afterwards leads to undefined results.

    Examples
    --------
    >>> conv = prepare_deform_conv(np.ones((1, 1, 1, 1)), border="edge")
    >>> offset = np.zeros((2, 1, 3))
    >>> offset[1] = 0.5
    >>> conv(np.array([[[0.0, 2.0, 4.0]]]), offset)
    array([[[1., 3., 4.]]])
    """
    return PreparedDeformConv(
        weight,
        bias,
        calls=MANY,
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        activation=activation,
    )


@functools.lru_cache(maxsize=256)
def compiled_pays(
    spec: ConvSpec,
    offset_groups: int,
    offset_dtype: np.dtype[Any],
    activation: str | None,
    calls: int,
    loaded: int,
) -> bool:
    """Whether compiled loops serve, over so many calls, given how many pipelines are ready."""
    points = spec.batch * math.prod(spec.output_size) * math.prod(spec.kernel_size)
    seconds = points * (spec.in_channels * CHANNEL_SECONDS + offset_groups * POINT_SECONDS)
    if seconds < LEAST_SECONDS or compiled.refusal(spec, offset_groups):
        return False
    return predict_setup(compiled.pipeline(spec, offset_dtype, activation)) < calls * seconds
