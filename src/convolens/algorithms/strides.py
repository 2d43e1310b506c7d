"""A strided convolution as one at stride 1: columns a stride apart become channels, rows a stride apart planes."""

import math

import numpy as np

from convolens.algorithms.base import Array
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST, join_shape


def unstrided(spec: ConvSpec) -> ConvSpec | None:
    """
    Return the convolution at stride 1 that gives the same; None where there is none.

    Of signals and images with channels last, whose sizes are whole numbers of strides: there the channels of
    neighbouring columns, as many as a stride, lie together. Some of the weights are zeros.
    """
    if spec.layout != LAST or spec.dims > 2 or spec.groups > 1 or max(spec.stride) == 1 or max(spec.dilation) > 1:
        return None
    if any(map(any, spec.pads)) and spec.border.mode != "constant":
        return None
    if any(size % stride for size, stride in zip(spec.input_size, spec.stride, strict=True)):
        return None
    sizes = tuple(size // stride for size, stride in zip(spec.input_size, spec.stride, strict=True))
    firsts, taps = zip(*(_taps(spec, axis) for axis in range(spec.dims)), strict=True)
    pads = tuple(
        (-first, out - size + first + count - 1)
        for out, size, first, count in zip(spec.output_size, sizes, firsts, taps, strict=True)
    )
    if min(map(min, pads)) < 0:
        return None
    planes = spec.stride[:-1]
    channels = spec.in_channels * spec.stride[-1]
    return spec.replace(
        input_shape=join_shape(spec.batch, channels, (*planes, *sizes), spec.layout),
        weight_shape=(spec.out_channels, channels, *planes, *taps),
        stride=1,
        dilation=1,
        padding=(*((0, 0) for _ in planes), *pads),
        weight_rank=None,
    )


def unstride_image(spec: ConvSpec, x: Array) -> Array:
    """View images (N, C, size…) as the convolution at stride 1 takes them."""
    *rows, across = spec.stride
    size = [n for n, stride in zip(x.shape[2:-1], rows, strict=True) for n in (n // stride, stride)]
    cells = np.moveaxis(x, 1, -1).reshape(len(x), *size, x.shape[-1] // across, across * x.shape[1])
    return np.moveaxis(cells, (-1, 2), (1, 2)) if rows else np.moveaxis(cells, -1, 1)


def unstride_output(spec: ConvSpec, out: Array) -> Array:
    """View outputs (N, K, size…) as the convolution at stride 1 gives them."""
    return out[:, :, *(None for _ in spec.stride[:-1])]


def unstride_weights(spec: ConvSpec, weight: Array) -> Array:
    """Order weights (K, C, *kernel size) by their place within a stride, zeros where there are none."""
    for axis in range(spec.dims):
        first, taps = _taps(spec, axis)
        stride, before = spec.stride[axis], spec.pads[axis][0]
        at = 2 + axis
        whole = np.zeros((*weight.shape[:at], taps * stride, *weight.shape[at + 1 :]), weight.dtype)
        start = -stride * first - before
        whole[(*(slice(None),) * at, slice(start, start + weight.shape[at]))] = weight
        weight = whole
    *rows, across = spec.stride
    kernels, channels = weight.shape[:2]
    size = [
        n for count, stride in zip(weight.shape[2:], spec.stride, strict=True) for n in (count // stride, stride)
    ]
    split = weight.reshape(kernels, channels, *size)  # (K, C, rows, phase, columns, phase)
    ordered = np.moveaxis(split, -1, 1).reshape(kernels, across * channels, *size[:-1])
    return np.moveaxis(ordered, 3, 2) if rows else ordered


def _taps(spec: ConvSpec, axis: int) -> tuple[int, int]:
    """Return the first cell that a window reads, and how many, in strides from its own."""
    stride, before = spec.stride[axis], spec.pads[axis][0]
    first = -math.ceil(before / stride)
    return first, (spec.kernel_size[axis] - 1 - before) // stride - first + 1
