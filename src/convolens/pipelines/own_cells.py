"""
The gradient of maxima in windows that neither overlap nor leave gaps: each cell asks its own window.

Nothing is added, and nothing is written twice. It takes indices that name a cell of their own window each.
"""

from typing import Any

import halide as hl

PLACES = {"plane": hl.Int(64), "window": hl.UInt(8)}


def build(dtype: str, lanes: int, step: int, places: str) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Windows, or channels, that lie side by side and are taken together; no more than there are.
    step : int
        Columns of a window where cells of a row lie side by side; 0 where channels do.
    places : str
        ``plane`` where indices, of int64, count the cells of the plane; ``window`` where they count those of the
        window, in bytes.

    Notes
    -----
    Arguments, in NumPy's order of axes: numbers (N, H, W, C); indices alike; output (N, H, rows of a
    window, W, columns of a window, C), or (N, H, rows of a window, 1, W × step, 1) where cells lie side by side.
    Then scalars: rows and columns of a window; cells of a row of the image; rows of windows, and images, a task.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    numbers, indices = hl.ImageParam(number, 4, "numbers"), hl.ImageParam(PLACES[places], 4, "indices")
    scalars = [hl.Param(hl.Int(32), name) for name in ("rows", "columns", "width", "task_rows", "task_images")]
    rows, columns, width, task_rows, task_images = scalars
    names = ("c", "column", "x", "row", "y", "n", "strip", "task")
    c, column, x, row, y, n, strip, task = (hl.Var(name) for name in names)
    out, guard, shift = hl.Func("out"), hl.TailStrategy.GuardWithIf, hl.TailStrategy.ShiftInwards

    window = (c, column / step, y, n) if step else (c, x, y, n)
    cell = (rows * y + row) * width + columns * x + column if places == "plane" else row * columns + column
    chosen = hl.i32(indices[window]) == cell
    out[c, column, x, row, y, n] = hl.select(chosen, numbers[window], hl.cast(number, 0))

    out.split(y, strip, y, task_rows, guard).split(n, task, n, task_images, guard)
    if step:
        out.vectorize(column, lanes * step, shift).reorder(column, c, x, row, y, n, strip, task)
    else:
        out.vectorize(c, lanes, shift).reorder(c, column, x, row, y, n, strip, task)
    out.fuse(strip, task, task).parallel(task).never_partition_all()
    side = 1 if step else 0
    for buffer in (numbers, indices, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        buffer.dim(side).set_stride(1)
    if step:
        for buffer in (numbers, indices, out.output_buffer()):
            buffer.dim(0).set_extent(1)
        out.output_buffer().dim(1).set_extent(numbers.dim(1).extent() * step)
        out.output_buffer().dim(2).set_extent(1)
    return out, [numbers, indices, *scalars]
