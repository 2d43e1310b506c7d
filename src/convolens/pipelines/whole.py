"""
Pooling of whole maps: one number for each channel of each image.

Numbers are added in float64, in blocks whose sums are then added, so that neither many cells nor large numbers do
harm. Where channels lie side by side, vectors run along them; else along cells, and what a vector's lanes hold is
joined at the end.
"""

import functools
from typing import Any

import halide as hl

from convolens.pipelines.indices import promised
from convolens.pipelines.joining import JOININGS, TYPES, Parts, parts_at

BLOCK = 64  # vectors, or cells of neighbouring channels, that are joined before what was joined earlier


def build(dtype: str, lanes: int, run: int, kind: str, last: bool) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        Of the numbers.
    lanes : int
        Numbers that are joined together; no more than lie side by side.
    run : int
        Channels that are taken together, no more than there are; where they lie side by side, a multiple of lanes.
    kind : str
        One of the joinings that keep a number alone.
    last : bool
        Whether channels lie side by side, rather than cells.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, cells, C), or (N, C, cells); output (N, C). Then scalars:
    runs of channels a task, images a task.
    """
    number, joining = TYPES[dtype], JOININGS[kind]
    total = hl.Float(64) if joining.adds else number
    source = hl.ImageParam(number, 3, "source")
    task_runs, task_images = (hl.Param(hl.Int(32), name) for name in ("task_runs", "task_images"))
    lane, c, n, block = (hl.Var(name) for name in ("lane", "c", "n", "block"))
    part, whole, out = hl.Func("part"), hl.Func("whole"), hl.Func("out")
    cells, width = source.dim(1 if last else 0).extent(), 1 if last else lanes
    steps = cells / width

    # algorithm
    def kept(first: hl.Expr) -> Parts:
        cell = promised(first, cells - width + 1) + lane
        at = (c, cell, n) if last else (cell, c, n)
        return joining.kept(hl.cast(total, source[at]), hl.Expr(0))

    def join(func: hl.Func, parts: Parts, *at: Any) -> None:
        (func[at],) = joining.join(parts_at(func, *at), parts)

    (nothing,) = joining.nothing(total)
    few, blocks = hl.RDom([(0, BLOCK)]), hl.RDom([(0, (steps + BLOCK - 1) / BLOCK)])
    step = block * BLOCK + few.x
    few.where(step < steps)
    part[lane, c, n, block] = nothing
    join(part, kept(step * width), lane, c, n, block)
    whole[lane, c, n] = nothing
    join(whole, parts_at(part, lane, c, n, blocks.x), lane, c, n)
    across, every = hl.Func("across"), hl.RDom([(0, lanes)])
    if not last:  # the last cells, together with some that were joined already and do not count again
        (rest,) = kept(cells - lanes)
        join(whole, (hl.select(lane >= lanes - cells % lanes, rest, nothing),), lane, c, n)
    if last or not joining.adds:
        (found,) = functools.reduce(joining.join, [parts_at(whole, i, c, n) for i in range(width)])
    else:
        across[c, n] = nothing
        join(across, parts_at(whole, every.x, c, n), c, n)
        (found,) = parts_at(across, c, n)
    out[c, n] = hl.cast(joining.result(number), joining.finish(found, cells))

    # schedule
    strip, task, wide, guard = hl.Var("strip"), hl.Var("task"), hl.Var("wide"), hl.TailStrategy.GuardWithIf
    out.split(c, wide, c, run, hl.TailStrategy.ShiftInwards).vectorize(c, min(lanes, run)).unroll(c)
    out.split(wide, strip, wide, task_runs, guard).split(n, task, n, task_images, guard)
    out.reorder(c, wide, n, strip, task).fuse(strip, task, task).parallel(task).never_partition_all()
    whole.compute_at(out, wide)
    part.compute_at(whole, blocks.x)
    for func, loop in ((part, few), (whole, blocks)):
        func.bound_extent(c, run)
        if last:
            func.vectorize(c, lanes).unroll(c)
            func.update().reorder(c, loop.x).vectorize(c, lanes).unroll(c)
        else:
            func.bound(lane, 0, lanes).vectorize(lane).unroll(c)
            func.update().reorder(lane, c, loop.x).vectorize(lane).unroll(c)
    if not last:
        whole.update(1).vectorize(lane).unroll(c)
        if joining.adds:
            across.compute_at(out, wide).bound_extent(c, run).unroll(c)
            across.update().atomic().vectorize(every.x).unroll(c)
    for buffer in (source, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    return out, [source, task_runs, task_images]
