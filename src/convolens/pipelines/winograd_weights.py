"""
The weights of minimal filtering, G g Gᵀ, in the order in which they are read.

Some channels of a panel of kernels are brought side by side in a scratch array, then transformed in registers. It
takes weights wherever they lie, turned or with kernels and channels exchanged, as gradients need them.
"""

from typing import Any

import halide as hl

from convolens.pipelines.indices import promised
from convolens.pipelines.toom_cook import toom_cook
from convolens.pipelines.winograd import linear

CHANNELS = 8  # of a task, whose weights stay in the nearest cache

lane, c, q, i, j, k, x, y = (hl.Var(name) for name in ("lane", *"cqijkxy"))


def build(
    dtype: str,
    lanes: int,
    vectors: int,
    tile_height: int,
    kernel_height: int,
    tile_width: int,
    kernel_width: int,
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors : int
        A panel has ``vectors`` vectors of ``lanes`` kernels.
    tile_height, kernel_height, tile_width, kernel_width : int
        F(m, r) along columns and rows.

    Notes
    -----
    Arguments, in NumPy's order of axes: weights (K, C, kernel depth, height, width), K at least a panel; output
    (panels, rows, columns, kernel depth, C, kernels a panel), the last panel reaching back to overlap the one
    before.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    vertical, horizontal = toom_cook(tile_height, kernel_height), toom_cook(tile_width, kernel_width)
    weights = hl.ImageParam(number, 5, "weights")
    cells, half, whole, out = (hl.Func(name) for name in ("cells", "half", "whole", "out"))

    # algorithm
    panel, (channels, kernels) = lanes * vectors, (weights.dim(d).extent() for d in (3, 4))
    member = promised(hl.min(k * panel, kernels - panel) + lane, kernels)
    cells[lane, x, y, c, q, k] = weights[x, y, q, hl.min(c, channels - 1), member]
    half[lane, i, y, c, q, k] = linear(horizontal.kernel, i, number, lambda a: cells[lane, a, y, c, q, k])
    whole[lane, i, j, c, q, k] = linear(vertical.kernel, j, number, lambda a: half[lane, i, a, c, q, k])
    out[lane, c, q, i, j, k] = whole[lane, i, j, c, q, k]

    # schedule
    vector, some, task, guard = hl.Var("vector"), hl.Var("some"), hl.Var("task"), hl.TailStrategy.GuardWithIf
    out.bound(i, 0, horizontal.size).bound(j, 0, vertical.size)
    out.bound(lane, 0, panel).split(lane, vector, lane, lanes).split(c, some, c, CHANNELS, guard)
    out.reorder(lane, i, j, vector, c, q, some, k).vectorize(lane).unroll(i).unroll(j)
    out.fuse(some, k, task).parallel(task).never_partition_all()
    for func in (whole, half):
        func.compute_at(out, vector).vectorize(lane, lanes)
    whole.unroll(i).unroll(j)
    half.unroll(i).unroll(y)
    cells.compute_at(out, task).bound(x, 0, kernel_width).bound(y, 0, kernel_height)
    cells.reorder(x, y, c, q, lane).unroll(x).unroll(y).never_partition_all()
    for buffer in (weights, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
    weights.dim(0).set_bounds(0, kernel_width).set_stride(hl.Expr())
    weights.dim(1).set_bounds(0, kernel_height)
    return out, [weights]
