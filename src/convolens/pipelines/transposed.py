"""
Transposed convolution of any kernel size, stride and dilation, with the phases of rows and columns side by side.

One pipeline for all shapes. A block of the image goes to a scratch array in cache, channels innermost, with zeros
around it, and serves all phases. From there a tile of pixels by kernels of one phase is summed in registers: each
step broadcasts one channel of each pixel against a few vectors of weights. Where channels are not innermost in the
result, the phases of a row are interleaved, and turned four pixels at a time.
"""

from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.epilogue import finish
from convolens.pipelines.indices import clamped, within

FOUR = 4  # pixels that are turned at once


def build(
    dtype: str, lanes: int, vectors: int, pixels: int, step: int, single: bool, bare: bool, activation: str
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors, pixels : int
        The register tile: ``vectors`` vectors of ``lanes`` kernels by ``pixels`` output cells of one phase.
    step : int
        The stride along rows where cells of a row are contiguous in input and output; 0 where channels are.
    single : bool
        Whether each channel has kernels of its own, one of them; else each kernel sums over all channels.
    bare : bool
        Whether no window reaches beyond the image, which is then read where it lies.
    activation : str
        See :func:`~convolens.pipelines.epilogue.finish`.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, D, H, W, C); weights (phases down, phases across, panels, kd,
    kh, kw, C, vectors × lanes), taps in the order of the image, kernels filled up to whole panels; bias (panels,
    vectors × lanes); for x and y the cell where each phase's first window begins; output (N, D, H, phases down,
    W, phases across, K), or (N, D, H, phases down, W × step, K) where cells of a row are contiguous. Then scalars:
    from tap to tap (x, y, z); where the first window begins along z; the least and the largest entry of the
    tables, x before y; tiles, rows and panels a task; slope and ceiling of the activation.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    panel = lanes * vectors
    lane, c, x, y, z, n, down, across, block = (
        hl.Var(v) for v in ("lane", "c", "x", "y", "z", "n", "down", "across", "block")
    )
    source, weights = hl.ImageParam(number, 5, "source"), hl.ImageParam(number, 8, "weights")
    bias = hl.ImageParam(number, 2, "bias")
    tables = borders.tables("xy")
    spacing = [hl.Param(hl.Int(32), f"spacing_{axis}") for axis in "xyz"]
    first_z, task_tiles, task_rows, task_panels = (
        hl.Param(hl.Int(32), name) for name in ("first_z", "task_tiles", "task_rows", "task_panels")
    )
    limits = [[hl.Param(hl.Int(32), f"{end}_{axis}") for end in ("least", "most")] for axis in "xy"]
    slope, ceiling = hl.Param(hl.Float(64), "slope"), hl.Param(hl.Float(64), "ceiling")

    # algorithm
    bordered, total = hl.Func("bordered"), hl.Func("total")
    at = [clamped(v, source.dim(i)) for i, v in enumerate((x, y, z), start=1)]
    inside = (at[0] == x) & (at[1] == y) & (at[2] == z)
    found = source[c, *at, n]
    bordered[c, x, y, z, n] = found if bare else hl.select(inside, found, hl.cast(number, 0))
    r = hl.RDom([(0, weights.dim(d).extent()) for d in range(1, 5)])  # channel, kernel column, row, plane
    firsts = [hl.clamp(t[v], *ends) for t, v, ends in zip(tables, (across, down), limits, strict=True)]
    cells = zip((x, y, z), (*firsts, first_z), spacing, (r.y, r.z, r.w), strict=True)
    window = [cell + first + d * tap for cell, first, d, tap in cells]
    total[lane, x, block, across, down, y, z, n] = bias[lane, block]
    # A panel that reaches beyond the channels reads on in the scratch, where there is room, what nobody looks at.
    own = within(block * panel + lane, source.dim(0))
    channel = own if single else r.x
    total[lane, x, block, across, down, y, z, n] += (
        weights[lane, r.x, r.y, r.z, r.w, block, across, down] * bordered[channel, *window, n]
    )

    # What is summed in registers goes to the stack as it is: unrolled, the rest would be long.
    sums, out = hl.Func("sums"), hl.Func("out")
    # schedule: a task is a block of pixels, in all phases, by some panels; in it, a register tile at a time
    task, tile, strip, stripe, group, wide, far, j = (
        hl.Var(v) for v in ("task", "tile", "strip", "stripe", "group", "wide", "far", "j")
    )
    guard = hl.TailStrategy.GuardWithIf
    # fmt: off
    at_cell = (down, y, z, n)
    sums[c, across, x, *at_cell] = total[c % panel, x, c / panel, across, *at_cell]
    if step:
        quads, cell = hl.Func("quads"), FOUR * far + j
        interleaved = hl.Expr(sums[c, cell % step, cell / step, *at_cell])
        quads[j, c, far, *at_cell] = finish(interleaved, activation, slope, ceiling)
        out[c, x, *at_cell] = quads[x % FOUR, c, x / FOUR, *at_cell]
    else:
        out[c, across, x, *at_cell] = finish(hl.Expr(sums[c, across, x, *at_cell]), activation, slope, ceiling)
    (out.split(c, block, c, panel, guard).split(block, group, block, task_panels, guard)
        .split(x, tile, x, pixels * (step or 1), guard).split(tile, stripe, tile, task_tiles, guard)
        .split(y, strip, y, task_rows, guard))
    if step:  # registers hold neighbouring channels, memory neighbouring pixels: turn them in cache
        out.reorder(x, c, tile, block, down, y, stripe, strip, group, z, n).vectorize(x, FOUR, guard)
        quads.compute_at(out, tile).reorder(j, c, far).unroll(j).vectorize(c, lanes)
        quads.bound_extent(c, panel).bound_extent(far, pixels * step // FOUR)
        sums.compute_at(out, tile).bound_extent(across, step)
        bordered.split(x, strip, x, lanes, guard).split(c, far, c, 8, guard).reorder(c, x, far, strip, y, z, n)
    else:
        out.reorder(c, x, block, across, tile, down, y, stripe, strip, group, z, n)
        out.split(c, wide, c, lanes, hl.TailStrategy.PredicateStores).unroll(wide).vectorize(c)
        sums.compute_at(out, block).bound_extent(across, 1)
        if not bare:
            bordered.vectorize(c, lanes, guard)
    out.fuse(stripe, strip, task).fuse(task, group, task).fuse(task, z, task).fuse(task, n, task).parallel(task)
    out.never_partition_all()
    if not bare:
        bordered.bound(c, 0, source.dim(0).extent() if single else weights.dim(1).extent())
        bordered.compute_at(out, task).store_in(hl.MemoryType.Heap).align_storage(c, panel if single else 1)
    sums.bound_extent(c, panel).bound_extent(x, pixels).reorder(c, x, across)
    sums.vectorize(c, lanes).unroll(c).unroll(x)
    total.compute_at(sums, across).bound_extent(x, pixels).bound_extent(lane, panel).bound_extent(block, 1)
    total.vectorize(lane, lanes).unroll(lane).unroll(x)
    total.update().reorder(lane, x, r.x, r.y, r.z, r.w, block).vectorize(lane, lanes).unroll(lane).unroll(x)
    # fmt: on
    # what compiled code may take for granted; it checks its arguments against this
    for buffer in (source, out.output_buffer()):
        buffer.dim(0).set_stride(hl.Expr() if step else 1)
        buffer.dim(1).set_stride(1 if step else hl.Expr())
    buffers = (
        (source, 5),
        (weights, 8),
        (bias, 2),
        *((t, 1) for t in tables),
        (out.output_buffer(), 6 if step else 7),
    )
    for buffer, dims in buffers:
        for d in range(dims):
            buffer.dim(d).set_min(0)
    weights.dim(0).set_bounds(0, panel).set_stride(1)
    weights.dim(1).set_stride(panel)
    bias.dim(0).set_bounds(0, panel)
    whole_numbers = [*spacing, first_z, *limits[0], *limits[1], task_tiles, task_rows, task_panels]
    return out, [source, weights, bias, *tables, *whole_numbers, slope, ceiling]
