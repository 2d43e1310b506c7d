"""
Numbers added to the cells that indices name, plane by plane: the gradient of maxima.

A task has whole planes, so that no two add to the same cell, and each cell gets its numbers in their order. Sums
are taken in float64, in a plane that lies in cache.
"""

from typing import Any

import halide as hl

from convolens.pipelines.indices import promised


def build(dtype: str, lanes: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Numbers in a vector.

    Notes
    -----
    Arguments, in NumPy's order of axes: numbers (planes, count); indices, of int64, alike; output (planes, cells).
    A number whose index is not that of a cell is left out. Then scalars: cells of a plane, planes a task.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    numbers, indices = hl.ImageParam(number, 2, "numbers"), hl.ImageParam(hl.Int(64), 2, "indices")
    cells, task_planes = (hl.Param(hl.Int(32), name) for name in ("cells", "task_planes"))
    cell, plane, task = hl.Var("cell"), hl.Var("plane"), hl.Var("task")
    sums, out = hl.Func("sums"), hl.Func("out")

    nth = hl.RDom([(0, numbers.dim(0).extent())])
    index = indices[nth.x, plane]
    last = hl.i64(cells)  # a cell more takes what belongs nowhere
    place = hl.i32(hl.select((index < 0) | (index > last), last, index))
    sums[cell, plane] = hl.f64(0)
    sums[promised(place, cells + 1), plane] += hl.f64(numbers[nth.x, plane])
    out[cell, plane] = hl.cast(number, sums[cell, plane])

    out.split(plane, task, plane, task_planes, hl.TailStrategy.GuardWithIf).parallel(task)
    out.vectorize(cell, lanes, hl.TailStrategy.GuardWithIf).never_partition_all()
    sums.update().unscheduled()
    sums.compute_at(out, plane).hoist_storage(out, task).store_in(hl.MemoryType.Heap).vectorize(cell, lanes)
    for buffer in (numbers, indices, out.output_buffer()):
        buffer.dim(0).set_min(0).set_stride(1)
        buffer.dim(1).set_min(0)
    return out, [numbers, indices, cells, task_planes]
