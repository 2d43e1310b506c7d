"""
Cross-correlation with kernels of one cell, channels innermost: a matrix product of cells and kernels.

What :mod:`convolens.pipelines.tiled` does, to the last bit, without loops over windows: where channels are few, to
begin and end a tile takes as long as its products. The last tile moves inwards, so that no pixel asks whether it
is there; but not where a residual is added, which may lie where the output does: each cell is written once.
"""

from typing import Any

import halide as hl

from convolens.pipelines.epilogue import finish
from convolens.pipelines.indices import promised


def build(
    dtype: str, lanes: int, vectors: int, pixels: int, activation: str, residual: bool
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors, pixels : int
        The register tile: ``vectors`` vectors of ``lanes`` kernels by ``pixels`` cells.
    activation : str
        What follows the sums; see :func:`~convolens.pipelines.epilogue.finish`.
    residual : bool
        Whether an array is added before the activation.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (cells, C) of at least ``pixels`` cells; weights (panels, C,
    vectors × lanes), the kernels filled up with zeros to whole panels; bias (panels, vectors × lanes); residual,
    if any, as output; output (cells, K). Then scalars: tiles and panels a task; slope and ceiling.
    """
    number, panel = hl.Float(64) if dtype == "float64" else hl.Float(32), lanes * vectors
    source, weights = hl.ImageParam(number, 2, "source"), hl.ImageParam(number, 3, "weights")
    bias, added = hl.ImageParam(number, 2, "bias"), hl.ImageParam(number, 2, "residual")
    tiles, panels = (hl.Param(hl.Int(32), f"task_{name}") for name in ("tiles", "panels"))
    slope, ceiling = (hl.Param(hl.Float(64), name) for name in ("slope", "ceiling"))

    # algorithm
    c, p, lane, block = (hl.Var(name) for name in ("c", "p", "lane", "block"))
    channel = hl.RDom([(0, weights.dim(1).extent())])
    total, out = hl.Func("total"), hl.Func("out")
    total[lane, p, block] = hl.cast(number, 0)
    cell = hl.min(p, source.dim(1).extent() - 1) if residual else p  # beyond, nothing is written
    term = promised(channel, source.dim(0).extent())
    total[lane, p, block] += weights[lane, channel, block] * source[term, cell]
    result = total[c % panel, p, c / panel] + bias[c % panel, c / panel]
    out[c, p] = finish(result + added[c, p] if residual else result, activation, slope, ceiling)

    # schedule: a task is some tiles by some panels; in it, go by panels, then tiles
    tile, strip, group, wide, task = (hl.Var(name) for name in ("tile", "strip", "group", "wide", "task"))
    guard = hl.TailStrategy.GuardWithIf
    tail = guard if residual else hl.TailStrategy.ShiftInwards  # what is added may be what is written over
    out.split(p, tile, p, pixels, tail).split(tile, strip, tile, tiles, guard)
    out.split(c, block, c, panel, guard).split(block, group, block, panels, guard)
    out.reorder(c, p, tile, block, group, strip).unroll(p)
    out.split(c, wide, c, lanes, hl.TailStrategy.PredicateStores).unroll(wide).vectorize(c)
    out.fuse(group, strip, task).parallel(task).never_partition_all()
    total.compute_at(out, tile).bound_extent(lane, panel).bound_extent(p, pixels).bound_extent(block, 1)
    total.update().reorder(lane, p, channel, block)
    for stage in (total, total.update()):
        stage.vectorize(lane, lanes).unroll(lane).unroll(p)

    # what compiled code may take for granted; it checks its arguments against this
    arrays = [source, weights, bias, *([added] if residual else [])]
    for buffer in (*arrays, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    weights.dim(0).set_extent(panel)
    weights.dim(1).set_stride(panel)
    bias.dim(0).set_extent(panel)
    return out, [*arrays, tiles, panels, slope, ceiling]
