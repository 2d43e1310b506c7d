"""
Pooling of small square windows that move cell by cell, where the cells of a row lie side by side.

A row of the output is reduced down its columns into a row of scratch, with cells before and behind it that stand
for what lies outside, then across. Two rows are taken together, since their windows share all rows but two.
"""

import functools
from typing import Any

import halide as hl

from convolens.pipelines.indices import clamped, promised
from convolens.pipelines.joining import JOININGS, TYPES, Parts, parts_at, whole

TOGETHER = 2  # rows


def build(dtype: str, lanes: int, kind: str, side: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Numbers in a vector: at least as many as cells of border at either end of a row, and no more than a row of
        the source or of the output has.
    kind : str
        ``max``, in which NaN wins, or ``mean``.
    side : int
        Rows and columns of a window.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, C, H, W); for x and y how many cells of each window count;
    output (N, C, H, W). Then scalars: cells of border before a row, and rows of it; pairs of
    rows, and channels, a task. Each window has a cell inside.
    """
    number, joining = TYPES[dtype], JOININGS[kind]
    x, y, c, n, row, pair = (hl.Var(name) for name in ("x", "y", "c", "n", "row", "pair"))
    source = hl.ImageParam(number, 4, "source")
    members = [hl.ImageParam(hl.Int(32), 1, f"members_{axis}") for axis in "xy"]
    scalars = [hl.Param(hl.Int(32), name) for name in ("before_x", "before_y", "task_pairs", "task_channels")]
    before_x, before_y, task_pairs, task_channels = scalars
    shared, rows, out = (hl.Func(name) for name in ("shared", "rows", "out"))
    width = source.dim(0).extent()
    (nothing,) = joining.nothing(number)

    # algorithm: lines, counted from a pair's first, which both rows see but for the first and the last
    def seen(column: hl.Expr, line: hl.Expr | int) -> Parts:
        at = TOGETHER * pair - before_y + line
        (there,) = joining.kept(source[column, clamped(at, source.dim(1)), c, n], hl.Expr(0))
        if not joining.adds:  # beyond an end its last line counts once more
            return (there,)
        return (hl.select((at >= 0) & (at < source.dim(1).extent()), there, nothing),)

    shared[x, pair, c, n] = whole(functools.reduce(joining.join, [seen(x, line) for line in range(1, side)]))
    ends, near = hl.RDom([(0, lanes), (0, 2)]), hl.RDom([(0, lanes), (0, (width + lanes - 1) / lanes)])
    column = hl.min(near.y * lanes, width - lanes) + near.x
    rows[x, row, pair, c, n] = hl.undef(number)
    rows[ends.x + ends.y * (lanes + width), row, pair, c, n] = nothing
    parts = joining.join(parts_at(shared, column, pair, c, n), seen(column, row * side))
    rows[lanes + column, row, pair, c, n] = whole(parts)
    cells = [promised(lanes - before_x + x + tap, 2 * lanes + width) for tap in range(side)]
    listed = [parts_at(rows, cell, y % TOGETHER, y / TOGETHER, c, n) for cell in cells]
    (found,) = functools.reduce(joining.join, listed)
    out[x, y, c, n] = joining.finish(found, members[0][x] * members[1][y])

    # schedule
    wide, strip, several, task = (hl.Var(name) for name in ("wide", "strip", "several", "task"))
    guard = hl.TailStrategy.GuardWithIf
    out.split(x, wide, x, lanes, hl.TailStrategy.ShiftInwards).vectorize(x)
    out.split(y, pair, row, TOGETHER, guard).split(pair, strip, pair, task_pairs, guard)
    out.split(c, several, c, task_channels, guard)
    out.reorder(x, wide, row, pair, c, strip, several, n).fuse(strip, several, task).fuse(task, n, task)
    out.parallel(task).never_partition_all()
    rows.compute_at(out, pair).hoist_storage(out, task).store_in(hl.MemoryType.Heap).bound(row, 0, TOGETHER)
    for update, loop in enumerate((ends, near)):
        rows.update(update).reorder(loop.x, row, loop.y).allow_race_conditions().vectorize(loop.x).unroll(row)
    shared.compute_at(rows, near.y).bound_extent(x, lanes).vectorize(x)
    for buffer in (source, out.output_buffer()):
        for d in range(4):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    return out, [source, *members, *scalars]
