"""
Depthwise cross-correlation, channels innermost: each channel of the image under a kernel of its own.

One pipeline for all sizes, strides and dilations in up to three dimensions. A task fills a scratch array in cache
with some rows of the image and their border, read in the order of memory and laid down block by block of channels.
From there a tile of pixels by channels is summed in registers; the taps of a kernel row are unrolled, so that a
vector of the image that was loaded once serves all pixels whose windows hold it.
"""

from typing import Any

import halide as hl


def build(
    dtype: str, lanes: int, vectors: int, pixels: int, taps: int, whole: bool, step: int
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors, pixels : int
        The register tile: ``vectors`` vectors of ``lanes`` channels by ``pixels`` output cells of a row.
    taps : int
        Cells of a kernel row that are unrolled together.
    whole : bool
        Whether kernel rows are made of whole such runs, with nothing left over.
    step : int
        The stride along rows, where kernels are not dilated along them; 0 if any stride and dilation are to do.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, D, H, W, blocks, vectors × lanes); weights (kd, kh, kw, blocks,
    vectors × lanes); bias (blocks, vectors × lanes); for x, y and z the source cell of every padded cell, −1 for
    the constant; output as source. Then scalars: strides and dilations (each x, y, z), cells of border
    before a row, rows and blocks a task, whether negative results become 0, the border's constant.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    panel = lanes * vectors
    c, block, x, y, z, n = (hl.Var(v) for v in ("c", "block", "x", "y", "z", "n"))
    source, weights = hl.ImageParam(number, 6, "source"), hl.ImageParam(number, 5, "weights")
    bias = hl.ImageParam(number, 2, "bias")
    tables = [hl.ImageParam(hl.Int(32), 1, f"table_{axis}") for axis in "xyz"]
    strides = [hl.Param(hl.Int(32), f"stride_{axis}") for axis in "xyz"]
    dilations = [hl.Param(hl.Int(32), f"dilation_{axis}") for axis in "xyz"]
    before, task_rows, task_blocks, relu = (
        hl.Param(hl.Int(32), name) for name in ("before", "task_rows", "task_blocks", "relu")
    )
    outside = hl.Param(hl.Float(64), "outside")

    # algorithm: the border of a row is put around what is copied as it is
    columns, lines, layers = tables
    line = lines[hl.clamp(y, 0, lines.dim(0).extent() - 1)]
    layer = layers[hl.clamp(z, 0, layers.dim(0).extent() - 1)]
    bordered, total, out = (hl.Func(f) for f in ("bordered", "total", "out"))
    length, padded = source.dim(2).extent(), columns.dim(0).extent()
    inner = hl.RDom([(0, length)])
    ends = [hl.RDom([(0, before)]), hl.RDom([(before + length, padded - before - length)])]

    def cell(column: hl.Expr) -> hl.Expr:
        at = [hl.clamp(v, 0, source.dim(i).extent() - 1) for i, v in enumerate((column, line, layer), start=2)]
        inside = (line >= 0) & (layer >= 0) & (column >= 0)
        return hl.select(inside, source[c, block, *at, n], hl.cast(number, outside))

    bordered[c, block, x, y, z, n] = hl.undef(number)
    bordered[c, block, inner.x + before, y, z, n] = cell(hl.unsafe_promise_clamped(inner.x, 0, length - 1))
    for end in ends:
        bordered[c, block, end.x, y, z, n] = cell(columns[end.x])
    planes = [(0, weights.dim(d).extent()) for d in (3, 4)]
    width = weights.dim(2).extent()
    runs = hl.RDom([(0, taps), (0, 1 if whole and taps > 1 else width / taps), *planes])
    rest = hl.RDom([(0, width % taps), *planes])

    steps = (hl.Expr(step) if step else strides[0], *strides[1:])
    spread = (hl.Expr(1) if step else dilations[0], *dilations[1:])

    def product(column: hl.Expr, row: hl.Expr, plane: hl.Expr) -> hl.Expr:
        taken = zip(steps, (x, y, z), spread, (column, row, plane), strict=True)
        window = [stride * cell + dilation * tap for stride, cell, dilation, tap in taken]
        return weights[c, block, column, row, plane] * bordered[c, block, *window, n]

    total[c, block, x, y, z, n] = bias[c, block]
    total[c, block, x, y, z, n] += product(runs.x + taps * runs.y, runs.z, runs.w)
    if not whole:
        total[c, block, x, y, z, n] += product(width / taps * taps + rest.x, rest.y, rest.z)
    result = total[c, block, x, y, z, n]
    out[c, block, x, y, z, n] = hl.select((relu != 0) & (result < 0), hl.cast(number, 0), result)

    # schedule: a task is some rows of some blocks of channels; in it, block by block, a register tile at a time
    task, strip, group, tile = (hl.Var(v) for v in ("task", "strip", "group", "tile"))
    guard = hl.TailStrategy.GuardWithIf
    (
        out.bound(c, 0, panel)
        .split(y, strip, y, task_rows, guard)
        .split(block, group, block, task_blocks, guard)
        .split(x, tile, x, pixels, guard)
        .reorder(c, x, tile, y, block, group, strip, z, n)
        .vectorize(c, lanes)
        .unroll(c)
        .unroll(x)
        .fuse(group, strip, task)
        .fuse(task, z, task)
        .fuse(task, n, task)
        .parallel(task)
    )
    out.never_partition_all()
    bordered.compute_at(out, task).store_in(hl.MemoryType.Heap).bound_extent(c, panel)
    bordered.reorder_storage(c, x, y, block, z, n)
    for i, column in enumerate((inner.x, *(end.x for end in ends))):
        bordered.update(i).reorder(c, block, column, y, z, n).vectorize(c, lanes).unroll(c)
    total.compute_at(out, tile).bound_extent(c, panel).bound_extent(x, pixels)
    total.vectorize(c, lanes).unroll(c).unroll(x)
    main = total.update().reorder(c, x, runs.x, runs.y, runs.z, runs.w, y)
    main.vectorize(c, lanes).unroll(c).unroll(x).unroll(runs.x)
    if not whole:
        total.update(1).reorder(c, x, rest.x, rest.y, rest.z, y).vectorize(c, lanes).unroll(c).unroll(x)
    # what compiled code may take for granted; it checks its arguments against this
    for buffer, dims in ((source, 6), (bias, 2), (weights, 5), (out.output_buffer(), 6)):
        for d in range(dims):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_bounds(0, panel).set_stride(1)
    scalars = [*strides, *dilations, before, task_rows, task_blocks, relu, outside]
    return out, [source, weights, bias, *tables, *scalars]
