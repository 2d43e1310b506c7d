"""
Pooling: the maximum, also where it lies, the mean or a norm of the cells of each window, channel by channel.

One pipeline for all windows, strides, dilations and borders in up to three dimensions. A window is reduced down
its planes and columns first, a vector at a time in a register: one row of the image, in cache, for each row of the
output. Then that row is reduced across, so that the time grows with the sum of a window's sides, not with their
product.
"""

import functools
import operator
from collections.abc import Callable
from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.indices import clamped
from convolens.pipelines.joining import JOININGS, NOWHERE, TYPES, Joining, Parts, parts_at, sum_type, whole


def build(dtype: str, lanes: int, run: int, kind: str, step: int, side: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        Of floats or whole numbers; these know no number outside beside which maxima are taken. Norms, and means of
        whole numbers, are summed in float64.
    lanes : int
        Numbers in a vector.
    run : int
        Cells that are reduced together on the way into the row; no more than lie side by side in the source.
    kind : str
        ``max``, in which NaN wins; ``place``, which also says where in its plane the first of the largest cells
        lies, for floats without a border; ``mean``; ``norm-1`` and ``norm-2``.
    step : int
        The stride along rows where cells of a row are contiguous in input and output; 0 where channels are.
    side : int
        Rows and columns of windows that are square, flat and dense, all of whose cells are joined without a loop;
        0 for windows of any kind.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, D, H, W, C); for x, y and z the source cell of every padded
    cell, −1 for what lies outside; for x, y and z how many cells of each window count; output (N, D, H, W, C).
    Then scalars: strides, dilations, taps (each x, y, z), cells of border before a row, rows a task, channels a
    task where rows are contiguous, the number outside. Of ``place`` a second output, of int64, has the places.
    """
    source_type, joining = TYPES[dtype], JOININGS[kind]
    number = TYPES[sum_type(dtype, kind)]
    c, x, y, z, n = at = tuple(hl.Var(v) for v in ("c", "x", "y", "z", "n"))
    source = hl.ImageParam(source_type, 5, "source")
    tables = borders.tables()
    members = [hl.ImageParam(hl.Int(32), 1, f"members_{axis}") for axis in "xyz"]
    strides = [hl.Param(hl.Int(32), f"stride_{axis}") for axis in "xyz"]
    dilations = [hl.Param(hl.Int(32), f"dilation_{axis}") for axis in "xyz"]
    taps = [hl.Param(hl.Int(32), f"taps_{axis}") for axis in "xyz"]
    before, task_rows, task_channels = (
        hl.Param(hl.Int(32), name) for name in ("before", "task_rows", "task_channels")
    )
    outside = hl.Param(hl.Float(64), "outside")

    # algorithm
    beside = hl.cast(number, outside) if number.is_float() else number.min()

    def cell(axis: int, position: hl.Expr) -> hl.Expr:
        return borders.cell_at(tables[axis], position)

    funcs = tuple(hl.Func(f) for f in ("down", "row", "across", "pooled", "out"))
    down, row, across, pooled, out = funcs
    width, channels = source.dim(1).extent(), source.dim(0).extent()

    def found(line_tap: Any, layer_tap: Any, column_tap: int | None = None) -> Parts:
        line, layer = cell(1, strides[1] * y + dilations[1] * line_tap), cell(2, strides[2] * z + layer_tap)
        column, inside = x, (line >= 0) & (layer >= 0)
        if column_tap is not None:
            looked_up = cell(0, strides[0] * x + column_tap)
            column, inside = clamped(looked_up, source.dim(1)), inside & (looked_up >= 0)
        shown = [clamped(v, source.dim(i)) for i, v in ((2, line), (3, layer))]
        place = (shown[1] * source.dim(2).extent() + shown[0]) * width + column
        there = joining.kept(hl.cast(number, source[c, column, *shown, n]), place)
        nowhere = joining.kept(beside, hl.i32(NOWHERE))
        return tuple(hl.select(inside, *either) for either in zip(there, nowhere, strict=True))

    r = hl.RDom([(0, taps[1]), (0, taps[2])])
    _reduce(down, at, [found(i, 0) for i in range(side)], lambda: found(r.x, dilations[2] * r.y), joining, number)
    beyond = joining.kept(beside, hl.i32(NOWHERE))
    if joining.adds:
        beyond = (beyond[0] * (taps[1] * taps[2]),)

    # rows with their border: the ends show what was reduced already
    length = width if step else channels
    filled = hl.RDom([(0, run), (0, (length + run - 1) / run), *(() if step else ((0, width),))])
    near = hl.min(run * filled.y, length - run) + filled.x
    columns, padded = before + width, tables[0].dim(0).extent()
    row[at] = whole(tuple(hl.undef(part.type()) for part in beyond))
    if step:
        row[c, before + near, y, z, n] = whole(parts_at(down, c, near, y, z, n))
    else:
        row[near, before + filled.z, y, z, n] = whole(parts_at(down, near, filled.z, y, z, n))
    for start_of, count_of in ((hl.Expr(0), before), (columns, padded - columns)):
        end = hl.RDom([(0, count_of)])
        column = tables[0][start_of + end.x]
        shown = parts_at(row, c, before + clamped(column, source.dim(1)), y, z, n)
        ends = (hl.select(column < 0, *either) for either in zip(beyond, shown, strict=True))
        row[c, start_of + end.x, y, z, n] = whole(tuple(ends))

    t = hl.RDom([(0, taps[0])])
    first = (step or strides[0]) * x
    listed = [parts_at(row, c, first + i, y, z, n) for i in range(side)]
    # four cells, few of which two windows share: no row is kept of them
    at_once = not step and side == 2 and run >= lanes
    if at_once:
        listed = [found(i, 0, j) for i in range(side) for j in range(side)]
    _reduce(across, at, listed, lambda: parts_at(row, c, first + dilations[0] * t.x, y, z, n), joining, number)
    result, *place = parts_at(across, *at)
    if joining.adds:
        count = [borders.cell_at(m, v) for m, v in zip(members, (x, y, z), strict=True)]
        if kind == "mean" and side == 2:  # of one and two cells, whose reciprocals are exact
            parts = (hl.select(cells == 2, hl.cast(number, 0.5), hl.cast(number, 1)) for cells in count)
            result = functools.reduce(operator.mul, parts, result)
        else:
            result = joining.finish(result, count[0] * count[1] * count[2])
        result = hl.cast(joining.result(source_type), result)
    pooled[at] = whole((result, *place))
    result, *place = parts_at(pooled, *at)
    out[at] = whole((result, *(hl.i64(p) for p in place)))

    _schedule(funcs, at, (r, filled, t), (task_rows, task_channels), lanes, run, step, at_once)
    # what compiled code may take for granted; it checks its arguments against this
    outputs = out.output_buffers()
    for buffer in (source, outputs[0]):  # the others are like the first
        for d in range(5):
            buffer.dim(d).set_min(0)
    for buffer in (source, *outputs):
        buffer.dim(0).set_stride(hl.Expr() if step else 1)
        buffer.dim(1).set_stride(1 if step else hl.Expr())
    scalars = [*strides, *dilations, *taps, before, task_rows, task_channels, outside]
    return out, [source, *tables, *members, *scalars]


def _schedule(
    funcs: tuple[hl.Func, ...],
    at: tuple[hl.Var, ...],
    loops: tuple[hl.RDom, hl.RDom, hl.RDom],
    task_size: tuple[hl.Param, hl.Param],
    lanes: int,
    run: int,
    step: int,
    at_once: bool,
) -> None:
    """Let a task be some rows, of some channels where rows are contiguous; in it, go row by row."""
    down, row, across, pooled, out = funcs
    c, x, y, z, n = at
    r, filled, t = loops
    task_rows, task_channels = task_size
    strip, several = hl.Var("strip"), hl.Var("several")
    guard, masked = hl.TailStrategy.GuardWithIf, hl.TailStrategy.Predicate
    out.split(y, strip, y, task_rows, guard)
    wide, task = hl.Var("wide"), hl.Var("task")
    along, inner_loops, outer = (x, (y, c), (several, z, n)) if step else (c, (x, y), (z, n))
    if at_once:
        out.split(c, wide, c, run, hl.TailStrategy.ShiftInwards).vectorize(c, lanes).unroll(c)
    else:
        out.split(along, wide, along, lanes, masked).vectorize(along)
    if step:
        out.split(c, several, c, task_channels, guard)
    out.reorder(along, wide, *inner_loops, strip, *outer)
    fused = strip
    for axis in outer:
        out.fuse(fused, axis, task)
        fused = task
    out.parallel(task).never_partition_all()
    if at_once:
        across.compute_at(out, wide).bound_extent(c, run).bound_extent(x, 1).vectorize(c, lanes).unroll(c)
        return
    row.compute_at(out, y).hoist_storage(out, task).store_in(hl.MemoryType.Heap)
    width_of = min(lanes, run)
    row.update(0).allow_race_conditions().vectorize(filled.x, width_of)
    for i in (1, 2):
        if step:
            row.update(i).unscheduled()
        else:
            row.update(i).vectorize(c, lanes)
    down.compute_at(row, filled.y).bound_extent(along, run).bound_extent(c if step else x, 1)
    down.vectorize(along, width_of).unroll(along)
    if down.has_update_definition():
        down.update().reorder(along, r.x, r.y).vectorize(along, width_of).unroll(along)
    pooled.compute_at(out, y).hoist_storage(out, task).store_in(hl.MemoryType.Heap)
    panel = lanes if step else max(lanes, run)
    pooled.split(along, wide, along, panel).reorder(along, wide, c if step else x)
    pooled.vectorize(along, lanes).unroll(along)
    if step:
        pooled.reorder_storage(x, y, z, c, n)
    across.compute_at(pooled, wide).bound_extent(along, panel).bound_extent(c if step else x, 1)
    across.vectorize(along, lanes).unroll(along)
    if across.has_update_definition():
        across.update().reorder(along, t.x).vectorize(along, lanes).unroll(along)


def _reduce(
    func: hl.Func,
    at: tuple[hl.Var, ...],
    cells: list[Parts],
    each: Callable[[], Parts],
    joining: Joining,
    number: hl.Type,
) -> None:
    """Join the cells that are listed; where none are, ``each`` of a reduction."""
    if cells:
        func[at] = whole(functools.reduce(joining.join, cells))
    else:
        func[at] = whole(joining.nothing(number))
        func[at] = whole(joining.join(parts_at(func, *at), each()))
