"""
A matrix times a vector: what a fully connected layer of one item is, as fast as the matrix comes from memory.

A few of its rows are read side by side, so that the processor fetches all of them ahead. Each lane of a vector has
sums of its own, which are joined at the end; the last vector reaches back over numbers that do not count again.
"""

from typing import Any

import halide as hl

from convolens.pipelines.epilogue import finish
from convolens.pipelines.indices import promised

UNROLLED = 2  # vectors of each row that are summed in a turn of the loop


def build(dtype: str, lanes: int, rows: int, activation: str) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Numbers in a vector; no more than there are in a row.
    rows : int
        That are read side by side; no more than there are.
    activation : str
        What follows the sums; see :func:`~convolens.pipelines.epilogue.finish`.

    Notes
    -----
    Arguments, in NumPy's order of axes: vector (C); matrix (K, C); bias (K); output (K). Then scalars: groups of
    rows a task; slope and ceiling.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    vector, matrix, bias = (
        hl.ImageParam(number, d, name) for d, name in ((1, "vector"), (2, "matrix"), (1, "bias"))
    )
    task_groups = hl.Param(hl.Int(32), "task_groups")
    slope, ceiling = (hl.Param(hl.Float(64), name) for name in ("slope", "ceiling"))
    lane, k, part, group, task = (hl.Var(name) for name in ("lane", "k", "part", "group", "task"))
    lanewise, total, out = hl.Func("lanewise"), hl.Func("total"), hl.Func("out")
    length, together = matrix.dim(0).extent(), lanes * UNROLLED

    # algorithm
    def term(at: hl.Expr) -> hl.Expr:
        place = promised(at, length)
        return matrix[place, k] * vector[place]

    nothing = hl.cast(number, 0)
    whole, rest, every = (hl.RDom([(0, count)]) for count in (length / together, length % together / lanes, lanes))
    lanewise[lane, part, k] = nothing
    lanewise[lane, part, k] += term(whole.x * together + part * lanes + lane)
    lanewise[lane, 0, k] += term(length / together * together + rest.x * lanes + lane)
    lanewise[lane, 0, k] += hl.select(lane >= lanes - length % lanes, term(length - lanes + lane), nothing)
    total[k] = nothing
    total[k] += sum((lanewise[every.x, i, k] for i in range(1, UNROLLED)), lanewise[every.x, 0, k])
    out[k] = finish(total[k] + bias[k], activation, slope, ceiling)

    # schedule
    out.split(k, group, k, rows, hl.TailStrategy.ShiftInwards)
    out.split(group, task, group, task_groups, hl.TailStrategy.GuardWithIf).parallel(task)
    total.compute_at(out, group).bound_extent(k, rows).unroll(k)
    total.update().atomic().vectorize(every.x).unroll(k)
    lanewise.compute_at(out, group).bound(lane, 0, lanes).bound(part, 0, UNROLLED).bound_extent(k, rows)
    lanewise.vectorize(lane).unroll(part).unroll(k)
    lanewise.update().reorder(lane, part, k, whole.x).vectorize(lane).unroll(part).unroll(k)
    lanewise.update(1).reorder(lane, k, rest.x).vectorize(lane).unroll(k)
    lanewise.update(2).vectorize(lane).unroll(k)
    for buffer in (vector, matrix, bias, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    return out, [vector, matrix, bias, task_groups, slope, ceiling]
