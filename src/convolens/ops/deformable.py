"""Deformable convolution: every kernel cell looks where its own offset points, between the cells."""

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from convolens.algorithms import deformable as compiled
from convolens.algorithms.base import Epilogue
from convolens.algorithms.windows import blocks
from convolens.errors import DTypeError, SpecError
from convolens.ops.activations import activate, find_activation
from convolens.ops.arrays import Array, as_array, channels_first, check_bias, deliver, quietly, result_array
from convolens.ops.sampling import Samples
from convolens.ops.transposed import turn
from convolens.planning.cost import predict_setup
from convolens.runtime import compile as compiler
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import join_shape, split_shape
from convolens.spec.padding import Padding

Block = tuple[int, slice, slice]
"""A batch item, and the rows and columns of its output."""

BLOCK_BYTES = 8 << 20  # of samples held at a time, with their places and weights

POINT_SECONDS, CHANNEL_SECONDS = 1.5e-7, 4e-9  # that NumPy takes for a point, and for each channel of it
LEAST_SECONDS = 3e-4  # below which NumPy takes no longer than laying out arrays for compiled loops
CALLS = 1000  # that a network is taken to make


@dataclass(frozen=True, slots=True)
class Deformation:
    """
    The checked arguments of a deformable convolution, as views with the channels last.

    Attributes
    ----------
    spec : ConvSpec
        The convolution that it is without offsets.
    image : ndarray
        (N, H, W, C).
    offset : ndarray
        (N, output size…, kernel cells, offset groups, 2).
    mask : ndarray or None
        (N, output size…, kernel cells, offset groups).
    weight : ndarray
        (K, C / groups, kernel size…), turned already if the spec says ``flip``.
    """

    spec: ConvSpec
    image: Array
    offset: Array
    mask: Array | None
    weight: Array

    @classmethod
    def check(
        cls,
        x: npt.ArrayLike,
        offset: npt.ArrayLike,
        weight: npt.ArrayLike,
        mask: npt.ArrayLike | None,
        **options: Any,
    ) -> Self:
        """Refuse what does not fit together, and view the rest with the channels last."""
        x, offset, weight = as_array(x, "input"), as_array(offset, "offset"), as_array(weight, "weight")
        if weight.ndim != 4:
            raise SpecError(f"weight must have 4 axes, (K, C / groups, kh, kw), but its shape is {weight.shape}")
        spec = ConvSpec(x.shape, weight.shape, dtype=x.dtype, weight_dtype=weight.dtype, **options)
        if spec.result_dtype.kind != "f":
            raise DTypeError(
                f"deform_conv2d interpolates between cells, so {x.dtype} input and {weight.dtype} weight "
                "have no exact result; convert one of them to float"
            )
        groups, taps = _offset_groups(offset, spec), math.prod(spec.kernel_size)
        places = (spec.batch, *spec.output_size, groups, taps)
        if mask is not None:
            mask = as_array(mask, "mask")
            _check_shape("mask", mask, spec, groups * taps)
            mask = channels_last(mask, spec).reshape(places).swapaxes(3, 4)
        offset = channels_last(offset, spec).reshape(*places, 2).swapaxes(3, 4)
        return cls(spec, channels_last(x, spec), offset, mask, turn(spec, weight))

    def matrices(self) -> Array:
        """Order the weights as (groups, kernel cells × channels a group, kernels a group)."""
        spec = self.spec
        grouped = self.weight.astype(spec.compute_dtype).reshape(spec.groups, -1, *spec.weight_shape[1:])
        return grouped.transpose(0, 3, 4, 2, 1).reshape(spec.groups, -1, spec.out_channels // spec.groups)

    def blocks(self) -> Iterator[Block]:
        """Cut the output into blocks of bounded workspace."""
        taps, groups = self.offset.shape[3:5]
        # Each point has four corners, each with an index, a weight, and what it takes to find them.
        point = 2 * self.spec.in_channels * self.spec.compute_dtype.itemsize + 250 * groups
        for n in range(self.spec.batch):
            for rows, columns in blocks(self.spec.output_size, BLOCK_BYTES // (taps * point)):
                yield n, rows, columns

    def samples(self, block: Block) -> Samples:
        """Find the points that the windows of a block look at: (output cells × kernel cells × offset groups)."""
        spec = self.spec
        rows, columns = (
            (np.arange(cells.start, cells.stop)[:, None] * spec.stride[axis] - spec.pads[axis][0])
            + np.arange(spec.kernel_size[axis]) * spec.dilation[axis]
            for axis, cells in enumerate(block[1:])
        )
        base = np.stack(np.broadcast_arrays(rows[:, None, :, None], columns[None, :, None, :]), axis=-1)
        base = base.reshape(len(rows), len(columns), -1, 1, 2)
        return Samples.locate(self.image[block[0]], spec.border, base, self.offset[block], spec.compute_dtype)

    def columns(self, values: Array, block: Block) -> Array:
        """Weigh the samples by the mask and write each window as a row: (groups, output cells, weights)."""
        if self.mask is not None:
            values = values * self.mask[block].reshape(-1, 1).astype(values.dtype, copy=False)
        groups, taps = self.spec.groups, self.offset.shape[3]
        windows = values.reshape(-1, taps, groups, self.spec.in_channels // groups)
        return windows.transpose(2, 0, 1, 3).reshape(groups, len(windows), -1)


@quietly
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
    deform_conv2d_grad : The gradients.

    Notes
    -----
    The same as ``torchvision.ops.deform_conv2d`` and ONNX's DeformConv, which know the border of zeros only.
    Without offsets it is :func:`conv2d`. Sums are plain sums in float32 or float64; a sample's place has the
    precision of its offset, wherever in the image it lies. A cell that a sample does not touch, because its offset
    is a whole number, does not count even if it is NaN.

    Large problems are compiled: workspace is then a copy of the images and one of the weights, and for each thread
    what fits its cache. In NumPy it is about 8 MiB for samples, and a copy of the image rows that these touch.

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
    activation = find_activation(activation)
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
    shift = check_bias(bias, spec.out_channels)
    inputs = (a for a in (deformation.image, deformation.offset, deformation.mask) if a is not None)
    result = result_array(spec.output_shape, spec.result_dtype, out, spec.compute_dtype, *inputs)
    outputs = channels_last(result, spec)
    left = _compiled(deformation, outputs, Epilogue(shift, activation))
    if left is None:
        left = Epilogue(shift, activation)
        weights = deformation.matrices()
        for block in deformation.blocks():
            columns = deformation.columns(deformation.samples(block).values(), block)
            outputs[block] = (columns @ weights).swapaxes(0, 1).reshape(outputs[block].shape)
    if left.bias is not None:
        outputs += left.bias.astype(outputs.dtype)
    activate(result, left.activation)
    return deliver(result, spec.result_dtype, out)


def channels_last(x: Array, spec: ConvSpec) -> Array:
    """View an array as (N, H, W, C)."""
    return np.moveaxis(channels_first(x, 2, spec.layout), 1, -1)


def _compiled(deformation: Deformation, outputs: Array, epilogue: Epilogue) -> Epilogue | None:
    """Convolve by compiled loops and return what is left to do; None where they do not serve, or do not pay."""
    spec, offset = deformation.spec, deformation.offset
    if not compiled_pays(spec, offset.shape[4], offset.dtype, epilogue.activation, compiler.loaded()):
        return None
    return compiled.run(spec, deformation.weight, deformation.image, offset, deformation.mask, outputs, epilogue)


@functools.lru_cache(maxsize=256)
def compiled_pays(
    spec: ConvSpec, offset_groups: int, offset_dtype: np.dtype[Any], activation: str | None, loaded: int
) -> bool:
    """Whether compiled loops serve, given how many pipelines are ready."""
    points = spec.batch * math.prod(spec.output_size) * math.prod(spec.kernel_size)
    seconds = points * (spec.in_channels * CHANNEL_SECONDS + offset_groups * POINT_SECONDS)
    if seconds < LEAST_SECONDS or compiled.refusal(spec, offset_groups):
        return False
    return predict_setup(compiled.pipeline(spec, offset_dtype, activation)) < CALLS * seconds


def _offset_groups(offset: Array, spec: ConvSpec) -> int:
    pairs = 2 * math.prod(spec.kernel_size)
    channels = split_shape(offset.shape, 2, spec.layout)[1] if offset.ndim == len(spec.input_shape) else 0
    groups = max(1, channels // pairs)
    _check_shape("offset", offset, spec, groups * pairs)
    if spec.in_channels % groups:
        raise SpecError(
            f"offset {offset.shape} has {groups} offset groups ({pairs} channels each), "
            f"which do not divide the {spec.in_channels} channels of input {spec.input_shape}"
        )
    # Not a number fails both comparisons.
    if offset.size and not (offset.min() > -(2.0**31) and offset.max() < 2.0**31):
        raise SpecError("offset holds NaN, infinity or a number of 2³¹ or more; clean or clip it")
    return groups


def _check_shape(name: str, array: Array, spec: ConvSpec, channels: int) -> None:
    batch = split_shape(spec.input_shape, 2, spec.layout)[0]
    wanted = join_shape(batch, channels, spec.output_size, spec.layout)
    if array.shape != wanted:
        each = "2 channels (down, right)" if name == "offset" else "1 channel"
        raise SpecError(
            f"{name} has shape {array.shape}, but output {spec.output_shape} with kernels of {spec.kernel_size} "
            f"needs {wanted}: {each} for each kernel cell of each offset group"
        )
