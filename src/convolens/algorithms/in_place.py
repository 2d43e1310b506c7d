"""Depthwise loops that read images where they lie: when they serve, how register tiles and tasks are chosen."""

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from convolens.algorithms import along_channels
from convolens.algorithms.base import Array, Cost
from convolens.algorithms.compiled import aligned, vector_lanes
from convolens.algorithms.loops import Loops, wanted_tasks
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cpu
from convolens.spec.geometry import ConvSpec

PIPELINE = "convolens.pipelines.depthwise_in_place"
DIMS = 2
SIDES = (3, 5, 7)  # of kernels, which are unrolled whole
STRIDES = (1, 2)
PIXELS = (7, 8)  # of the register tile
MOST_AGAIN = 1.25  # cells that are computed, beside those that there are, where tiles overlap
LEAST_ROWS = 2  # of a task
SHARE_OF_PEAK = 0.4


def takes(spec: ConvSpec) -> bool:
    """Whether kernels are small and square, borders zero and at most half as wide, and rows whole tiles."""
    if spec.dims != DIMS or not along_channels.takes(spec) or len({*spec.kernel_size}) > 1:
        return False
    side, (before, after) = spec.kernel_size[-1], spec.pads[-1]
    is_zero = spec.border.mode == "constant" and spec.border.value == 0
    plain = {*spec.dilation} == {1} and len({*spec.stride}) == 1 and spec.stride[-1] in STRIDES
    is_served = side in SIDES and plain and max(before, after) <= side // 2
    return is_served and (is_zero or not any(map(any, spec.pads))) and _tiles(spec) is not None


def view(x: Array) -> Array:
    """View (N, C, H, W) as (N, H, W, C)."""
    return x.transpose(0, 2, 3, 1)


def parameters(spec: ConvSpec) -> dict[str, str | int]:
    """Choose what the pipeline is compiled for, the epilogue aside."""
    return {
        "dtype": str(spec.compute_dtype),
        "lanes": vector_lanes(spec),
        "vectors": _vectors(spec),
        "pixels": _row(spec)[0],
        "side": spec.kernel_size[-1],
        "step": spec.stride[-1],
    }


def prepare(spec: ConvSpec, weights: Array) -> Loops:
    """Lay out weights (C, 1, side, side) and tasks."""
    pixels, tiles, spacing = _row(spec)

    def in_tiles(array: Array) -> Array:
        rows = view(array)
        batch, height, width, channel = rows.strides
        shape = (*rows.shape[:2], tiles, pixels, rows.shape[-1])
        return as_strided(rows, shape, (batch, height, spacing * width, width, channel))

    (above, _), (before, _) = spec.pads
    kernels = Pinned(aligned(weights[:, 0].transpose(1, 2, 0)))
    bias = Pinned(np.zeros(len(weights), weights.dtype))
    scalars = (spacing, before, above, *_tasks(spec))
    return Loops(PIPELINE, parameters(spec), kernels, bias, (), scalars, target=in_tiles)


def cost(spec: ConvSpec) -> Cost:
    """Count the products of whole tiles."""
    pixels, tiles, _ = _row(spec)
    panel = _vectors(spec) * vector_lanes(spec)
    wasted = -(-spec.in_channels // panel) * panel / spec.in_channels * pixels * tiles / spec.output_size[-1]
    cast = math.prod(spec.input_shape) * spec.compute_dtype.itemsize if spec.dtype != spec.compute_dtype else 0
    return Cost(
        operations=int(2 * spec.macs * wasted / SHARE_OF_PEAK),
        work="compiled",
        traffic=spec.memory + 2 * cast,
        calls=5,
        workspace=cast,
    )


def _vectors(spec: ConvSpec) -> int:
    """Choose the vectors of the register tile."""
    return 2 if spec.in_channels >= 2 * vector_lanes(spec) and cpu().vector_registers >= 32 else 1


def _row(spec: ConvSpec) -> tuple[int, int, int]:
    """Return pixels of a tile, tiles of a row, and cells from one to the next, where there are such."""
    found = _tiles(spec)
    assert found
    return found


def _tiles(spec: ConvSpec) -> tuple[int, int, int] | None:
    """
    Cut a row into tiles of the same size at the same distance, which may overlap, as :func:`_row` tells them.

    None where too much would be done twice.
    """
    width, ways = spec.output_size[-1], list[tuple[int, int, int]]()
    for pixels in PIXELS:
        least, most = -(-width // pixels), int(MOST_AGAIN * width / pixels)
        between = {tiles: divmod(width - pixels, max(1, tiles - 1)) for tiles in range(least, most + 1)}
        ways += [
            (pixels, tiles, spacing)
            for tiles, (spacing, left) in between.items()
            if not left and width >= pixels and (tiles > 1 or width == pixels)
        ]
    return min(ways, key=lambda way: way[0] * way[1], default=None)


def _tasks(spec: ConvSpec) -> tuple[int, int]:
    """
    Choose blocks of channels and rows of a task: whole rows, as far as there are enough.

    Whether a cell is summed in one task or another, its sum is the same.
    """
    blocks, height = -(-spec.in_channels // (_vectors(spec) * vector_lanes(spec))), spec.output_size[0]
    parts = -(-wanted_tasks(spec) // max(1, spec.batch))
    rows = min(height, max(LEAST_ROWS, -(-height // parts)))
    strips = -(-height // rows)
    return -(-blocks // -(-parts // strips)), rows
