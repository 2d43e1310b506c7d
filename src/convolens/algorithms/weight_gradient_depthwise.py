"""The gradient with respect to the weights where each kernel sees one channel: sums over bands, compiled."""

import functools
import math
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Array, Cost, Pipeline
from convolens.algorithms.compiled import MOST_DIMS, border_tables, scratch_bytes, vector_lanes, volume, volumes
from convolens.algorithms.weight_gradients import WeightGradient, uncompiled
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cpu
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.depthwise_gradient"
UNROLLED = (3, 5, 7)  # kernel widths whose sums are held together; others go by runs of ANY
ANY = 4
SPARE = 4  # registers that hold no sums
SHARES = 16  # of all bands of rows, each with sums of its own
LEAST_ROWS = 4  # of a band, so that its neighbours share few rows with it
SHARE_OF_PEAK = 0.5
COPYING = 8  # operations in the time that a cell takes on its way into the scratch


class DepthwiseWeightGradient(WeightGradient):
    """
    Sums over all pixels of a channel, held in registers for some cells of its kernel at a time.

    Bands of rows are added in an order that the spec decides, whatever the number of threads.
    """

    name: ClassVar = "depthwise"
    summary: ClassVar = "channel by channel, sums over pixels in registers, compiled"

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse integers, more than three dimensions, several channels a kernel, and less than a vector."""
        if spec.dims > MOST_DIMS:
            return f"it has at most {MOST_DIMS} dimensions"
        if spec.weight_shape[1] != 1:
            return "its kernels have one channel each"
        if not spec.batch:
            return "there is nothing to sum"
        if spec.out_channels < vector_lanes(spec):
            return f"it needs {vector_lanes(spec)} kernels, a vector"
        return uncompiled(spec)

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the products of whole register tiles, and the image's way through the scratch."""
        taps, rows, _ = _tile(spec)
        _, kernel_rows, columns = volume(spec.kernel_size)
        height, _ = _bands(spec)
        wasted = -(-columns // taps) * taps / columns * -(-kernel_rows // rows) * rows / kernel_rows
        halo = 1 + (volume(spec.window_size)[1] - 1) / (height * volume(spec.stride)[1])
        image = spec.batch * spec.out_channels * math.prod(spec.padded_size)
        item = spec.compute_dtype.itemsize
        repeated = 0 if spec.out_channels == spec.in_channels else image * item
        turned = 0 if spec.layout == LAST else (image + math.prod(spec.output_shape)) * item
        return Cost(
            operations=int(2 * spec.macs * wasted / SHARE_OF_PEAK + COPYING * halo * image),
            work="compiled",
            traffic=spec.memory + 2 * repeated + 4 * turned,
            calls=40,
            workspace=scratch_bytes() + repeated + turned,
        )

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline, which takes channels last."""
        taps, rows, vectors = _tile(spec)
        step = spec.stride[-1] if spec.stride[-1] <= 2 and spec.dilation[-1] == 1 else 0
        return PIPELINE, {
            "dtype": str(spec.compute_dtype), "lanes": vector_lanes(spec), "vectors": vectors,
            "taps": taps, "rows": rows, "step": step,
        }  # fmt: skip

    def sum_into(self, spec: ConvSpec, x: Array, grad: Array, sums: Array) -> None:
        """Call the pipeline; a channel that several kernels see is repeated."""
        if spec.out_channels != spec.in_channels:
            x = np.repeat(x, spec.out_channels // spec.in_channels, axis=1)
        source, gradient = map(_channels_last, (x, grad))
        function = compiler.load(PIPELINE, **self.pipeline(spec)[1])
        tables, scalars = _layout(spec)
        cells = sums.reshape(spec.out_channels, *volume(spec.kernel_size))
        function(source, gradient, *tables, cells, scalars=scalars)


def _channels_last(x: Array) -> Array:
    """View (N, C, size…) as (N, D, H, W, C), or copy it, with neighbouring channels side by side."""
    view = volumes(x).transpose(0, 2, 3, 4, 1)
    return view if view.strides[-1] == view.itemsize else np.ascontiguousarray(view)


def _tile(spec: ConvSpec) -> tuple[int, int, int]:
    """Choose columns and rows of the kernel, and vectors of channels, that fill the registers."""
    _, rows, columns = volume(spec.kernel_size)
    room = cpu().vector_registers - SPARE
    taps = columns if columns in UNROLLED else min(ANY, columns)
    most = max(1, room // taps)
    together = -(-rows // -(-rows // most))
    lanes = vector_lanes(spec)
    vectors = 2 if 2 * taps * together <= room and spec.out_channels >= 2 * lanes else 1
    return taps, together, vectors


def _bands(spec: ConvSpec) -> tuple[int, int]:
    """
    Choose rows a band, and count the bands of a plane.

    Some channels of all its rows are read, then the next: what is fetched ahead has to stay in cache until then.
    """
    _, height, width = volume(spec.output_size)
    stride, planes = volume(spec.stride)[1], volume(spec.kernel_size)[0]
    row = (stride * spec.padded_size[-1] * planes + width) * spec.out_channels * spec.compute_dtype.itemsize
    rows = min(height, max(LEAST_ROWS, scratch_bytes() // 4 // row))
    bands = -(-height // rows)
    return -(-height // bands), bands


@functools.lru_cache(maxsize=256)
def _layout(spec: ConvSpec) -> tuple[tuple[Pinned, ...], tuple[int | float, ...]]:
    """Lay out borders and bands of rows."""
    height, bands = _bands(spec)
    count = spec.batch * volume(spec.output_size)[0] * bands
    per_share = -(-count // SHARES)
    shares = -(-count // per_share)
    scalars = (
        *volume(spec.stride)[::-1], *volume(spec.dilation)[::-1], *volume(spec.kernel_size)[::-1],
        spec.pads[-1][0], height, bands, per_share, shares, float(spec.border.value),
    )  # fmt: skip
    return tuple(Pinned(table) for table in border_tables(spec)), scalars
