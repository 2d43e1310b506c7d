"""
Direct cross-correlation where channels are innermost: a matrix product of windows and kernels.

One pipeline for all sizes, strides and dilations in up to three dimensions. A tile of pixels by kernels is summed
in registers: each step broadcasts one number of each pixel's window against a few vectors of weights. A window is
made of runs of neighbouring numbers: the channels of a pixel, or of a whole kernel row. Where windows stay in the
image they are read where they are; else a block of it, with its border, goes through a scratch array in cache.
"""

from dataclasses import dataclass
from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.epilogue import finish
from convolens.pipelines.indices import promised, within


@dataclass(frozen=True)
class Loops:
    """The variables of the loops, and the numbers of their tiles."""

    lanes: int
    vectors: int
    pixels: int
    lane, pixel, tile, block, chunk = (hl.Var(name) for name in ("lane", "pixel", "tile", "block", "chunk"))
    c, p, e, y, z, n = (hl.Var(name) for name in ("c", "p", "e", "y", "z", "n"))

    @property
    def panel(self) -> int:
        """Kernels that are summed together."""
        return self.lanes * self.vectors


def build(
    dtype: str,
    lanes: int,
    vectors: int,
    pixels: int,
    merged: bool,
    bordered: bool,
    shared: bool,
    chunked: bool,
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
        The register tile: ``vectors`` vectors of ``lanes`` kernels by ``pixels`` output cells.
    merged : bool
        Whether tiles go on from row to row; a row of output is then a whole plane.
    bordered : bool
        Whether windows reach beyond the image.
    shared : bool
        Whether the image is then set into its border once for all tasks, rather than some rows of it for each.
    chunked : bool
        Whether sums are taken in several chunks, which are then added up.
    activation : str
        What follows the sums; see :func:`~convolens.pipelines.epilogue.finish`.
    residual : bool
        Whether an array is added before the activation.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, D, H, W C); weights (panels, chunks, kd, kh, runs of a kernel
    row, numbers of a run, vectors × lanes), the kernels filled up with zeros to whole panels; bias (panels,
    vectors × lanes); if bordered, for x, y and z the image cell of every padded cell, −1 for the constant;
    residual, if any, as output; output (N, D, H, W, K), or (N, D, 1, H W, K) if merged. Then scalars: channels;
    W and 1 / W of the output; cells of a row; from one output cell to the next, numbers along x, rows and planes;
    from one run or kernel cell to the next likewise; cells of border before a row, and the border's constant;
    tiles, rows and panels a task; slope and ceiling.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    loops = Loops(lanes, vectors, pixels)
    source, weights = hl.ImageParam(number, 4, "source"), hl.ImageParam(number, 7, "weights")
    bias, added = hl.ImageParam(number, 2, "bias"), hl.ImageParam(number, 5, "residual")
    tables = borders.tables() if bordered else []
    channels, width, cells, before = (
        hl.Param(hl.Int(32), name) for name in ("channels", "width", "cells", "before")
    )
    steps = [hl.Param(hl.Int(32), f"step_{axis}") for axis in "xyz"]
    spreads = [hl.Param(hl.Int(32), f"spread_{axis}") for axis in "xyz"]
    sizes = [hl.Param(hl.Int(32), f"task_{name}") for name in ("tiles", "rows", "panels")]
    rows_per_pixel, outside, slope, ceiling = (
        hl.Param(hl.Float(64), name) for name in ("rows_per_pixel", "outside", "slope", "ceiling")
    )

    # algorithm
    c, p, place, panel = loops.c, loops.p, (loops.y, loops.z, loops.n), loops.panel
    out = hl.Func("out")
    image, copied = _bordered(loops, source, tables, channels, before, outside) if tables else (source, [])
    length = tables[0].dim(0).extent() * channels if tables else source.dim(0).extent()
    x, y = hl.min(loops.tile * pixels + loops.pixel, cells - 1), loops.y
    if merged:
        y = hl.cast(hl.Int(32), (hl.cast(hl.Float(64), x) + 0.5) * rows_per_pixel)  # a division takes longer
        x -= y * width
    origin = [step * start for step, start in zip(steps, (x, y, loops.z), strict=True)]
    part, terms = _part(loops, weights, image, length, origin, spreads)
    total, chunks = _total(loops, weights, part) if chunked else (None, None)
    at = (c % panel, p % pixels, p / pixels, c / panel)
    result = (total[*at, *place] if total else part[*at, 0, *place]) + bias[c % panel, c / panel]
    out[c, p, *place] = finish(result + added[c, p, *place] if residual else result, activation, slope, ceiling)

    # schedule
    task = _schedule_output(loops, out, *sizes)
    if tables:
        _schedule_bordered(loops, image, copied, out, None if shared else task)
    if total:
        _schedule_total(loops, total, chunks, out)
    _schedule_part(loops, part, terms, total or out)

    # what compiled code may take for granted; it checks its arguments against this
    buffers = [source, weights, bias, *([added] if residual else []), out.output_buffer()]
    for buffer in buffers:
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    weights.dim(0).set_extent(panel)
    weights.dim(1).set_stride(panel)
    bias.dim(0).set_extent(panel)
    numbers = [channels, width, rows_per_pixel, cells, *steps, *spreads, before, outside]
    return out, [*buffers[:3], *tables, *buffers[3:-1], *numbers, *sizes, slope, ceiling]


