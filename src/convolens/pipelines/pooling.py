"""
Pooling: the maximum, or the mean, of the cells of each window, channel by channel.

One pipeline for all windows, strides, dilations and borders in up to three dimensions. A window is reduced down
its planes and columns first: one row of the image, in cache, for each row of the output. Then that row is reduced
across, so that the time grows with the sum of a window's sides, not with their product.
"""

from collections.abc import Callable
from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.indices import clamped, promised


def build(dtype: str, lanes: int, kind: str, step: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Numbers in a vector.
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

    down, row, across, out = (hl.Func(f) for f in ("down", "row", "across", "out"))
    width = source.dim(1).extent()
    r = hl.RDom([(0, taps[1]), (0, taps[2])])
    line, layer = (cell(i, strides[i] * v + dilations[i] * t) for i, v, t in ((1, y, r.x), (2, z, r.y)))
    at = [clamped(v, source.dim(i)) for i, v in ((2, line), (3, layer))]
    found = hl.select((line >= 0) & (layer >= 0), source[c, x, *at, n], hl.cast(number, outside))
    down[c, x, y, z, n] = start
    down[c, x, y, z, n] = join(hl.Expr(down[c, x, y, z, n]), found)
    beyond = hl.cast(number, outside) * (taps[1] * taps[2] if kind == "mean" else 1)

    def shown(column: hl.Expr) -> hl.Expr:
        return hl.select(column < 0, beyond, down[c, hl.clamp(column, 0, width - 1), y, z, n])

    t = hl.RDom([(0, taps[0])])
    across[c, x, y, z, n] = start
    if step:  # rows with their border: what lies inside is copied as it is, so that loads are dense
        inner = hl.RDom([(0, width)])
        padded = tables[0].dim(0).extent()
        ends = [hl.RDom([(0, before)]), hl.RDom([(before + width, padded - before - width)])]
        row[c, x, y, z, n] = hl.undef(number)
        row[c, inner.x + before, y, z, n] = down[c, promised(inner.x, width), y, z, n]
        for end in ends:
            row[c, end.x, y, z, n] = shown(cell(0, end.x))
        position = step * x + dilations[0] * t.x
        across[c, x, y, z, n] = join(hl.Expr(across[c, x, y, z, n]), hl.Expr(row[c, position, y, z, n]))
    else:
        column = cell(0, strides[0] * x + dilations[0] * t.x)
        across[c, x, y, z, n] = join(hl.Expr(across[c, x, y, z, n]), shown(column))
    result = across[c, x, y, z, n]
    if kind == "mean":
        count = [borders.cell_at(m, v) for m, v in zip(members, (x, y, z), strict=True)]
        result = result / hl.cast(number, count[0] * count[1] * count[2])
    out[c, x, y, z, n] = result

    # schedule: a task is some rows, of one channel where rows are contiguous; in it, row by row
    guard = hl.TailStrategy.GuardWithIf
    out.split(y, strip, y, task_rows, guard)
    wide = hl.Var("wide")
    run, outer = (x, (c, z, n)) if step else (c, (z, n))
    masked = hl.TailStrategy.Predicate
    out.split(run, wide, run, lanes, masked).vectorize(run)
    out.reorder(run, wide, *(() if step else (x,)), y, strip, *outer)
    for axis in outer:
        out.fuse(strip, axis, strip)
    out.parallel(strip).never_partition_all()
    down.compute_at(out, y).store_in(hl.MemoryType.Stack).vectorize(run, lanes, masked)
    down.update().reorder(r.x, r.y, *((x, c) if step else (c, x))).vectorize(run, lanes, masked)
    across.compute_at(out, wide).vectorize(run, lanes)
    across.update().reorder(run, t.x).vectorize(run, lanes)
    if step:
        row.compute_at(out, y).store_in(hl.MemoryType.Stack)
        row.update(0).vectorize(inner.x, lanes, masked)
        row.update(1).unscheduled()
        row.update(2).unscheduled()
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
