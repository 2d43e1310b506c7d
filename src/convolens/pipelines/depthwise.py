"""
Depthwise cross-correlation, channels innermost: each channel of the image under a kernel of its own.

One pipeline for all sizes, strides and dilations in up to three dimensions. A task lays its part of the image,
with the border, into a scratch array in cache, some channels of a pixel side by side. From there a tile of pixels
by channels is summed in registers; the taps of a kernel row are unrolled, so that a vector of the image that was
loaded once serves all pixels whose windows hold it. Blocks of channels follow each other within a tile, so that
the output is written in the order of memory.
"""

from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.epilogue import finish
from convolens.pipelines.indices import clamped, within


def build(
    dtype: str,
    lanes: int,
    vectors: int,
    rows: int,
    pixels: int,
    taps: int,
    whole: bool,
    step: int,
    pitch: int,
    multiplier: int,
    apart: int,
    activation: str,
    residual: bool,
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors, rows, pixels : int
        The register tile: ``vectors`` vectors of ``lanes`` channels by ``rows`` × ``pixels`` output cells.
    taps : int
        Cells of a kernel row that are unrolled together.
    whole : bool
        Whether a kernel row is one such run, with nothing left over.
    step : int
        The stride along rows, where kernels are not dilated along them; 0 if any stride and dilation are to do.
    pitch : int
        Vectors from pixel to pixel in the scratch.
    multiplier : int
        Output channels that read the same source channel.
    apart : int
        Elements between neighbouring source channels.
    activation : str
        What follows the sums, as :func:`finish` knows it.
    residual : bool
        Whether an array like the output is added before.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, D, H, W, C) of at least vectors × lanes channels; weights
    (kd, kh, kw, C); bias (C,); for x, y and z the source cell of every padded cell, −1 for the constant; the
    residual, if any; output as source. Then scalars: strides and dilations (each x, y, z), cells of border before
    a row; what a task has of blocks of channels, at most ``pitch`` vectors, and of cells along x, y and
    z; the border's constant; ``slope`` and ``ceiling`` of the activation.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    panel = lanes * vectors
    axes = c, x, y, z, n = [hl.Var(v) for v in "cxyzn"]
    source, weights = hl.ImageParam(number, 5, "source"), hl.ImageParam(number, 4, "weights")
    bias, added = hl.ImageParam(number, 1, "bias"), hl.ImageParam(number, 5, "residual")
    tables = borders.tables()
    strides = [hl.Param(hl.Int(32), f"stride_{axis}") for axis in "xyz"]
    dilations = [hl.Param(hl.Int(32), f"dilation_{axis}") for axis in "xyz"]
    before = hl.Param(hl.Int(32), "before")
    task_sizes = [hl.Param(hl.Int(32), f"task_{axis}") for axis in ("blocks", "x", "y", "z")]
    outside, slope, ceiling = (hl.Param(hl.Float(64), f) for f in ("outside", "slope", "ceiling"))

    bordered = _bordered(source, tables, before, outside, axes, multiplier)
    width, height, depth = (weights.dim(d).extent() for d in (1, 2, 3))
    runs = hl.RDom([(0, taps), (0, 1 if whole else width / taps), (0, height), (0, depth)])
    rest = hl.RDom([(0, width % taps), (0, height), (0, depth)])
    steps = (hl.Expr(step) if step else strides[0], *strides[1:])
    spread = (hl.Expr(1) if step else dilations[0], *dilations[1:])

    def product(*tap: hl.Expr) -> hl.Expr:
        cells = [s * cell + d * t for s, cell, d, t in zip(steps, (x, y, z), spread, tap, strict=True)]
        return weights[c, *tap] * bordered[c, *cells, n]

    total, out = hl.Func("total"), hl.Func("out")
    total[axes] = bias[c]
    total[axes] += product(runs.x + taps * runs.y, runs.z, runs.w)
    if not whole:
        total[axes] += product(width / taps * taps + rest.x, rest.y, rest.z)
    result = hl.Expr(total[axes])
    if residual:
        result += added[axes]
    out[axes] = finish(result, activation, slope, ceiling)

    # a task is a box of cells of some blocks of channels; in it, a register tile at a time, block by block
    task, block, band, tile = (hl.Var(v) for v in ("task", "block", "band", "tile"))
    group, *boxes = (hl.Var(v) for v in ("group", "box_x", "box_y", "box_z"))
    guard = hl.TailStrategy.GuardWithIf
    tail = hl.TailStrategy.ShiftInwards if multiplier == 1 else hl.TailStrategy.RoundUp
    for axis, box, size in zip((x, y, z), boxes, task_sizes[1:], strict=True):
        out.split(axis, box, axis, size, guard)
    (
        out.split(y, band, y, rows, guard)
        .split(x, tile, x, pixels, guard)
        .split(c, block, c, panel, tail)
        .split(block, group, block, task_sizes[0], guard)
        .reorder(c, x, y, block, tile, band, z, group, *boxes, n)
        .vectorize(c, lanes)
        .unroll(c)
        .unroll(x)
        .unroll(y)
        .never_partition_all()
    )
    fused = group
    for axis in (*boxes, n):
        out.fuse(fused, axis, task)
        fused = task
    out.parallel(task)
    bordered.compute_at(out, task).store_in(hl.MemoryType.Heap).bound_storage(c, pitch * lanes)
    if multiplier == 1:
        bordered.vectorize(c, panel, tail)
    else:  # kernels of a group read the same channel, which goes to their lanes at once
        bordered.align_bounds(c, panel).vectorize(c, multiplier, tail)
    total.compute_at(out, block).never_partition_all()
    total.bound_extent(c, panel).bound_extent(x, pixels).bound_extent(y, rows)
    total.vectorize(c, lanes).unroll(c).unroll(x).unroll(y)
    main = total.update().reorder(c, x, runs.x, y, runs.y, runs.z, runs.w)
    main.vectorize(c, lanes).unroll(c).unroll(x).unroll(runs.x).unroll(y)
    if not whole:
        left = total.update(1).reorder(c, x, y, rest.x, rest.y, rest.z)
        left.vectorize(c, lanes).unroll(c).unroll(x).unroll(y)
    # what compiled code may take for granted; it checks its arguments against this
    for buffer, dims in ((source, 5), (weights, 4), (bias, 1), (added, 5), (out.output_buffer(), 5)):
        for d in range(dims):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(apart if buffer is source else 1)
    arrays = [source, weights, bias, *tables, *([added] if residual else [])]
    return out, [*arrays, *strides, *dilations, before, *task_sizes, outside, slope, ceiling]