def _bordered(
    loops: Loops,
    source: hl.ImageParam,
    tables: list[hl.ImageParam],
    channels: hl.Expr,
    before: hl.Expr,
    outside: hl.Expr,
) -> tuple[hl.Func, list[hl.RVar]]:
    """Put the border around rows: the image's own numbers in one run, then the cells on either side of it."""
    e, y, z, n = loops.e, loops.y, loops.z, loops.n
    columns, lines, layers = tables
    line, in_lines = borders.look_up(lines, y, source.dim(1).extent())
    layer, in_layers = borders.look_up(layers, z, source.dim(2).extent())
    constant = hl.cast(source.type(), outside)
    length = source.dim(0).extent()
    whole = hl.RDom([(0, length)])
    bordered = hl.Func("bordered")
    bordered[e, y, z, n] = hl.undef(source.type())
    bordered[whole.x + before * channels, y, z, n] = hl.select(
        in_lines & in_layers, source[whole.x, line, layer, n], constant
    )
    size = length / channels
    ends = hl.RDom([(0, channels), (0, columns.dim(0).extent() - size)])
    place = hl.select(ends.y < before, ends.y, ends.y + size)
    column, in_columns = borders.look_up(columns, place, size)
    shown = hl.clamp(column * channels + ends.x, 0, length - 1)
    bordered[place * channels + ends.x, y, z, n] = hl.select(
        in_columns & in_lines & in_layers, source[shown, line, layer, n], constant
    )
    return bordered, [whole.x, ends.x]


def _part(
    loops: Loops,
    weights: hl.ImageParam,
    image: hl.ImageParam | hl.Func,
    length: hl.Expr,
    origin: list[hl.Expr],
    spreads: list[hl.Expr],
) -> tuple[hl.Func, hl.RDom]:
    """Sum the products of a chunk of terms."""
    at = (loops.lane, loops.pixel, loops.tile, loops.block, loops.chunk, loops.y, loops.z, loops.n)
    terms = hl.RDom([(0, weights.dim(d).extent()) for d in range(1, 5)])  # number, run, row, plane
    taps = (terms.y, terms.z, terms.w)
    x, *above = [start + spread * tap for start, spread, tap in zip(origin, spreads, taps, strict=True)]
    x += loops.chunk * weights.dim(1).extent() + terms.x
    if isinstance(image, hl.ImageParam):
        above = [within(v, image.dim(d)) for d, v in enumerate(above, start=1)]
    part = hl.Func("part")
    part[*at] = hl.cast(weights.type(), 0)
    part[*at] += (
        weights[loops.lane, terms.x, terms.y, terms.z, terms.w, loops.chunk, loops.block]
        * image[promised(x, length), *above, loops.n]
    )
    return part, terms


