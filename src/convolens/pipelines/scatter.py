"""
Numbers added to the cells that indices name, plane by plane: the gradient of maxima.

A task has one band of some planes, so that no two add to the same cell, and each cell gets its numbers in their
order. Sums are taken in float64, in a band that lies in cache.
"""

from typing import Any

import halide as hl

from convolens.pipelines.indices import promised, within


def build(dtype: str, lanes: int, block: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Numbers in a vector.
    block : int
        Channels that lie side by side and are summed together, no more than there are; 1 where cells lie so.

    Notes
    -----
    Arguments, in NumPy's order of axes: numbers (N, count, C); indices, of int64, alike; for each band its first
    number; output (N, bands, cells, C), where bands may overlap. A number whose index is not that of a cell is
    left out. Then scalars: numbers that are looked at for a band; cells from band to band, and of a band; images
    a task.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    numbers, indices = hl.ImageParam(number, 3, "numbers"), hl.ImageParam(hl.Int(64), 3, "indices")
    firsts = hl.ImageParam(hl.Int(32), 1, "firsts")
    scalars = [hl.Param(hl.Int(32), name) for name in ("count", "step", "cells", "task_planes")]
    count, step, cells, task_planes = scalars
    c, cell, band, n = (hl.Var(name) for name in ("c", "cell", "band", "n"))
    sums, out = hl.Func("sums"), hl.Func("out")

    r = hl.RDom([(0, count)])
    nth = within(firsts[band] + r.x, numbers.dim(1))
    apart = hl.cast(hl.UInt(64), indices[c, nth, n] - hl.i64(step) * band)
    # As unsigned numbers, those below zero are the largest. A cell more takes what belongs to none of the band.
    place = hl.i32(hl.min(apart, hl.cast(hl.UInt(64), cells)))
    sums[c, cell, band, n] = hl.f64(0)
    sums[c, promised(place, cells + 1), band, n] += hl.f64(numbers[c, nth, n])
    out[c, cell, band, n] = hl.cast(number, sums[c, cell, band, n])

    fused, task, guard = band, hl.Var("task"), hl.TailStrategy.GuardWithIf
    out.split(n, task, n, task_planes, guard)
    if block > 1:
        fused = hl.Var("several")
        out.split(c, fused, c, block, hl.TailStrategy.ShiftInwards).vectorize(c, min(lanes, block))
        out.reorder(c, cell, n, fused, band, task).fuse(fused, band, fused)
        sums.bound_extent(c, block).vectorize(c, min(lanes, block)).update().unroll(c)
    else:
        out.vectorize(cell, lanes, guard).reorder(cell, c, n, band, task)
        sums.vectorize(cell, lanes)
    out.fuse(fused, task, task).parallel(task).never_partition_all()
    sums.compute_at(out, n).hoist_storage(out, task).store_in(hl.MemoryType.Heap)
    sums.update().reorder(c, r.x)
    for buffer in (numbers, indices, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
        if block == 1:
            buffer.dim(0).set_extent(1)
            buffer.dim(1).set_stride(1)
    return out, [numbers, indices, firsts, *scalars]