def _bordered(
    source: hl.ImageParam,
    tables: list[hl.ImageParam],
    before: hl.Param,
    outside: hl.Param,
    axes: list[hl.Var],
    multiplier: int,
) -> hl.Func:
    """Put the border around the image; between the ends of a row, which are looked up, cells lie as they were."""
    c, x, y, z, n = axes
    looked_up = [hl.Func(name) for name in ("column", "line", "layer")]
    for found, table, axis in zip(looked_up, tables, (x, y, z), strict=True):
        found[axis] = borders.cell_at(table, axis)
    column, line, layer = (found[axis] for found, axis in zip(looked_up, (x, y, z), strict=True))
    length = source.dim(1).extent()
    channel = within(c / multiplier, source.dim(0))

    def cell(column: hl.Expr) -> hl.Expr:
        at = [clamped(v, source.dim(d)) for d, v in enumerate((column, line, layer), start=1)]
        shown = (line >= 0) & (layer >= 0) & (column >= 0)
        return hl.select(shown, source[channel, *at, n], hl.cast(source.type(), outside))

    bordered = hl.Func("bordered")
    between = (x >= before) & (x < before + length)
    bordered[axes] = hl.select(between, hl.likely(cell(x - before)), cell(column))
    for found, axis in zip(looked_up, (x, y, z), strict=True):
        found.compute_at(bordered, axis)  # so that nothing is looked up again for every channel
    return bordered