def _total(loops: Loops, weights: hl.ImageParam, part: hl.Func) -> tuple[hl.Func, hl.RDom]:
    """Add up the chunks: long sums lose less to rounding, and a chunk's weights stay in cache for many tiles."""
    at = (loops.lane, loops.pixel, loops.tile, loops.block)
    chunks = hl.RDom([(0, weights.dim(5).extent())])
    total = hl.Func("total")
    place = (loops.y, loops.z, loops.n)
    total[*at, *place] = hl.cast(weights.type(), 0)
    total[*at, *place] += part[*at, chunks.x, *place]
    return total, chunks


def _schedule_output(loops: Loops, out: hl.Func, tiles: hl.Expr, rows: hl.Expr, panels: hl.Expr) -> hl.Var:
    """Make a task of some tiles of some rows, by some panels; in it, go by panels, then rows, then tiles."""
    task, strip, band, group, wide = (hl.Var(name) for name in ("task", "strip", "band", "group", "wide"))
    c, p, y, tile, block, guard = loops.c, loops.p, loops.y, loops.tile, loops.block, hl.TailStrategy.GuardWithIf
    out.split(p, tile, p, loops.pixels, guard).split(tile, strip, tile, tiles, guard).split(
        y, band, y, rows, guard
    )
    out.split(c, block, c, loops.panel, guard).split(block, group, block, panels, guard)
    out.reorder(c, p, tile, y, block, strip, band, group, loops.z, loops.n).unroll(p)
    out.split(c, wide, c, loops.lanes, hl.TailStrategy.PredicateStores).unroll(wide).vectorize(c)
    out.fuse(strip, band, task)
    for outer in (group, loops.z, loops.n):
        out.fuse(task, outer, task)
    out.parallel(task)
    out.never_partition_all()  # a comparison a tile costs less than twice the time to compile
    return task


def _schedule_bordered(
    loops: Loops, bordered: hl.Func, numbers: list[hl.RVar], out: hl.Func, task: hl.Var | None
) -> None:
    """Fill a scratch array for each task, or one for all."""
    placed = bordered.compute_at(out, task) if task else bordered.compute_root()
    placed.store_in(hl.MemoryType.Heap)
    for stage, number in enumerate(numbers):
        update = bordered.update(stage).allow_race_conditions()  # there are none: each cell is written once
        if not task:
            update.parallel(loops.y)
        update.vectorize(number, loops.lanes, hl.TailStrategy.GuardWithIf).never_partition_all()


def _schedule_total(loops: Loops, total: hl.Func, chunks: hl.RDom, out: hl.Func) -> None:
    """Keep the sums of a panel in cache while chunk by chunk of its weights goes over all tiles."""
    total.compute_at(out, loops.block).store_in(hl.MemoryType.Heap)
    total.bound(loops.pixel, 0, loops.pixels).bound_extent(loops.lane, loops.panel).bound_extent(loops.block, 1)
    total.update().reorder(loops.lane, loops.pixel, loops.tile, loops.y, chunks.x)
    for stage in (total, total.update()):
        stage.vectorize(loops.lane, loops.lanes).unroll(loops.lane).unroll(loops.pixel)
    total.never_partition_all()


def _schedule_part(loops: Loops, part: hl.Func, terms: hl.RDom, consumer: hl.Func) -> None:
    """Hold a tile in registers."""
    lane, pixel = loops.lane, loops.pixel
    part.compute_at(consumer, loops.tile)
    part.bound(pixel, 0, loops.pixels).bound_extent(lane, loops.panel)
    for variable in (loops.tile, loops.block, loops.chunk, loops.y):
        part.bound_extent(variable, 1)
    part.update().reorder(lane, pixel, terms.x, terms.y, terms.z, terms.w, loops.tile, loops.block, loops.y)
    for stage in (part, part.update()):
        stage.vectorize(lane, loops.lanes).unroll(lane).unroll(pixel)
