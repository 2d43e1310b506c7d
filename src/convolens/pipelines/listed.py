"""
Sums of cells that are listed, axis by axis: the gradient of means, where each cell lists the windows that have it.

A cell of the output sums those of the source whose column, row and plane are in its lists. Rows are summed first,
into a row of scratch that begins with a zero, which fills lists up.
"""

from typing import Any

import halide as hl

from convolens.pipelines.indices import promised
from convolens.pipelines.joining import TYPES


def build(dtype: str, lanes: int, last: bool) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Numbers in a vector, no more than lie side by side in source and output.
    last : bool
        Whether channels lie side by side, rather than cells of a row.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, D, H, W, C); for x, y and z which cells of the source each cell
    sums, counted from 1 (most of any, size), 0 for none; output (N, D, H, W, C). Then scalars: rows a task,
    channels a task where rows are contiguous.
    """
    number = TYPES[dtype]
    c, x, y, z, n = (hl.Var(name) for name in ("c", "x", "y", "z", "n"))
    source = hl.ImageParam(number, 5, "source")
    lists = [hl.ImageParam(hl.Int(32), 2, f"list_{axis}") for axis in "xyz"]
    task_rows, task_channels = (hl.Param(hl.Int(32), name) for name in ("task_rows", "task_channels"))
    down, row, across, out = (hl.Func(name) for name in ("down", "row", "across", "out"))
    width, channels = source.dim(1).extent(), source.dim(0).extent()

    # algorithm
    lines = hl.RDom([(0, lists[1].dim(1).extent()), (0, lists[2].dim(1).extent())])
    line, layer = lists[1][y, lines.x], lists[2][z, lines.y]
    lines.where((line > 0) & (layer > 0))
    shown = promised(line - 1, source.dim(2).extent()), promised(layer - 1, source.dim(3).extent())
    down[c, x, y, z, n] = hl.cast(number, 0)
    down[c, x, y, z, n] += source[c, x, *shown, n]
    length, others = (channels, width) if last else (width, 1)
    near = hl.RDom([(0, lanes), (0, (length + lanes - 1) / lanes), (0, others)])
    side = hl.min(near.y * lanes, length - lanes) + near.x
    row[c, x, y, z, n] = hl.undef(number)
    row[c, 0, y, z, n] = hl.cast(number, 0)
    if last:
        row[side, 1 + near.z, y, z, n] = down[side, near.z, y, z, n]
    else:
        row[c, 1 + side, y, z, n] = down[c, side, y, z, n]
    columns = hl.RDom([(0, lists[0].dim(1).extent())])
    across[c, x, y, z, n] = hl.cast(number, 0)
    across[c, x, y, z, n] += row[c, promised(lists[0][x, columns.x], width + 1), y, z, n]
    out[c, x, y, z, n] = across[c, x, y, z, n]

    # schedule
    wide, strip, several, task = (hl.Var(name) for name in ("wide", "strip", "several", "task"))
    guard, along = hl.TailStrategy.GuardWithIf, c if last else x
    out.split(along, wide, along, lanes, hl.TailStrategy.ShiftInwards).vectorize(along)
    out.split(y, strip, y, task_rows, guard)
    if last:
        out.reorder(c, wide, x, y, strip, z, n)
    else:
        out.split(c, several, c, task_channels, guard).reorder(x, wide, y, c, strip, several, z, n)
        out.fuse(strip, several, strip)
    out.fuse(strip, z, task).fuse(task, n, task).parallel(task).never_partition_all()
    row.compute_at(out, y).hoist_storage(out, task).store_in(hl.MemoryType.Heap)
    row.update(0).vectorize(c, lanes) if last else row.update(0).unscheduled()
    row.update(1).allow_race_conditions().vectorize(near.x)
    for func, place in ((down, (row, near.y)), (across, (out, wide))):
        func.compute_at(*place).bound_extent(along, lanes).vectorize(along)
    down.update().reorder(along, lines.x, lines.y).vectorize(along)
    across.update().reorder(along, columns.x).vectorize(along)
    for buffer in (source, out.output_buffer(), *lists):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(hl.Expr() if buffer.dimensions() == 5 and not last else 1)
    for buffer in (source, out.output_buffer()):
        buffer.dim(1).set_stride(hl.Expr() if last else 1)
    return out, [source, *lists, task_rows, task_channels]
