"""
Cross-correlation of single channels, cells of a row innermost: images of one channel, or each with its own kernel.

One pipeline for all sizes, strides and dilations in up to three dimensions. A task fills a scratch array in cache
with some rows of a channel and their border. From there a tile of rows by vectors along them is summed in
registers; the taps of a kernel column are unrolled, so that a vector of the image that was loaded once serves all
rows of the tile whose windows hold it.
"""

from typing import Any

import halide as hl


def build(dtype: str, lanes: int, vectors: int, rows: int, taps: int, whole: bool) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors, rows : int
        The register tile: ``rows`` rows by ``vectors`` vectors of ``lanes`` output cells.
    taps : int
        Cells of a kernel column that are unrolled together.
    whole : bool
        Whether kernel columns are made of whole such runs, with nothing left over.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, C, D, H, W); weights (K, kd, kh, kw), where K is a multiple of
    C; bias (K,); for x, y and z the source cell of every padded cell, −1 for the constant; output (N, K, D, H, W).
    Then scalars: strides and dilations (each x, y, z), cells of border before a row, kernels a channel, rows and
    kernels a task, whether negative results become 0, the border's constant.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    x, y, z, k, n = (hl.Var(v) for v in ("x", "y", "z", "k", "n"))
    source, weights = hl.ImageParam(number, 5, "source"), hl.ImageParam(number, 4, "weights")
    bias = hl.ImageParam(number, 1, "bias")
    tables = [hl.ImageParam(hl.Int(32), 1, f"table_{axis}") for axis in "xyz"]
    strides = [hl.Param(hl.Int(32), f"stride_{axis}") for axis in "xyz"]
    dilations = [hl.Param(hl.Int(32), f"dilation_{axis}") for axis in "xyz"]
    before, multiplier, task_rows, task_kernels, relu = (
        hl.Param(hl.Int(32), name) for name in ("before", "multiplier", "task_rows", "task_kernels", "relu")
    )
    outside = hl.Param(hl.Float(64), "outside")

    # algorithm: the border of a row is put around what is copied as it is
    columns, lines, planes = tables
    line = lines[hl.clamp(y, 0, lines.dim(0).extent() - 1)]
    plane = planes[hl.clamp(z, 0, planes.dim(0).extent() - 1)]

    def cell(column: hl.Expr) -> hl.Expr:
        inside = (line >= 0) & (plane >= 0) & (column >= 0)
        at = [hl.clamp(cell, 0, source.dim(i).extent() - 1) for i, cell in enumerate((column, line, plane))]
        return hl.select(inside, source[*at, k / multiplier, n], hl.cast(number, outside))

    bordered, total, out = (hl.Func(f) for f in ("bordered", "total", "out"))
    length, padded = source.dim(0).extent(), columns.dim(0).extent()
    inner = hl.RDom([(0, length)])
    ends = [hl.RDom([(0, before)]), hl.RDom([(before + length, padded - before - length)])]
    bordered[x, y, z, k, n] = hl.undef(number)
    row = hl.unsafe_promise_clamped(inner.x, 0, length - 1)
    at = [hl.clamp(v, 0, source.dim(i).extent() - 1) for i, v in enumerate((line, plane), start=1)]
    bordered[inner.x + before, y, z, k, n] = hl.select(
        (line >= 0) & (plane >= 0), source[row, *at, k / multiplier, n], hl.cast(number, outside)
    )
    for end in ends:
        bordered[end.x, y, z, k, n] = cell(columns[end.x])
    height = weights.dim(1).extent()
    runs = hl.RDom(
        [
            (0, taps),
            (0, 1 if whole and taps > 1 else height / taps),
            (0, weights.dim(0).extent()),
            (0, weights.dim(2).extent()),
        ]
    )
    rest = hl.RDom([(0, height % taps), (0, weights.dim(0).extent()), (0, weights.dim(2).extent())])

    def product(*window: hl.Expr) -> hl.Expr:
        taken = zip(strides, (x, y, z), dilations, window, strict=True)
        cells = [stride * cell + dilation * tap for stride, cell, dilation, tap in taken]
        return weights[*window, k] * bordered[*cells, k, n]

    total[x, y, z, k, n] = bias[k]
    total[x, y, z, k, n] += product(runs.z, runs.x + taps * runs.y, runs.w)
    if not whole:
        total[x, y, z, k, n] += product(rest.y, height / taps * taps + rest.x, rest.z)
    result = total[x, y, z, k, n]
    out[x, y, z, k, n] = hl.select((relu != 0) & (result < 0), hl.cast(number, 0), result)

    # schedule: a task is some rows of some channels; in it, channel by channel, a register tile at a time
    task, strip, group, tile, band, wide = (hl.Var(v) for v in ("task", "strip", "group", "tile", "band", "wide"))
    guard = hl.TailStrategy.GuardWithIf
    (
        out.split(y, strip, y, task_rows, guard)
        .split(y, band, y, rows, guard)
        .split(k, group, k, task_kernels, guard)
        .split(x, tile, x, lanes * vectors, guard)
        .split(x, wide, x, lanes, guard)
        .reorder(x, wide, y, tile, band, k, strip, group, z, n)
        .vectorize(x)
        .unroll(wide)
        .unroll(y)
        .fuse(strip, group, task)
        .fuse(task, z, task)
        .fuse(task, n, task)
        .parallel(task)
    )
    out.never_partition_all()
    bordered.compute_at(out, k).store_in(hl.MemoryType.Heap)
    near, far = hl.RVar("near"), hl.RVar("far")
    (
        bordered.update(0)
        .allow_race_conditions()
        .split(inner.x, far, near, lanes, guard)
        .reorder(near, far, y, z)
        .vectorize(near)
        .specialize(source.dim(0).stride() == 1)
    )
    for i in range(len(ends)):
        bordered.update(1 + i).reorder(ends[i].x, y, z)
    total.compute_at(out, tile).bound_extent(x, lanes * vectors).bound_extent(y, rows)
    total.vectorize(x, lanes).unroll(x).unroll(y)
    main = total.update().reorder(x, y, runs.x, runs.y, runs.z, runs.w, z)
    main.vectorize(x, lanes).unroll(x).unroll(y).unroll(runs.x)
    main.specialize((strides[0] == 1) & (strides[1] == 1) & (dilations[1] == 1))
    main.specialize((strides[0] == 2) & (strides[1] == 2) & (dilations[1] == 1))
    if not whole:
        left = total.update(1).reorder(x, y, rest.x, rest.y, rest.z, z).vectorize(x, lanes).unroll(x).unroll(y)
        left.specialize((strides[0] == 1) & (strides[1] == 1))
    # what compiled code may take for granted; it checks its arguments against this
    for buffer, dims in ((source, 5), (bias, 1), (weights, 4), (out.output_buffer(), 5)):
        for d in range(dims):
            buffer.dim(d).set_min(0)
    for table in tables:
        table.dim(0).set_min(0)
    source.dim(0).set_stride(hl.Expr())
    weights.dim(0).set_stride(1)
    scalars = [*strides, *dilations, before, multiplier, task_rows, task_kernels, relu, outside]
    return out, [source, weights, bias, *tables, *scalars]
