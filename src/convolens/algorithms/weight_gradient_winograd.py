"""Minimal filtering of the gradient with respect to the weights: the output's gradient in tiles, compiled."""

import functools
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Array, Cost, Pipeline, roundoff
from convolens.algorithms.compiled import vector_lanes
from convolens.algorithms.weight_gradient_tiled import padded_cells, planes, tile
from convolens.algorithms.weight_gradients import WeightGradient, uncompiled
from convolens.pipelines.toom_cook import Transform, toom_cook
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cache_bytes
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.winograd_gradient"
SIZE = 6  # inputs of a tile along one axis: tile + taps − 1
LEAST_TAPS = 3
MOST_BLOCK, LEAST_BLOCK = 64, 8  # tiles that are transformed, then multiplied
SUMS, TILES = 0.6, 0.5  # of a core's own cache, for a share's sums and for a block's tiles
MOST_SHARES, LEAST_BLOCKS = 4, 4  # of the tiles, and of each share
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
        if spec.dims > 2:
            return "it has one or two dimensions"
        taps = spec.kernel_size[-2:]
        if max(taps) == 1 or any(k != 1 and not LEAST_TAPS <= k < SIZE for k in taps):
            return f"kernels must be {LEAST_TAPS} to {SIZE - 1} wide, or 1 along one axis"
        if any(n != 1 for n in (*spec.stride, *spec.dilation)):
            return "stride and dilation must be 1"
        if not spec.batch:
            return "there is nothing to sum"
        lanes = vector_lanes(spec)
        if spec.weight_shape[1] % lanes or spec.out_channels // spec.groups < lanes:
            return f"it needs whole vectors of {lanes} channels and as many kernels a group"
        return uncompiled(spec)

    def cost(self, spec: ConvSpec) -> Cost:
        """Count products of whole register tiles, both transforms by their time, and the sums' way to and fro."""
        vertical, horizontal = _transforms(spec)
        cut, tiles = _cut(spec), _tiles(spec)[2]
        points, item = vertical.size * horizontal.size, spec.compute_dtype.itemsize
        both = spec.weight_shape[1] + spec.out_channels // spec.groups
        sums = points * cut.products * cut.shares * item
        turned = 0 if spec.layout == LAST else spec.memory
        return Cost(
            operations=int(spec.groups * tiles * points * (2.8 * cut.products + 70 * both)),
            work="compiled",
            traffic=2 * spec.groups * sums + 2 * turned,
            calls=50 + 10 * spec.groups,
            workspace=sums + item * points * cut.block * both * (thread_count() if cut.shares > 1 else 1),
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

    def sum_into(self, spec: ConvSpec, x: Array, grad: Array, sums: Array) -> None:
        """Call the pipeline once for each group."""
        function, (tables, scalars) = compiler.load(PIPELINE, **self.pipeline(spec)[1]), _layout(spec)
        taps = (1, *spec.kernel_size)[-2:]
        parts = sums.reshape(spec.groups, spec.out_channels // spec.groups, spec.weight_shape[1], *taps)
        images, grads = (np.split(_channels_last(planes(a)), spec.groups, axis=-1) for a in (x, grad))
        for image, group_grad, part in zip(images, grads, parts, strict=True):
            function(image, group_grad, *tables, part, scalars=scalars)


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


@dataclass(frozen=True, slots=True)
class Cut:
    """
    How the work is cut; the same for every call.

    Attributes
    ----------
    products : int
        Sums at each point, those beyond the kernels and channels included.
    shares, blocks, block : int
        Shares of the tiles, each with sums of its own; blocks in each; and tiles in each.
    """

    products: int
    shares: int
    blocks: int
    block: int


def _cut(spec: ConvSpec) -> Cut:
    """Choose shares where their sums stay in a core's own cache, with blocks that do, too."""
    (vertical, horizontal), tiles = _transforms(spec), _tiles(spec)[2]
    vectors, columns = tile(spec)
    panel, channels, kernels = vectors * vector_lanes(spec), spec.weight_shape[1], spec.out_channels // spec.groups
    products = -(-kernels // panel) * panel * -(-channels // columns) * columns
    room = cache_bytes().get("L2", 1 << 20) // (vertical.size * horizontal.size * spec.compute_dtype.itemsize)
    if products <= SUMS * room:
        block = min(MOST_BLOCK, max(LEAST_BLOCK, int(TILES * room) // (channels + kernels)))
        shares = max(1, min(MOST_SHARES, tiles // (LEAST_BLOCKS * block)))
    else:
        block, shares = MOST_BLOCK, 1
    blocks = -(-tiles // (shares * block))
    return Cut(products, shares, blocks, -(-tiles // (shares * blocks)))


@functools.lru_cache(maxsize=256)
def _layout(spec: ConvSpec) -> tuple[tuple[Pinned, ...], tuple[int | float, ...]]:
    """Lay out borders and tasks."""
    (across, down, _), cut = _tiles(spec), _cut(spec)
    vertical, horizontal = _transforms(spec)
    cells = padded_cells(spec, 2, across * horizontal.taps), padded_cells(spec, 1, down * vertical.taps)
    tables = tuple(Pinned(table.astype(np.int32)) for table in cells)
    vectors = spec.weight_shape[1] // vector_lanes(spec)
    return tables, (across, down, cut.block, cut.blocks, cut.shares, vectors, float(spec.border.value))
