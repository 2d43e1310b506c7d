"""Minimal filtering of the gradient with respect to the weights: the output's gradient in tiles, compiled."""

import functools
import math
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Array, Cost, Pipeline, roundoff
from convolens.algorithms.compiled import vector_lanes
from convolens.algorithms.weight_gradient_tiled import Blocks, padded_cells, planes, tile
from convolens.algorithms.weight_gradients import WeightGradient
from convolens.pipelines.toom_cook import Transform, as_float, toom_cook
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.winograd_gradient"
SIZE = 6  # inputs of a tile along one axis: tile + taps − 1
LEAST_TAPS = 3
MOST_BLOCK = 64  # tiles that are transformed, then multiplied
TASK_TILES = 12  # register tiles that one thread goes through for each block
ROUNDOFFS = 2.0  # standard deviations that the error bound allows for


class WinogradWeightGradient(WeightGradient):
    r"""
    Minimal filtering by the output's gradient: :math:`A^T [\sum (G\,dy\,G^T) \odot (B^T x B)] A`.

    F(3, 4) takes 36 products for the 144 of a 3 × 3 kernel with a 4 × 4 tile. The way back is taken once, after
    all tiles are summed.

    References
    ----------
    A. Lavin, S. Gray, Fast algorithms for convolutional neural networks, 2016, doi:10.1109/CVPR.2016.435.
    """

    name: ClassVar = "winograd"
    summary: ClassVar = "minimal filtering F(3, 4), compiled"
    plain_sum: ClassVar = False

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse what is no small undilated kernel at stride 1 over whole vectors of float channels."""
        if spec.compute_dtype.kind != "f":
            return "its sums of integers would not be exact"
        if not math.isfinite(spec.border.value):
            return "a border that is not finite would spread"
        if spec.dims > 2:
            return "it has one or two dimensions"
        taps = spec.kernel_size[-2:]
        if max(taps) == 1 or any(k != 1 and not LEAST_TAPS <= k < SIZE for k in taps):
            return f"kernels must be {LEAST_TAPS} to {SIZE - 1} wide, or 1 along one axis"
        if any(n != 1 for n in (*spec.stride, *spec.dilation)):
            return "stride and dilation must be 1"
        lanes = vector_lanes(spec)
        if spec.weight_shape[1] % lanes or spec.out_channels // spec.groups < lanes:
            return f"it needs whole vectors of {lanes} channels and as many kernels a group"
        return compiler.unavailable()

    def cost(self, spec: ConvSpec) -> Cost:
        """Count products of whole register tiles, both transforms by their time, and the sums' way to and fro."""
        vertical, horizontal = _transforms(spec)
        shape, tiles = _shape(spec), _tiles(spec)[2]
        channels, kernels = spec.weight_shape[1], spec.out_channels // spec.groups
        points = vertical.size * horizontal.size
        products = shape[0] * shape[-2] * shape[1] * shape[-1]
        item = spec.compute_dtype.itemsize
        turned = 0 if spec.layout == LAST else spec.memory
        return Cost(
            operations=int(spec.groups * tiles * points * (2.8 * products + 70 * (channels + kernels))),
            work="compiled",
            traffic=8 * spec.groups * points * products * item + 4 * turned,  # most of it by NumPy, alone
            calls=100 + 30 * spec.groups,
            workspace=item * points * (_block(tiles) * (channels + kernels) + products),
        )

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound the error that is likely at worst, as for the convolution itself, with tiles for channels."""
        vertical, horizontal = _transforms(spec)
        growth = vertical.growth * horizontal.growth
        return ROUNDOFFS * roundoff(spec) * growth * math.sqrt(_tiles(spec)[2] / 3 + 6)

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline, which takes channels last."""
        vertical, horizontal = _transforms(spec)
        vectors, columns = tile(spec)
        return PIPELINE, {
            "dtype": str(spec.compute_dtype), "lanes": vector_lanes(spec), "vectors": vectors, "columns": columns,
            "tile_height": vertical.taps, "kernel_height": vertical.tile,
            "tile_width": horizontal.taps, "kernel_width": horizontal.tile,
        }  # fmt: skip

    def run(self, spec: ConvSpec, x: Array, grad: Array) -> Array:
        """Call the pipeline once for each group, and transform its sums back."""
        function, blocks = compiler.load(PIPELINE, **self.pipeline(spec)[1]), _blocks(spec)
        vertical, horizontal = _transforms(spec)
        back = np.kron(as_float(vertical.output), as_float(horizontal.output)).astype(x.dtype)
        parts, panels, points, columns, panel = blocks.shape
        sums = np.empty((parts * panels * points, columns, panel), x.dtype)
        result = np.empty((spec.groups, spec.out_channels // spec.groups, *spec.weight_shape[1:]), x.dtype)
        images, grads = (np.split(_channels_last(planes(a)), spec.groups, axis=-1) for a in (x, grad))
        for image, group_grad, part in zip(images, grads, result, strict=True):
            function(image, group_grad, *blocks.tables, sums, scalars=blocks.scalars)
            cells = back @ sums.reshape(parts * panels, points, -1)
            _write(cells.reshape(parts, panels, -1, columns, panel), blocks.starts, part)
        return result.reshape(spec.weight_shape)


def _write(cells: Array, starts: Array, out: Array) -> None:
    """Write (parts, panels, taps, columns, kernels a panel) of one group to (kernels, channels, *kernel size)."""
    channels, *size = out.shape[1:]
    panels, panel = len(starts), cells.shape[-1]
    rows = cells.transpose(1, 4, 0, 3, 2).reshape(panels, panel, -1, *size)[:, :, :channels]
    for start, rows_of_panel in zip(starts, rows, strict=True):
        out[start : start + panel] = rows_of_panel


def _channels_last(array: Array) -> Array:
    return array if array.strides[-1] == array.itemsize else np.ascontiguousarray(array)


def _transforms(spec: ConvSpec) -> tuple[Transform, Transform]:
    """Return what rows and columns, the y and the x axis, go through."""
    taps = (1, *spec.kernel_size)[-2:]
    vertical, horizontal = (toom_cook(1, 1) if k == 1 else toom_cook(k, SIZE - k + 1) for k in taps)
    return vertical, horizontal


def _tiles(spec: ConvSpec) -> tuple[int, int, int]:
    """Count the tiles of the gradient across, down, and in all."""
    height, width = (1, *spec.output_size)[-2:]
    vertical, horizontal = _transforms(spec)
    across, down = -(-width // horizontal.taps), -(-height // vertical.taps)
    return across, down, spec.batch * across * down


def _block(tiles: int) -> int:
    """Choose how many tiles make a block: as many in each, as far as can be."""
    return max(1, -(-tiles // -(-tiles // MOST_BLOCK))) if tiles else 1


def _shape(spec: ConvSpec) -> tuple[int, ...]:
    """Return the shape of the sums: parts of the channels, panels, points, channels a part, kernels a panel."""
    vertical, horizontal = _transforms(spec)
    vectors, columns = tile(spec)
    panel = vectors * vector_lanes(spec)
    count = -(-spec.weight_shape[1] // columns)
    parts = -(-count // TASK_TILES)
    panels = -(-spec.out_channels // spec.groups // panel)
    return parts, panels, vertical.size * horizontal.size, -(-count // parts) * columns, panel


@functools.lru_cache(maxsize=256)
def _blocks(spec: ConvSpec) -> Blocks:
    """Lay out tiles and borders."""
    shape, (across, down, tiles) = _shape(spec), _tiles(spec)
    vertical, horizontal = _transforms(spec)
    cells = padded_cells(spec, 2, across * horizontal.taps), padded_cells(spec, 1, down * vertical.taps)
    tables = tuple(Pinned(table.astype(np.int32)) for table in cells)
    starts = np.minimum(np.arange(shape[1]) * shape[-1], spec.out_channels // spec.groups - shape[-1])
    return Blocks(shape, starts, tables, (across, down, tiles, _block(tiles), float(spec.border.value)))
