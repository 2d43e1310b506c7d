"""
Direct cross-correlation of any kernel size, stride and dilation, in up to three dimensions, channels first.

One pipeline for all shapes. The image is read through index tables, which put a border (or none) around it; a
block of it goes to a scratch array in cache, channels innermost. From there a tile of pixels by kernels is summed
in registers: each step broadcasts one channel of each pixel against a few vectors of weights. On the way out a few
tiles are turned, four pixels at a time.
"""

from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.indices import clamped

FOUR = 4  # pixels that are turned at once
SPAN_TILES = 4  # register tiles that are turned together where channels are not innermost


def build(
    dtype: str, lanes: int, vectors: int, pixels: int, single: bool, parted: bool
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors, pixels : int
        The register tile: ``vectors`` vectors of ``lanes`` kernels by ``pixels`` output cells.
    single : bool
        Whether there is one channel; then vectors of the scratch run along columns.
    parted : bool
        Whether each kernel row is summed for itself, so that the roundings of long sums stay few.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, D, H, W, C); weights (panels, kd, kh, kw, C, vectors ×
    lanes), the kernels filled up with zeros to whole panels; bias, added last (panels, vectors × lanes); for
    x, y and z the source cell of every padded cell, −1 for the constant; output (N, D, H W, K). Then scalars:
    output width, strides and dilations (each x, y, z), pixels and panels a task; for x, what to subtract from
    a padded cell for its source cell, and the padded cells, from the first to before the last, for which that
    holds; the border's constant, 1 / width, and whether negative results become 0.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    panel, turn = lanes * vectors, SPAN_TILES * pixels
    lane, block, c, p, x, y, z, n, j, far = (
        hl.Var(v) for v in ("lane", "block", "c", "p", "x", "y", "z", "n", "j", "far")
    )
    source, weights = hl.ImageParam(number, 5, "source"), hl.ImageParam(number, 6, "weights")
    bias = hl.ImageParam(number, 2, "bias")
    tables = borders.tables()
    strides = [hl.Param(hl.Int(32), f"stride_{axis}") for axis in "xyz"]
    dilations = [hl.Param(hl.Int(32), f"dilation_{axis}") for axis in "xyz"]
    width, task_pixels, task_panels, relu = (
        hl.Param(hl.Int(32), name) for name in ("width", "task_pixels", "task_panels", "relu")
    )
    shift, first, last = (hl.Param(hl.Int(32), name) for name in ("shift", "first", "last"))
    outside, rows_per_pixel = (hl.Param(hl.Float(64), name) for name in ("outside", "rows_per_pixel"))

    # algorithm
    cells = [borders.cell_at(table, v) for table, v in zip(tables, (x, y, z), strict=True)]
    at = [clamped(cell, source.dim(i)) for i, cell in enumerate(cells, start=1)]
    straight = clamped(hl.likely(x - shift), source.dim(1))
    in_line = hl.likely((x >= first) & (x < last))
    inside = (in_line | (cells[0] >= 0)) & (cells[1] >= 0) & (cells[2] >= 0)
    found = hl.select(in_line, source[c, straight, *at[1:], n], source[c, *at, n])
    bordered, total, result, quads, out = (hl.Func(f) for f in ("bordered", "total", "result", "quads", "out"))
    bordered[c, x, y, z, n] = hl.select(inside, found, hl.cast(number, outside))
    r = hl.RDom([(0, weights.dim(d).extent()) for d in range(1, 5)])  # channel, kernel column, row, plane
    row = hl.cast(hl.Int(32), (hl.cast(hl.Float(64), p) + 0.5) * rows_per_pixel)  # a division takes longer
    starts = (hl.clamp(p - row * width, 0, width - 1), row, z)
    window = [s * o + d * k for s, o, d, k in zip(strides, starts, dilations, (r.y, r.z, r.w), strict=True)]
    total[lane, p, block, z, n] = hl.cast(number, 0)
    total[lane, p, block, z, n] += weights[lane, r.x, r.y, r.z, r.w, block] * bordered[r.x, *window, n]
    lowest = hl.select(relu != 0, hl.cast(number, 0), number.min())
    result[c, p, z, n] = total[c % panel, p, c / panel, z, n] + bias[c % panel, c / panel]
    quads[j, c, far, z, n] = result[c, FOUR * far + j, z, n]
    sums = quads[p % FOUR, c, p / FOUR, z, n]
    out[c, p, z, n] = hl.select(hl.strict_float(sums < lowest), lowest, sums)

    # fmt: off
    # schedule: a task is a run of pixels by some panels of kernels; in it, a register tile at a time
    task, strip, group, span = (hl.Var(v) for v in ("task", "strip", "group", "span"))
    tile, wide, near = (hl.Var(v) for v in ("tile", "wide", "near"))
    guard = hl.TailStrategy.GuardWithIf
    out.split(p, strip, p, (task_pixels + turn - 1) / turn * turn, guard)  # no span is cut short but the last
    out.split(c, block, c, panel, guard).split(block, group, block, task_panels, guard)
    # registers hold neighbouring channels, memory neighbouring pixels: turn a span of tiles in cache
    out.split(p, span, p, turn, guard).reorder(p, c, span, block, strip, group, z, n).vectorize(p, FOUR, guard)
    quads.compute_at(out, span).reorder(j, c, far).unroll(j).vectorize(c, lanes)
    quads.bound_extent(c, panel)
    tiled = result.compute_at(out, span).split(p, tile, p, pixels).reorder(c, p, tile)
    result.bound_extent(c, panel)
    bordered.split(x, near, x, lanes, guard)
    if single:
        bordered.reorder(x, c, near, y, z, n).vectorize(x)
    else:
        bordered.split(c, far, c, 8, guard).reorder(c, x, far, near, y, z, n)
    tiled.unroll(p).split(c, wide, c, lanes, hl.TailStrategy.PredicateStores).unroll(wide).vectorize(c)
    out.fuse(strip, group, task).fuse(task, z, task).fuse(task, n, task).parallel(task)
    out.never_partition_all()  # a comparison a tile costs less than twice the time to compile
    bordered.bound(c, 0, weights.dim(1).extent())
    bordered.compute_at(out, task).store_in(hl.MemoryType.Heap)
    total.compute_at(tiled, tile).bound_extent(p, pixels).bound_extent(lane, panel).bound_extent(block, 1)
    total.vectorize(lane, lanes).unroll(lane).unroll(p)
    summed = total.update()
    if parted:
        part = summed.rfactor([(r.z, hl.Var("kernel_row")), (r.w, hl.Var("kernel_plane"))])
        part.compute_at(total, r.z).bound_extent(p, pixels).bound_extent(lane, panel)
        for stage in (part, part.update().reorder(lane, p, r.x, r.y), summed.reorder(lane, p, r.z, r.w, block)):
            stage.vectorize(lane, lanes).unroll(lane).unroll(p).never_partition_all()
    else:
        summed.reorder(lane, p, r.x, r.y, r.z, r.w, block).vectorize(lane, lanes).unroll(lane).unroll(p)
    # fmt: on
    # what compiled code may take for granted; it checks its arguments against this
    for buffer in (source, out.output_buffer()):
        buffer.dim(0).set_stride(hl.Expr())
        buffer.dim(1).set_stride(1)
    for d in range(6):
        weights.dim(d).set_min(0)
    for buffer, dims in ((source, 5), (bias, 2), (out.output_buffer(), 4)):
        for d in range(dims):
            buffer.dim(d).set_min(0)
    if single:
        weights.dim(1).set_extent(1)
    weights.dim(0).set_bounds(0, panel).set_stride(1)
    weights.dim(1).set_stride(panel)
    bias.dim(0).set_bounds(0, panel)
    whole_numbers = [width, *strides, *dilations, task_pixels, task_panels, shift, first, last]
    return out, [source, weights, bias, *tables, *whole_numbers, outside, rows_per_pixel, relu]
