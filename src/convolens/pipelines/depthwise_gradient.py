"""
Gradient of a depthwise cross-correlation with respect to its weights: each channel's sums over all its pixels.

    dw[c, t] = Σ_pixels dy[c, pixel] x[c, stride pixel + dilation t]

One pipeline for all sizes, strides, dilations and borders in up to three dimensions. A task has a share of the
bands of rows of all images. Some channels of the image at a time, with their border, go to a scratch array,
channels innermost; from there the sums of some rows and columns of the kernel are held in registers over a whole
band. Bands are added one after the other, then the shares, so that the result does not depend on the number of
threads.
"""

from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.indices import clamped, promised, within

c, i, j, q, b, g, k, x, y, z = (hl.Var(name) for name in "cijqbgkxyz")


def build(dtype: str, lanes: int, vectors: int, taps: int, rows: int, step: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors : int
        ``vectors`` vectors of ``lanes`` channels are summed together.
    taps, rows : int
        Cells of a kernel row, and rows of the kernel, whose sums are held together.
    step : int
        The stride along rows, where kernels are not dilated along them; 0 if any stride and dilation are to do.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, D, H, W, C); gradient (N, D', H', W', C), C at least vectors ×
    lanes, contiguous in both; for x, y and z the source cell of every padded cell, −1 for the constant; output (C,
    kd, kh, kw). Then scalars: strides, dilations and the kernel's size (each x, y, z); cells of border before a
    row; rows of a band, bands of a plane, bands a share, and shares; the border's constant.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    panel = lanes * vectors
    source, gradient = hl.ImageParam(number, 5, "source"), hl.ImageParam(number, 5, "gradient")
    tables = borders.tables()
    names = [f"{name}_{axis}" for name in ("stride", "dilation", "kernel") for axis in "xyz"]
    scalars = [hl.Param(hl.Int(32), name) for name in (*names, "before", "height", "bands", "per_share", "shares")]
    strides, dilations, kernel = scalars[:3], scalars[3:6], scalars[6:9]
    before, height, bands, per_share, shares = scalars[9:]
    outside = hl.Param(hl.Float(64), "outside")
    bordered, total, sums, whole, out = map(hl.Func, ("bordered", "total", "sums", "whole", "out"))

    # algorithm; band k of share g, channels b, and group q of the kernel's cells: columns, rows, planes
    channels = source.dim(0).extent()
    width, most_height, depth = (gradient.dim(d).extent() for d in (1, 2, 3))
    groups = [(kernel[0] - 1) / taps + 1, (kernel[1] - 1) / rows + 1, kernel[2]]
    count = (channels - 1) / panel + 1
    nth = g * per_share + k
    band, plane, image = nth % bands, nth / bands % depth, nth / (bands * depth)
    channel = promised(hl.min(b * panel, channels - panel) + c, channels)
    padded = (x, band * height * strides[1] + y, plane * strides[2] + z * dilations[2])
    cells = [borders.cell_at(table, at) for table, at in zip(tables, padded, strict=True)]

    def cell(column: hl.Expr) -> hl.Expr:
        shown = (column >= 0) & (cells[1] >= 0) & (cells[2] >= 0)
        at = [clamped(v, source.dim(d)) for d, v in enumerate((column, cells[1], cells[2], image), start=1)]
        return hl.select(shown, source[channel, *at], hl.cast(number, outside))

    # between the ends of a row, which are looked up, cells lie as they were
    between = (x >= before) & (x < before + source.dim(1).extent())
    bordered[c, x, y, z, b, k, g] = hl.select(between, hl.likely(cell(x - before)), cell(cells[0]))
    steps = (hl.Expr(step) if step else strides[0], strides[1])
    spread = (hl.Expr(1) if step else dilations[0], dilations[1])
    column = promised(q % groups[0], groups[0]) * taps + i
    row = promised(q / groups[0] % groups[1], groups[1]) * rows + j
    r, s = hl.RDom([(0, width), (0, height)]), hl.RDom([(0, count), (0, per_share)])
    r.where((band * height + r.y < most_height) & (image < gradient.dim(4).extent()))
    line = promised(band * height + r.y, most_height)
    flowing = gradient[channel, r.x, line, plane, within(image, gradient.dim(4))]
    met = (r.x * steps[0] + column * spread[0], r.y * steps[1] + row * spread[1])
    total[c, i, j, q, b, k, g] = hl.cast(number, 0)
    total[c, i, j, q, b, k, g] += (
        flowing * bordered[c, *met, promised(q / (groups[0] * groups[1]), groups[2]), b, k, g]
    )
    sums[c, i, j, q, b, g] = hl.cast(number, 0)
    sums[c, i, j, q, s.x, g] += total[c, i, j, q, s.x, s.y, g]
    share = hl.RDom([(0, shares)])
    whole[c, i, j, q, b] = hl.cast(number, 0)
    whole[c, i, j, q, b] += sums[c, i, j, q, b, share.x]
    nth = c / panel
    group = (z * groups[1] + y / rows) * groups[0] + x / taps
    out[x, y, z, c] = whole[
        promised(c - hl.min(nth * panel, channels - panel), panel), x % taps, y % rows, group, nth
    ]

    # schedule
    for func in (sums, whole):
        func.compute_root().bound(c, 0, panel).bound(i, 0, taps).bound(j, 0, rows)
        func.bound(q, 0, groups[0] * groups[1] * groups[2]).bound(b, 0, count).vectorize(c, lanes)
    sums.bound(g, 0, shares).parallel(g)
    summed = sums.update().reorder(c, i, j, q, s.x, s.y, g).parallel(g)
    summed.vectorize(c, lanes).unroll(c).unroll(i).unroll(j)
    whole.update().reorder(c, i, j, q, share.x, b).vectorize(c, lanes)
    total.compute_at(sums, q).bound_extent(c, panel).bound_extent(i, taps).bound_extent(j, rows)
    total.vectorize(c, lanes).unroll(c).unroll(i).unroll(j)
    main = total.update().reorder(c, i, j, r.x, r.y)
    main.vectorize(c, lanes).unroll(c).unroll(i).unroll(j)
    bordered.compute_at(sums, s.x).hoist_storage(sums, g).store_in(hl.MemoryType.Heap).bound_extent(c, panel)
    bordered.vectorize(c, lanes).unroll(c)
    for stage in (sums, summed, total, main, whole, out):
        stage.never_partition_all()
    for buffer in (source, gradient, *tables, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
    for buffer in (source, gradient):
        buffer.dim(0).set_stride(1)
    return out, [source, gradient, *tables, *scalars, outside]
