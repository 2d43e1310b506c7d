"""The planes of a few channels set side by side, cell by cell: what a picture with channels first begins with."""

from typing import Any

import halide as hl


def build(dtype: str, lanes: int, channels: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Cells that are taken together; no more than there are.
    channels : int
        2 to 4: so many vectors are woven in registers.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, C, cells), output (N, cells, C), cells side by side in one and
    channels in the other. Then a scalar: cells a task, a multiple of the lanes
    and no more than there are.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    source, task_cells = hl.ImageParam(number, 3, "source"), hl.Param(hl.Int(32), "task_cells")
    c, x, n, block = (hl.Var(name) for name in ("c", "x", "n", "block"))
    out = hl.Func("out")
    out[c, x, n] = source[x, c, n]
    out.split(x, block, x, task_cells, hl.TailStrategy.ShiftInwards)
    out.vectorize(x, lanes, hl.TailStrategy.ShiftInwards).reorder(c, x, block, n).bound(c, 0, channels).unroll(c)
    out.fuse(block, n, n).parallel(n)
    for buffer in (source, out.output_buffer()):
        for d in range(3):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    out.output_buffer().dim(1).set_stride(channels)
    source.dim(1).set_extent(channels)
    return out, [source, task_cells]
