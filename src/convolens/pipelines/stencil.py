"""
Cross-correlation of single channels, cells of a row innermost: images of one channel, or each with its own kernel.

One pipeline for all sizes, strides and dilations in up to three dimensions. A task fills a scratch array in cache
with some rows of a channel and their border. From there a tile of rows by vectors along them is summed in
registers; the taps of a kernel column are unrolled, so that a vector of the image that was loaded once serves all
rows of the tile whose windows hold it.
"""

from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.epilogue import finish
from convolens.pipelines.indices import within


def build(
    dtype: str,
    lanes: int,
    vectors: int,
    rows: int,
    taps: int,
    whole: bool,
    step: int,
    pitch: int,
    run: int,
    activation: str,
    residual: bool,
) -> tuple[hl.Func, list[Any]]:
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
        Whether a kernel column is one such run, with nothing left over.
    step : int
        The stride along rows and columns, where kernels are not dilated along columns; 0 if any are to do.
    pitch : int
        Cells from row to row in the scratch, so that offsets are known to the compiler; 0 for rows of any length.
    run : int
        Cells of a row that are copied together; no row of the image has fewer.
    activation : str
        What follows the sums, as :func:`finish` knows it.
    residual : bool
        Whether an array like the output is added before.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, C, D, H, W); weights (K, kd, kh, kw), where K is a multiple of
    C; bias (K,); for x, y and z the source cell of every padded cell, −1 for the constant; the residual, if any;
    output (N, K, D, H, W). Then scalars: strides and dilations (each x, y, z), cells of border before a row, how
    many of them on either side are not the constant, kernels a channel, rows and kernels a task, the border's
    constant, ``slope`` and ``ceiling`` of the activation.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    axes = x, y, z, k, n = [hl.Var(v) for v in "xyzkn"]
    source, weights = hl.ImageParam(number, 5, "source"), hl.ImageParam(number, 4, "weights")
    bias, added = hl.ImageParam(number, 1, "bias"), hl.ImageParam(number, 5, "residual")
    tables = borders.tables()
    strides = [hl.Param(hl.Int(32), f"stride_{axis}") for axis in "xyz"]
    dilations = [hl.Param(hl.Int(32), f"dilation_{axis}") for axis in "xyz"]
    before, left, right, multiplier, task_rows, task_kernels = whole_numbers = [
        hl.Param(hl.Int(32), name)
        for name in ("before", "left", "right", "multiplier", "task_rows", "task_kernels")
    ]
    outside, slope, ceiling = (hl.Param(hl.Float(64), name) for name in ("outside", "slope", "ceiling"))

    bordered = _bordered(source, tables, (before, left, right), multiplier, outside, axes, run)
    width, height, depth = (weights.dim(d).extent() for d in range(3))
    runs = hl.RDom([(0, taps), (0, 1 if whole else height / taps), (0, width), (0, depth)])
    rest = hl.RDom([(0, height % taps), (0, width), (0, depth)])
    steps = (hl.Expr(step), hl.Expr(step), strides[2]) if step else strides
    spread = (dilations[0], hl.Expr(1) if step else dilations[1], dilations[2])

    def product(*tap: hl.Expr) -> hl.Expr:
        cells = [s * cell + d * t for s, cell, d, t in zip(steps, (x, y, z), spread, tap, strict=True)]
        return weights[*tap, k] * bordered[*cells, k, n]

    total, out = hl.Func("total"), hl.Func("out")
    total[axes] = bias[k]
    total[axes] += product(runs.z, runs.x + taps * runs.y, runs.w)
    if not whole:
        total[axes] += product(rest.y, height / taps * taps + rest.x, rest.z)
    result = hl.Expr(total[axes])
    if residual:
        result += added[axes]
    out[axes] = finish(result, activation, slope, ceiling)

    # a task is some rows of some channels; in it, channel by channel, a register tile at a time
    task, strip, group, tile, band, wide = (hl.Var(v) for v in ("task", "strip", "group", "tile", "band", "wide"))
    guard, predicate = hl.TailStrategy.GuardWithIf, hl.TailStrategy.Predicate
    (
        out.split(y, strip, y, task_rows, guard)
        .split(y, band, y, rows, guard)
        .split(k, group, k, task_kernels, guard)
        .split(x, tile, x, lanes * vectors, predicate)
        .split(x, wide, x, lanes, predicate)
        .reorder(x, wide, y, tile, band, k, strip, group, z, n)
        .vectorize(x)
        .unroll(wide)
        .unroll(y)
        .fuse(strip, group, task)
        .fuse(task, z, task)
        .fuse(task, n, task)
        .parallel(task)
        .never_partition_all()
    )
    bordered.compute_at(out, k).hoist_storage(out, task).store_in(hl.MemoryType.Heap).vectorize(x, lanes)
    if pitch:
        bordered.bound_storage(x, pitch)
    total.compute_at(out, tile).bound_extent(x, lanes * vectors).bound_extent(y, rows).never_partition_all()
    total.vectorize(x, lanes).unroll(x).unroll(y)
    main = total.update().reorder(x, y, runs.x, runs.y, runs.z, runs.w)
    main.vectorize(x, lanes).unroll(x).unroll(y).unroll(runs.x)
    if not whole:
        over = total.update(1).reorder(x, y, rest.x, rest.y, rest.z)
        over.vectorize(x, lanes).unroll(x).unroll(y)
    # what compiled code may take for granted; it checks its arguments against this
    for buffer, dims in ((source, 5), (weights, 4), (bias, 1), (added, 5), (out.output_buffer(), 5)):
        for d in range(dims):
            buffer.dim(d).set_min(0)
    source.dim(0).set_stride(hl.Expr())
    arrays = [source, weights, bias, *tables, *([added] if residual else [])]
    return out, [*arrays, *strides, *dilations, *whole_numbers, outside, slope, ceiling]


def _bordered(
    source: hl.ImageParam,
    tables: list[hl.ImageParam],
    pads: tuple[hl.Param, hl.Param, hl.Param],
    multiplier: hl.Param,
    outside: hl.Param,
    axes: list[hl.Var],
    run: int,
) -> hl.Func:
    """Lay rows of the image over the constant, and beside them, cell by cell, what of a border is not constant."""
    _, y, z, k, n = axes
    before, left, right = pads
    length = source.dim(0).extent()
    columns, *others = tables
    line, layer = (borders.cell_at(table, v) for table, v in zip(others, (y, z), strict=True))
    bordered = hl.Func("bordered")
    bordered[axes] = hl.cast(source.type(), outside)

    def lay(domain: hl.RDom, at: hl.Expr, column: hl.Expr) -> None:
        domain.where((line >= 0) & (layer >= 0))
        cell = [within(v, source.dim(d)) for d, v in enumerate((column, line, layer))]
        bordered[at, y, z, k, n] = source[*cell, k / multiplier, n]

    row = hl.RDom([(0, run), (0, (length + run - 1) / run)])
    column = hl.min(run * row.y, length - run) + row.x
    lay(row, before + column, column)
    for i, (start, cells) in enumerate(((before - left, left), (before + length, right)), start=1):
        end = hl.RDom([(0, cells)])
        end.where(columns[start + end.x] >= 0)
        lay(end, start + end.x, columns[start + end.x])
        bordered.update(i).reorder(end.x, y, z)
    inner = bordered.update(0).reorder(row.x, row.y, y, z).allow_race_conditions().vectorize(row.x)
    inner.specialize(source.dim(0).stride() == 1)
    return bordered
