"""A map with another size: each cell from one of the source along each axis, or from what lies between two."""

from typing import Any

import halide as hl

from convolens.pipelines.indices import within


def build(dtype: str, lanes: int, taps: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Channels that are taken together; no more than there are.
    taps : int
        1, for the cells themselves, or 2.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, H, W, C), channels side by side; for x and y the cells of the
    source (taps, output cells), and if there are two their shares, likewise; output like the source. Then scalars:
    rows, and images, a task.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    source = hl.ImageParam(number, 4, "source")
    cells = [hl.ImageParam(hl.Int(32), 2, f"cells_{axis}") for axis in "xy"]
    shares = [hl.ImageParam(number, 2, f"shares_{axis}") for axis in "xy"] if taps > 1 else []
    task_rows, task_images = (hl.Param(hl.Int(32), name) for name in ("task_rows", "task_images"))
    c, x, y, n, strip, task = (hl.Var(name) for name in ("c", "x", "y", "n", "strip", "task"))
    out, guard = hl.Func("out"), hl.TailStrategy.GuardWithIf

    def cell(across: int, down: int) -> hl.Expr:
        column, row = within(cells[0][x, across], source.dim(1)), within(cells[1][y, down], source.dim(2))
        return source[c, column, row, n]

    if taps == 1:
        out[c, x, y, n] = cell(0, 0)
    else:
        rows = (cell(0, down) * shares[0][x, 0] + cell(1, down) * shares[0][x, 1] for down in range(2))
        upper, lower = rows
        out[c, x, y, n] = upper * shares[1][y, 0] + lower * shares[1][y, 1]

    out.split(y, strip, y, task_rows, guard).split(n, task, n, task_images, guard)
    out.vectorize(c, lanes, hl.TailStrategy.ShiftInwards).reorder(c, x, y, n, strip, task)
    out.fuse(strip, task, task).parallel(task).never_partition_all()
    for buffer in (source, *cells, *shares, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    return out, [source, *cells, *shares, task_rows, task_images]
