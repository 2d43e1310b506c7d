"""
Depthwise cross-correlation, channels innermost, of images that are read where they lie, in a border of zeros.

A tile of a row's pixels by channels is summed in registers, over all cells of the kernel in one go. Rows consist
of whole tiles, so only the first and the last columns that a tile reads, as many as half the kernel has, may lie
beyond the image. These, and rows beyond it, are masked as they are loaded.
"""

from typing import Any

import halide as hl

from convolens.pipelines.epilogue import finish
from convolens.pipelines.indices import clamped, within


def build(
    dtype: str,
    lanes: int,
    vectors: int,
    pixels: int,
    side: int,
    step: int,
    activation: str,
    residual: bool,
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors, pixels : int
        The register tile: ``vectors`` vectors of ``lanes`` channels by ``pixels`` output cells of a row.
    side : int
        Rows, and columns, of the kernel.
    step : int
        The stride, along rows and columns.
    activation : str
        What follows the sums, as :func:`finish` knows it.
    residual : bool
        Whether an array like the output is added before.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, H, W, C) of at least vectors × lanes channels; weights (side,
    side, C); bias (C,); the residual, if any, as output; output (N, H, tiles, pixels, C), whose tiles may overlap.
    Then scalars: output cells from tile to tile; cells of border before a row, and above the image, which are no
    more than half the kernel, like those behind a row that are read; what a task has of blocks of channels and of
    rows; ``slope`` and ``ceiling`` of the activation.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    axes = c, p, x, y, n = [hl.Var(v) for v in "cpxyn"]
    source, weights = hl.ImageParam(number, 4, "source"), hl.ImageParam(number, 3, "weights")
    bias, added = hl.ImageParam(number, 1, "bias"), hl.ImageParam(number, 5, "residual")
    spacing, before, above, blocks, rows = numbers = [
        hl.Param(hl.Int(32), name) for name in ("spacing", "before", "above", "task_blocks", "task_rows")
    ]
    slope, ceiling = (hl.Param(hl.Float(64), name) for name in ("slope", "ceiling"))

    # algorithm; places are known when loops are unrolled, and whether they may lie outside with them
    cells = hl.RDom([(0, side), (0, side)])
    place, length, height = p * step + cells.x, source.dim(1), source.dim(2)
    column, line = x * spacing * step + place - before, y * step + cells.y - above
    first, last = place < side // 2, place >= (pixels - 1) * step + side - side // 2
    shown = (line >= 0) & (line < height.extent())
    shown = shown & (~first | (column >= 0)) & (~last | (column < length.extent()))
    near = hl.select(first | last, clamped(column, length), within(column, length))
    seen = hl.select(shown, source[c, near, clamped(line, height), n], hl.cast(number, 0))
    total, out = hl.Func("total"), hl.Func("out")
    total[axes] = bias[c]
    total[axes] += weights[c, cells.x, cells.y] * seen
    result = hl.Expr(total[axes])
    out[axes] = finish(result + added[axes] if residual else result, activation, slope, ceiling)

    # schedule: a task is some rows of some blocks of channels; in it, tile by tile, block by block
    task, block, group = (hl.Var(v) for v in ("task", "block", "group"))
    guard, panel = hl.TailStrategy.GuardWithIf, lanes * vectors
    out.bound(p, 0, pixels).split(y, task, y, rows, guard)
    out.split(c, block, c, panel, hl.TailStrategy.ShiftInwards).split(block, group, block, blocks, guard)
    out.reorder(c, p, block, x, y, group, task, n).vectorize(c, lanes).unroll(c).unroll(p)
    out.fuse(group, task, task).fuse(task, n, task).parallel(task).never_partition_all()
    total.compute_at(out, block).bound(p, 0, pixels).bound_extent(c, panel).never_partition_all()
    total.bound_extent(x, 1).bound_extent(y, 1)
    total.vectorize(c, lanes).unroll(c).unroll(p)
    main = total.update().reorder(c, p, cells.x, cells.y, x, y, n)
    main.vectorize(c, lanes).unroll(c).unroll(p).unroll(cells.x).unroll(cells.y)

    # what compiled code may take for granted; it checks its arguments against this
    arrays = [source, weights, bias, *([added] if residual else [])]
    for buffer in (*arrays, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    return out, [*arrays, *numbers, slope, ceiling]
