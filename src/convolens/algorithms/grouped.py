"""Convolution in groups of a few channels, which lie together: the depthwise loops, once more along each group."""

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from convolens.algorithms import along_channels
from convolens.algorithms.base import NOTHING, Algorithm, Array, Cost, Epilogue, Pipeline, plain_sum_bound
from convolens.algorithms.compiled import MOST_DIMS, vector_lanes
from convolens.algorithms.loops import Loops
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

MOST_CHANNELS = 16  # of a group; more are summed faster one after another, each for all kernels


class Grouped(Algorithm[Loops]):
    """
    Sum of products in groups of few channels, as if every kernel had an image of its own.

    That image is a volume, with the channels of the kernel's group as its planes, and the kernel spans all planes:
    a depthwise convolution. Kernels of one group read the same image, so a vector of kernels, which spans whole
    groups, is filled from few channels.
    """

    name: ClassVar = "grouped"
    summary: ClassVar = "depthwise over the channels of each group, compiled"
    plain_sum: ClassVar = True
    compiled: ClassVar = True

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse all but groups of few channels that lie together and whose kernels fill vectors."""
        channels, kernels = _group(spec)
        if spec.compute_dtype.kind != "f":
            return "its sums of integers would not be exact"
        if spec.groups == 1 or channels > MOST_CHANNELS or kernels == 1 or spec.layout != LAST:
            return f"it serves groups of up to {MOST_CHANNELS} channels and several kernels, channels last"
        if vector_lanes(spec) % kernels or spec.out_channels % vector_lanes(spec):
            return "its vectors hold whole groups"
        if spec.dims >= MOST_DIMS:
            return f"it has less than {MOST_DIMS} dimensions"
        return compiler.unavailable()

    def cost(self, spec: ConvSpec) -> Cost:
        """Count what the depthwise convolution takes."""
        return replace(along_channels.cost(_as_depthwise(spec)), traffic=spec.memory)

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound a plain sum's error."""
        return plain_sum_bound(spec)

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline."""
        parameters = along_channels.parameters(_as_depthwise(spec), *reversed(_group(spec)))
        return along_channels.PIPELINE, parameters | {"activation": "clamp", "residual": False}

    def prepare(self, spec: ConvSpec, weight: Array) -> Loops:
        """Cast the weights, and make the loops."""
        depthwise, channels, kernels = _as_depthwise(spec), *_group(spec)
        volume = weight.reshape(len(weight), *_volume_size(channels, spec.kernel_size))
        loops = along_channels.prepare(depthwise, volume.astype(spec.compute_dtype), kernels, channels)
        loops.function("clamp", False)
        return loops

    def run(self, spec: ConvSpec, state: Loops, x: Array, out: Array) -> None:
        """Sum alone."""
        self.run_with(spec, state, x, out, NOTHING)

    def run_with(self, spec: ConvSpec, state: Loops, x: Array, out: Array, epilogue: Epilogue) -> Epilogue:
        """Call the pipeline; on copies, where channels do not lie together."""
        if not out.size:
            return NOTHING
        if x.dtype != out.dtype or x.strides[1] != x.itemsize:
            x = _channels_together(x, out.dtype)
        target = out if out.strides[1] == out.itemsize else _channels_together(np.empty_like(out), out.dtype)
        left = state.run(_planes(x, spec.groups), target, epilogue, along_channels.view)
        if target is not out:
            out[...] = target
        return left


def _group(spec: ConvSpec) -> tuple[int, int]:
    """Return the channels and the kernels of a group."""
    return spec.weight_shape[1], spec.out_channels // spec.groups


def _volume_size(planes: int, size: tuple[int, ...]) -> tuple[int, ...]:
    return planes, *(1,) * (MOST_DIMS - 1 - len(size)), *size


def _as_depthwise(spec: ConvSpec) -> ConvSpec:
    """Return the depthwise convolution of volumes that does the same."""
    channels, kernels = spec.weight_shape[1], spec.out_channels
    flat = (1,) * (MOST_DIMS - 1 - spec.dims)
    return ConvSpec(
        (spec.batch, *_volume_size(channels, spec.input_size), kernels),
        (kernels, 1, *_volume_size(channels, spec.kernel_size)),
        stride=(1, *flat, *spec.stride),
        dilation=(1, *flat, *spec.dilation),
        padding=((0, 0), *((0, 0) for _ in flat), *spec.pads),
        border=spec.border,
        groups=kernels,
        layout=LAST,
        dtype=spec.compute_dtype,
        weight_dtype=spec.compute_dtype,
    )


def _channels_together(x: Array, dtype: np.dtype[Any]) -> Array:
    """Copy (N, C, size…) so that channels are innermost."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1), dtype), -1, 1)


def _planes(x: Array, groups: int) -> Array:
    """View (N, C, size…) as volumes (N, groups, channels of a group, H, W)."""
    wide = x if x.ndim == MOST_DIMS + 1 else x[:, :, None]
    return wide.reshape(len(x), groups, x.shape[1] // groups, *wide.shape[2:])
