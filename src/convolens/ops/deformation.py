"""The arguments of a deformable convolution: checked, viewed alike whatever the layout, sampled block by block."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from convolens.algorithms.windows import blocks
from convolens.errors import DTypeError, SpecError
from convolens.ops.arrays import Array, as_array, channels_first, check_weight_axes
from convolens.ops.sampling import Samples
from convolens.ops.transposed import turn
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import join_shape, split_shape

Block = tuple[int, slice, slice]
"""A batch item, and the rows and columns of its output."""

BLOCK_BYTES = 8 << 20  # of samples held at a time, with their places and weights


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
        x, weight = as_array(x, "input"), as_array(weight, "weight")
        return cls.of(deformable_spec(weight, x.shape, x.dtype, **options), x, offset, weight, mask)

    @classmethod
    def of(
        cls, spec: ConvSpec, x: Array, offset: npt.ArrayLike, weight: Array, mask: npt.ArrayLike | None
    ) -> Self:
        """Refuse offsets and a mask that do not fit, and view all with the channels last."""
        offset = as_array(offset, "offset")
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


def deformable_spec(weight: Array, input_shape: tuple[int, ...], dtype: np.dtype[Any], **options: Any) -> ConvSpec:
    """Return the convolution that it is without offsets; refuse one that has no kernels in two dimensions."""
    check_weight_axes(weight.shape, 2, "kernels, channels / groups")
    spec = ConvSpec(input_shape, weight.shape, dtype=dtype, weight_dtype=weight.dtype, **options)
    if spec.result_dtype.kind != "f":
        raise DTypeError(
            f"deform_conv2d interpolates between cells, so {dtype} input and {weight.dtype} weight "
            "have no exact result; convert one of them to float"
        )
    return spec


def channels_last(x: Array, spec: ConvSpec) -> Array:
    """View an array as (N, H, W, C)."""
    return channels_first(x, 2, spec.layout).transpose(0, 2, 3, 1)


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
