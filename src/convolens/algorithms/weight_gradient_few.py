"""The gradient with respect to the weights where the image has few channels: all of them in registers at once."""

import functools
import math
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Array, Cost, Pipeline
from convolens.algorithms.compiled import border_tables, dense, scratch_bytes, vector_lanes, volume
from convolens.algorithms.weight_gradient_tiled import planes
from convolens.algorithms.weight_gradients import WeightGradient, uncompiled
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cpu
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.few_gradient"
MOST_DIMS, MOST_CHANNELS = 2, 4
MOST_VECTORS = 4
SPARE = 4  # registers that hold no sums
SHARES = 16  # of all bands of rows, each with sums of its own
SHARE_OF_PEAK = 0.5
COPYING = 16  # operations in the time that a number takes on its way into the scratch


class FewWeightGradient(WeightGradient):
    """
    Sums over pixels for all channels and cells of some kernel rows, held in registers while a band goes by.

    Bands of rows are added in an order that the spec decides, whatever the number of threads.
    """

    name: ClassVar = "few"
    summary: ClassVar = "all of few channels at once, sums over pixels in registers, compiled"

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse integers, more dimensions or channels, groups, rows beyond the registers, and few kernels."""
        if spec.dims > MOST_DIMS:
            return f"it has at most {MOST_DIMS} dimensions"
        if spec.groups > 1:
            return "it has no groups"
        if spec.in_channels > MOST_CHANNELS:
            return f"it has at most {MOST_CHANNELS} channels"
        if not spec.batch:
            return "there is nothing to sum"
        if spec.in_channels * spec.kernel_size[-1] > _room():
            return f"a kernel row has at most {_room()} numbers"
        if spec.out_channels < vector_lanes(spec):
            return f"it needs {vector_lanes(spec)} kernels, a vector"
        return uncompiled(spec)

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the products of whole register tiles, and the image's way through the scratch."""
        vectors, rows = _tile(spec)
        panel, taps = vectors * vector_lanes(spec), volume(spec.kernel_size)[1]
        wasted = -(-spec.out_channels // panel) * panel / spec.out_channels * -(-taps // rows) * rows / taps
        image = spec.batch * spec.in_channels * math.prod(spec.padded_size)
        turned = 0 if spec.layout == LAST else math.prod(spec.output_shape) * spec.compute_dtype.itemsize
        return Cost(
            operations=int(2 * spec.macs * wasted / SHARE_OF_PEAK + COPYING * image),
            work="compiled",
            traffic=4 * turned,
            calls=30,
            workspace=scratch_bytes() + turned,
        )

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline, which takes channels last."""
        vectors, rows = _tile(spec)
        return PIPELINE, {
            "dtype": str(spec.compute_dtype), "lanes": vector_lanes(spec), "vectors": vectors,
            "channels": spec.in_channels, "columns": spec.kernel_size[-1], "rows": rows,
        }  # fmt: skip

    def sum_into(self, spec: ConvSpec, x: Array, grad: Array, sums: Array) -> None:
        """Call the pipeline."""
        source, gradient = planes(x), dense(planes(grad), -1)
        source = np.ascontiguousarray(source).reshape(*source.shape[:2], -1)
        function = compiler.load(PIPELINE, **self.pipeline(spec)[1])
        tables, scalars = _layout(spec)
        cells = sums.reshape(*spec.weight_shape[:2], *volume(spec.kernel_size)[1:])
        function(source, gradient, *tables, cells, scalars=scalars)


def _room() -> int:
    return cpu().vector_registers - SPARE


@functools.lru_cache(maxsize=256)
def _tile(spec: ConvSpec) -> tuple[int, int]:
    """Choose vectors of kernels, and rows of the kernel, that fill the registers; few loads for each product."""
    row, taps = spec.in_channels * spec.kernel_size[-1], volume(spec.kernel_size)[1]
    lanes, room = vector_lanes(spec), _room()

    def time(choice: tuple[int, int]) -> float:
        vectors, rows = choice
        tiles = -(-spec.out_channels // (vectors * lanes)) * -(-taps // rows)
        return tiles * (vectors * rows * row + vectors + rows * row / 2)  # products and loads

    choices = [
        (vectors, rows)
        for vectors in range(1, MOST_VECTORS + 1)
        for rows in range(1, taps + 1)
        if vectors * rows * row <= room and vectors * lanes <= spec.out_channels
    ]
    return min(choices, key=time)


@functools.lru_cache(maxsize=256)
def _layout(spec: ConvSpec) -> tuple[tuple[Pinned, ...], tuple[int | float, ...]]:
    """Lay out borders, and bands of rows that stay in a core's own cache."""
    _, height, _ = volume(spec.output_size)
    stride, dilation = volume(spec.stride)[1:], volume(spec.dilation)[1:]
    row = stride[0] * spec.padded_size[-1] * spec.in_channels * spec.compute_dtype.itemsize
    bands = -(-height // max(1, scratch_bytes() // 4 // row))
    rows = -(-height // bands)
    count = spec.batch * bands
    per_share = -(-count // SHARES)
    scalars = (
        *stride[::-1], *dilation[::-1], volume(spec.kernel_size)[1], spec.pads[-1][0],
        rows, bands, per_share, -(-count // per_share), float(spec.border.value),
    )  # fmt: skip
    return tuple(Pinned(table) for table in border_tables(spec)[:2]), scalars
