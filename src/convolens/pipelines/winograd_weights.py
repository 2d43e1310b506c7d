"""
Weights on their way into minimal filtering: G g Gᵀ for each kernel and channel, in the order of their use.

Kernels of a vector lie far apart, so that their cells are gathered; all that follows is done for a whole vector.
"""

from typing import Any

import halide as hl

from convolens.pipelines.indices import promised
from convolens.pipelines.toom_cook import toom_cook
from convolens.pipelines.winograd import linear

lane, c, z, i, j, k, y = (hl.Var(name) for name in ("lane", *"czijky"))

NEAR = 8  # channels a task


def build(
    dtype: str, lanes: int, tile_height: int, kernel_height: int, tile_width: int, kernel_width: int
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Kernels in a vector.
    tile_height, kernel_height, tile_width, kernel_width : int
        F(m, r) along columns and rows.

    Notes
    -----
    Arguments, in NumPy's order of axes: weights (K, C, kernel depth, height, width), K at least a panel; output
    (panels, rows, columns, kernel depth, C, panel), a panel whole vectors of kernels, the last reaching back to
    overlap the one before. Then a scalar: kernels a panel.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    vertical, horizontal = toom_cook(tile_height, kernel_height), toom_cook(tile_width, kernel_width)
    weights = hl.ImageParam(number, 5, "weights")
    half, out = hl.Func("half"), hl.Func("out")
    kernels, panel = weights.dim(4).extent(), hl.Param(hl.Int(32), "panel")
    member = promised(hl.min(k * panel, kernels - panel) + lane, kernels)
    half[lane, i, y, c, z, k] = linear(horizontal.kernel, i, number, lambda a: weights[a, y, z, c, member])
    out[lane, c, z, i, j, k] = linear(vertical.kernel, j, number, lambda a: half[lane, i, a, c, z, k])

    vector, far, task = hl.Var("vector"), hl.Var("far"), hl.Var("task")
    out.bound(i, 0, horizontal.size).bound(j, 0, vertical.size)
    out.split(lane, vector, lane, lanes).split(c, far, c, NEAR, hl.TailStrategy.GuardWithIf)
    out.reorder(lane, i, j, vector, c, far, z, k).vectorize(lane).unroll(i).unroll(j)
    out.fuse(far, z, task).fuse(task, k, task).parallel(task).never_partition_all()
    half.compute_at(out, vector).vectorize(lane, lanes).unroll(i).unroll(y)
    for buffer in (weights, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
    weights.dim(0).set_extent(kernel_width).set_stride(hl.Expr())
    weights.dim(1).set_extent(kernel_height)
    out.output_buffer().dim(0).set_extent(panel / lanes * lanes)
    return out, [weights, panel]
