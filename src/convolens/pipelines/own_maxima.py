"""
The largest cell of each window, and which of its window's cells that is, where windows lie side by side.

Places are counted within a window, row by row, in a byte: less to write, and to read on the way back, than the
indices of `pooling`. Of equal cells the first is named; a NaN wins.
"""

from typing import Any

import halide as hl

from convolens.pipelines.indices import within


def build(dtype: str, lanes: int, rows: int, columns: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Channels that are taken together; no more than there are.
    rows, columns : int
        Of a window.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, H, W, C), with channels side by side; outputs (N, H // rows,
    W // columns, C), values and, of uint8, places. Then scalars: rows of windows, and images, a task.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    source = hl.ImageParam(number, 4, "source")
    scalars = [hl.Param(hl.Int(32), name) for name in ("task_rows", "task_images")]
    c, x, y, n, strip, task = (hl.Var(name) for name in ("c", "x", "y", "n", "strip", "task"))
    out, guard = hl.Func("out"), hl.TailStrategy.GuardWithIf

    best, place = hl.Expr(), hl.cast(hl.UInt(8), 0)
    for cell in range(rows * columns):
        row, column = y * rows + cell // columns, x * columns + cell % columns
        number_there = source[c, within(column, source.dim(1)), within(row, source.dim(2)), n]
        if not cell:
            best = number_there
            continue
        is_better = hl.strict_float((number_there > best) | (hl.is_nan(number_there) & ~hl.is_nan(best)))
        place = hl.select(is_better, hl.cast(hl.UInt(8), cell), place)
        best = hl.select(is_better, number_there, best)
    out[c, x, y, n] = (best, place)

    out.split(y, strip, y, scalars[0], guard).split(n, task, n, scalars[1], guard)
    out.vectorize(c, lanes, hl.TailStrategy.ShiftInwards).reorder(c, x, y, n, strip, task)
    out.fuse(strip, task, task).parallel(task).never_partition_all()
    values, chosen = out.output_buffers()
    for buffer in (source, values):  # places begin and end where values do
        for d in range(4):
            buffer.dim(d).set_min(0)
    for buffer in (source, values, chosen):
        buffer.dim(0).set_stride(1)
    return out, [source, *scalars]
