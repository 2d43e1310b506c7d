"""
Gradient of a cross-correlation of few channels with respect to its weights, as first layers have it.

    dw[k, c, t] = Σ_pixels dy[k, pixel] x[c, stride pixel + dilation t]

All channels and cells of some kernel rows are summed together in registers, for a vector of kernels or more, while
a band of rows goes by: each vector of the gradient that comes in serves them all. Bands are added one after the
other, then shares of them, so that the result does not depend on the number of threads.
"""

from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.indices import clamped, promised, within

lane, c, i, j, p, b, k, g, x, y = (hl.Var(name) for name in ("lane", *"cijpbkgxy"))


def build(
    dtype: str, lanes: int, vectors: int, channels: int, columns: int, rows: int
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors : int
        ``vectors`` vectors of ``lanes`` kernels are summed together.
    channels, columns, rows : int
        Of the image; of the kernel; and how many of the kernel's rows are summed together, which it has at least.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, H, W × C); gradient (N, H', W', K), K at least vectors × lanes,
    contiguous in both; for x and y the source cell of every padded cell, −1 for the constant; output (K, C, kh,
    kw). Then scalars: strides and dilations (each x, y); rows of the kernel; cells of border before
    a row; rows of a band, bands of a plane, bands a share, and shares; the border's constant.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    panel = lanes * vectors
    source, gradient = hl.ImageParam(number, 3, "source"), hl.ImageParam(number, 4, "gradient")
    tables = borders.tables("xy")
    names = "stride_x stride_y dilation_x dilation_y taps before height bands per_share shares"
    scalars = [hl.Param(hl.Int(32), name) for name in names.split()]
    strides, dilations, (taps, before, height, bands, per_share, shares) = scalars[:2], scalars[2:4], scalars[4:]
    outside = hl.Param(hl.Float(64), "outside")
    bordered, total, sums, whole, out = map(hl.Func, ("bordered", "total", "sums", "whole", "out"))

    # algorithm; band k of share g, kernels b, and part p of the kernel's rows
    kernels, width, most_height = (gradient.dim(d).extent() for d in range(3))
    panels, parts = (kernels - 1) / panel + 1, (taps - 1) / rows + 1
    nth = g * per_share + k
    band, image = nth % bands, nth / bands
    line = borders.cell_at(tables[1], band * height * strides[1] + y)

    def numbers(cell: hl.Expr, at: hl.Expr) -> hl.Expr:
        shown = source[clamped(at, source.dim(0)), clamped(line, source.dim(1)), clamped(image, source.dim(2))]
        return hl.select((cell >= 0) & (line >= 0), shown, hl.cast(number, outside))

    # between the ends of a row, which are looked up, numbers lie as they were
    inside = x - before * channels
    cell = borders.cell_at(tables[0], x / channels)
    between = (inside >= 0) & (inside < source.dim(0).extent())
    beside = hl.likely(numbers(hl.Expr(0), inside))
    bordered[x, y, k, g] = hl.select(between, beside, numbers(cell, cell * channels + x % channels))
    member = promised(hl.min(b * panel, kernels - panel) + lane, kernels)
    row = promised(hl.min(p * rows, taps - rows), taps) + j
    r, s = hl.RDom([(0, width), (0, height)]), hl.RDom([(0, parts), (0, panels), (0, per_share)])
    r.where((band * height + r.y < most_height) & (image < gradient.dim(3).extent()))
    flowing = gradient[member, r.x, promised(band * height + r.y, most_height), within(image, gradient.dim(3))]
    column = (r.x * strides[0] + i * dilations[0]) * channels + c
    met = bordered[column, r.y * strides[1] + row * dilations[1], k, g]
    total[lane, c, i, j, p, b, k, g] = hl.cast(number, 0)
    total[lane, c, i, j, p, b, k, g] += flowing * met
    sums[lane, c, i, j, p, b, g] = hl.cast(number, 0)
    sums[lane, c, i, j, s.x, s.y, g] += total[lane, c, i, j, s.x, s.y, s.z, g]
    share = hl.RDom([(0, shares)])
    whole[lane, c, i, j, p, b] = hl.cast(number, 0)
    whole[lane, c, i, j, p, b] += sums[lane, c, i, j, p, b, share.x]
    of_panel, of_part = lane / panel, y / rows
    place = lane - hl.min(of_panel * panel, kernels - panel), y - hl.min(of_part * rows, taps - rows)
    out[x, y, c, lane] = whole[promised(place[0], panel), c, x, promised(place[1], rows), of_part, of_panel]

    # schedule
    for func in (sums, whole):
        func.compute_root().bound(lane, 0, panel).bound(c, 0, channels).bound(i, 0, columns).bound(j, 0, rows)
        func.bound(p, 0, parts).bound(b, 0, panels).vectorize(lane, lanes)
    sums.bound(g, 0, shares).parallel(g)
    summed = sums.update().reorder(lane, c, i, j, s.x, s.y, s.z, g).parallel(g)
    summed.vectorize(lane, lanes).unroll(lane).unroll(c).unroll(i).unroll(j)
    whole.update().reorder(lane, c, i, j, p, share.x, b).vectorize(lane, lanes)
    total.compute_at(sums, s.x).bound_extent(lane, panel).bound_extent(c, channels)
    total.bound_extent(i, columns).bound_extent(j, rows)
    main = total.update().reorder(lane, c, i, j, r.x, r.y)
    for stage in (total, main):
        stage.vectorize(lane, lanes).unroll(lane).unroll(c).unroll(i).unroll(j)
    bordered.compute_at(sums, s.z).hoist_storage(sums, g).store_in(hl.MemoryType.Heap)
    bordered.vectorize(x, lanes)
    out.output_buffer().dim(0).set_extent(columns)
    for stage in (sums, summed, total, main, whole, out):
        stage.never_partition_all()
    for buffer in (source, gradient, *tables, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
    for buffer in (source, gradient):
        buffer.dim(0).set_stride(1)
    return out, [source, gradient, *tables, *scalars, outside]
