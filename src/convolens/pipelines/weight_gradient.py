"""
Gradient of a cross-correlation with respect to its weights: for each kernel cell, a sum over all pixels.

    dw[k, c, t] = Σ_pixels dy[k, pixel] x[c, stride pixel + dilation t]

One pipeline for all sizes, strides, dilations and borders. A chunk of the image, with its border, and of the
output's gradient go to scratch arrays, channels innermost. From there a tile of kernels by columns (kernel column
× channel) is summed in registers over a block of pixels. Blocks are added one after the other, so that the result
does not depend on the number of threads.
"""

from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.indices import clamped, promised

lane, c, b, e, x, y, z, k, q, i, j = (hl.Var(name) for name in ("lane", *"cbexyzkqij"))


def build(
    dtype: str, lanes: int, vectors: int, columns: int, few: bool, channels_last: bool
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors, columns : int
        The register tile: ``vectors`` vectors of ``lanes`` kernels by ``columns`` columns.
    few : bool
        Whether there are fewer kernels than a vector holds, of which there is one then.
    channels_last : bool
        Whether channels are contiguous in both arrays.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (planes of all images, H, W, C); gradient (planes of all its
    images, H', W', K), K at least a panel unless there are few; for x and y the source cell of every padded cell
    that a block meets, for z the source plane of each (gradient plane, kernel plane), −1 for the constant and
    beyond; output (tasks, E, vectors × lanes), E a multiple of ``columns``. A task is one (part of the columns,
    panel, kernel plane, kernel row), each part of E columns, in the order of kernel column and channel; the last
    panel reaches back to overlap the one before. Then scalars: strides and dilations of x and y, the kernel's size
    in x, y and z, the channels that lie together in the scratch (a vector's, or all), width and height of a block
    of pixels, blocks across and down and planes in a chunk, the border's constant, and 1 / C.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    panel = lanes * vectors
    source, gradient = hl.ImageParam(number, 4, "source"), hl.ImageParam(number, 4, "gradient")
    tables = borders.tables()
    names = "stride_x stride_y dilation_x dilation_y taps_x taps_y taps_z line width height across down planes"
    scalars = [hl.Param(hl.Int(32), name) for name in names.split()]
    strides, dilations, (taps_x, taps_y, taps_z, line), (width, height), chunk = (
        scalars[a:b] for a, b in ((0, 2), (2, 4), (4, 8), (8, 10), (10, 13))
    )
    outside, taps_per_column = hl.Param(hl.Float(64), "outside"), hl.Param(hl.Float(64), "taps_per_column")
    bordered, packed, total, out = (hl.Func(name) for name in ("bordered", "packed", "total", "out"))

    # algorithm
    out[lane, e, q] = hl.cast(number, 0)
    extent = out.output_buffer().dim(1).extent()
    channels, kernels = source.dim(0).extent(), gradient.dim(0).extent()
    extents = [gradient.dim(d).extent() for d in range(1, 4)]
    cells = [borders.cell_at(table, at) for table, at in zip(tables, (x, y, z), strict=True)]
    inside = (cells[0] >= 0) & (cells[1] >= 0) & (cells[2] >= 0)
    channel = promised(b * line + c, channels)
    cell = source[channel, *(clamped(at, source.dim(d)) for d, at in enumerate(cells, start=1))]
    bordered[c, b, x, y, z] = hl.select(inside, cell, hl.cast(number, outside))
    member = hl.min(lane, kernels - 1) if few else promised(hl.min(k * panel, kernels - panel) + lane, kernels)
    there = (x < extents[0]) & (y < extents[1])
    there = there & (lane < kernels) if few else there
    pixel = [clamped(at, gradient.dim(d)) for d, at in enumerate((x, y, z), start=1)]
    packed[lane, x, y, z, k] = hl.select(there, gradient[member, *pixel], hl.cast(number, 0))
    panels = (kernels - 1) / panel + 1
    row, plane, nth = q % taps_y, q / taps_y % taps_z, q / (taps_y * taps_z) % panels
    column = q / (taps_y * taps_z * panels) * extent + e
    tap = hl.cast(hl.Int(32), (hl.cast(hl.Float(64), column) + 0.5) * taps_per_column)  # a division takes longer
    rest = column - tap * channels
    far = hl.select(line == channels, 0, promised(rest / lanes, channels / line))
    r = hl.RDom([(0, width), (0, height)])
    at = i * width + r.x, j * height + r.y
    shown = bordered[
        promised(rest - lanes * far, line),
        far,
        at[0] * strides[0] + hl.clamp(tap, 0, taps_x - 1) * dilations[0],
        at[1] * strides[1] + promised(row, taps_y) * dilations[1],
        z * taps_z + promised(plane, taps_z),
    ]
    total[lane, e, q, i, j, z] = hl.cast(number, 0)
    total[lane, e, q, i, j, z] += packed[lane, *at, z, promised(nth, panels)] * shown
    counts = _parts(extents[0], width), _parts(extents[1], height), extents[2]
    s = hl.RDom([(0, n) for n in chunk] + [(0, _parts(n, size)) for n, size in zip(counts, chunk, strict=True)])
    block = [s[axis] + s[axis + 3] * chunk[axis] for axis in range(3)]
    for axis in range(3):
        s.where(block[axis] < counts[axis])
    out[lane, e, q] += total[lane, e, q, *block]

    # schedule
    tile, task, vector = (hl.Var(name) for name in ("tile", "task", "vector"))
    guard = hl.TailStrategy.GuardWithIf
    out.bound(lane, 0, panel).vectorize(lane, lanes)
    summed = out.update()
    summed.split(e, tile, e, columns, hl.TailStrategy.RoundUp)
    summed.reorder(lane, e, tile, s[0], s[1], s[2], q, s[3], s[4], s[5]).parallel(q)
    summed.vectorize(lane, lanes).unroll(lane).unroll(e)
    total.compute_at(out, tile).bound_extent(lane, panel).bound_extent(e, columns)
    total.vectorize(lane, lanes).unroll(lane).unroll(e)
    total.update().reorder(lane, e, r.x, r.y).vectorize(lane, lanes).unroll(lane).unroll(e)
    packed.compute_at(out, s[3]).bound_extent(lane, panel)
    bordered.compute_at(out, s[3]).bound(c, 0, line).bound(b, 0, channels / line).reorder_storage(c, x, y, z, b)
    if channels_last:
        packed.vectorize(lane, lanes)
        bordered.vectorize(c, lanes, guard)
    else:
        packed.split(x, vector, x, lanes, guard).split(lane, task, lane, min(8, panel)).reorder(lane, x, task)
        bordered.split(x, vector, x, lanes, guard).reorder(c, x, vector)
    packed.fuse(y, z, task).fuse(task, k, task).parallel(task)
    bordered.fuse(y, z, task).parallel(task)
    for stage in (out, summed, total.update(), bordered, packed):
        stage.never_partition_all()
    for buffer in (source, gradient, *tables, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
    for buffer in (source, gradient):
        buffer.dim(0).set_stride(1 if channels_last else hl.Expr())
        buffer.dim(1).set_stride(hl.Expr() if channels_last else 1)
    out.output_buffer().dim(0).set_bounds(0, panel)
    out.output_buffer().dim(1).set_stride(panel)
    return out, [source, gradient, *tables, *scalars, outside, taps_per_column]


def _parts(extent: hl.Expr, size: hl.Expr) -> hl.Expr:
    return (extent - 1) / size + 1
