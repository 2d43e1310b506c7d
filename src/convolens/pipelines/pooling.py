"""
Pooling: the maximum, or the mean, of the cells of each window, channel by channel.

One pipeline for all windows, strides, dilations and borders in up to three dimensions. A window is reduced down
its planes and columns first, a vector at a time in a register: one row of the image, in cache, for each row of the
output. Then that row is reduced across, so that the time grows with the sum of a window's sides, not with their
product.
"""

from collections.abc import Callable
from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.indices import clamped


def build(dtype: str, lanes: int, run: int, kind: str, step: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Numbers in a vector.
    run : int
        Cells that are reduced together on the way into the row; no more than lie side by side in the source.
    kind : str
        ``max``, in which NaN wins, or ``mean``.
    step : int
        The stride along rows where cells of a row are contiguous in input and output; 0 where channels are.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, D, H, W, C); for x, y and z the source cell of every padded
    cell, −1 for what lies outside; for x, y and z how many cells of each window count; output (N, D, H, W, C).
    Then scalars: strides, dilations, taps (each x, y, z), cells of border before a row, rows a task, the number
    outside.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    c, x, y, z, n, strip = (hl.Var(v) for v in ("c", "x", "y", "z", "n", "strip"))
    source = hl.ImageParam(number, 5, "source")
    tables = borders.tables()
    members = [hl.ImageParam(hl.Int(32), 1, f"members_{axis}") for axis in "xyz"]
    strides = [hl.Param(hl.Int(32), f"stride_{axis}") for axis in "xyz"]
    dilations = [hl.Param(hl.Int(32), f"dilation_{axis}") for axis in "xyz"]
    taps = [hl.Param(hl.Int(32), f"taps_{axis}") for axis in "xyz"]
    before, task_rows = (hl.Param(hl.Int(32), name) for name in ("before", "task_rows"))
    outside = hl.Param(hl.Float(64), "outside")

    # algorithm
    join, start = _JOINED[kind], hl.cast(number, 0) if kind == "mean" else -hl.cast(number, hl.f32(float("inf")))

    def cell(axis: int, position: hl.Expr) -> hl.Expr:
        return borders.cell_at(tables[axis], position)

    down, row, across, pooled, out = (hl.Func(f) for f in ("down", "row", "across", "pooled", "out"))
    width, channels = source.dim(1).extent(), source.dim(0).extent()
    r = hl.RDom([(0, taps[1]), (0, taps[2])])
    line, layer = (cell(i, strides[i] * v + dilations[i] * t) for i, v, t in ((1, y, r.x), (2, z, r.y)))
    at = [clamped(v, source.dim(i)) for i, v in ((2, line), (3, layer))]
    found = hl.select((line >= 0) & (layer >= 0), source[c, x, *at, n], hl.cast(number, outside))
    down[c, x, y, z, n] = start
    down[c, x, y, z, n] = join(hl.Expr(down[c, x, y, z, n]), found)
    beyond = hl.cast(number, outside) * (taps[1] * taps[2] if kind == "mean" else 1)

    # rows with their border: the ends show what was reduced already
    length = width if step else channels
    cells = hl.RDom([(0, run), (0, (length + run - 1) / run)])
    near = hl.min(run * cells.y, length - run) + cells.x
    columns, padded = before + width, tables[0].dim(0).extent()
    row[c, x, y, z, n] = hl.undef(number)
    if step:
        row[c, before + near, y, z, n] = down[c, near, y, z, n]
    else:
        inner = hl.RDom([(0, run), (0, (channels + run - 1) / run), (0, width)])
        near = hl.min(run * inner.y, channels - run) + inner.x
        row[near, before + inner.z, y, z, n] = down[near, inner.z, y, z, n]
    for start_of, count_of in ((hl.Expr(0), before), (columns, padded - columns)):
        end = hl.RDom([(0, count_of)])
        column = tables[0][start_of + end.x]
        shown = hl.Expr(row[c, before + clamped(column, source.dim(1)), y, z, n])
        row[c, start_of + end.x, y, z, n] = hl.select(column < 0, beyond, shown)

    t = hl.RDom([(0, taps[0])])
    across[c, x, y, z, n] = start
    position = (step or strides[0]) * x + dilations[0] * t.x
    across[c, x, y, z, n] = join(hl.Expr(across[c, x, y, z, n]), hl.Expr(row[c, position, y, z, n]))
    result = hl.Expr(across[c, x, y, z, n])
    if kind == "mean":
        count = [borders.cell_at(m, v) for m, v in zip(members, (x, y, z), strict=True)]
        result = result / hl.cast(number, count[0] * count[1] * count[2])
    pooled[c, x, y, z, n] = result
    out[c, x, y, z, n] = pooled[c, x, y, z, n]

    # schedule: a task is some rows, of one channel where rows are contiguous; in it, row by row
    guard, masked = hl.TailStrategy.GuardWithIf, hl.TailStrategy.Predicate
    out.split(y, strip, y, task_rows, guard)
    wide = hl.Var("wide")
    along, outer = (x, (c, z, n)) if step else (c, (z, n))
    out.split(along, wide, along, lanes, masked).vectorize(along)
    out.reorder(along, wide, *(() if step else (x,)), y, strip, *outer)
    task = hl.Var("task")
    fused = strip
    for axis in outer:
        out.fuse(fused, axis, task)
        fused = task
    out.parallel(task).never_partition_all()
    row.compute_at(out, y).hoist_storage(out, task).store_in(hl.MemoryType.Heap)
    filled = cells if step else inner
    width_of = min(lanes, run)
    row.update(0).allow_race_conditions().vectorize(filled.x, width_of)
    for i in (1, 2):
        if step:
            row.update(i).unscheduled()
        else:
            row.update(i).vectorize(c, lanes)
    down.compute_at(row, filled.y).bound_extent(along, run).bound_extent(c if step else x, 1)
    down.vectorize(along, width_of).unroll(along)
    down.update().reorder(along, r.x, r.y).vectorize(along, width_of).unroll(along)
    pooled.compute_at(out, y).hoist_storage(out, task).store_in(hl.MemoryType.Heap)
    panel = lanes if step else max(lanes, run)
    pooled.split(along, wide, along, panel).reorder(along, wide, c if step else x)
    pooled.vectorize(along, lanes).unroll(along)
    if step:
        pooled.reorder_storage(x, y, z, c, n)
    across.compute_at(pooled, wide).bound_extent(along, panel).bound_extent(c if step else x, 1)
    across.vectorize(along, lanes).unroll(along)
    across.update().reorder(along, t.x).vectorize(along, lanes).unroll(along)
    # what compiled code may take for granted; it checks its arguments against this
    for buffer in (source, out.output_buffer()):
        for d in range(5):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(hl.Expr() if step else 1)
        buffer.dim(1).set_stride(1 if step else hl.Expr())
    scalars = [*strides, *dilations, *taps, before, task_rows, outside]
    return out, [source, *tables, *members, *scalars]


def _larger(a: hl.Expr, b: hl.Expr) -> hl.Expr:
    return hl.strict_float(hl.select(hl.is_nan(b) | (b > a), b, a))


def _sum(a: hl.Expr, b: hl.Expr) -> hl.Expr:
    return a + b


_JOINED: dict[str, Callable[[Any, Any], hl.Expr]] = {"max": _larger, "mean": _sum}
