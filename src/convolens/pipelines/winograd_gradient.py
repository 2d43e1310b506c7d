"""
Minimal filtering of the gradient with respect to the weights: there the weights are the tile.

    sums = Σ_tiles (G dy Gᵀ) ⊙ (Bᵀ x B),   dw = Aᵀ sums A

A block of tiles of both arrays is transformed, then multiplied as one matrix product for each point, summed over
tiles. Blocks are added one after the other, so that the result does not depend on the number of threads. The way
back, once for all tiles, is left to the caller.
"""

from collections.abc import Callable
from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.indices import clamped, promised
from convolens.pipelines.toom_cook import toom_cook
from convolens.pipelines.winograd import linear

lane, c, b, e, i, j, k, n, q, t, x, y = (hl.Var(name) for name in ("lane", *"cbeijknqtxy"))


def build(
    dtype: str,
    lanes: int,
    vectors: int,
    columns: int,
    tile_height: int,
    kernel_height: int,
    tile_width: int,
    kernel_width: int,
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors, columns : int
        The register tile: ``vectors`` vectors of ``lanes`` kernels by ``columns`` channels.
    tile_height, kernel_height, tile_width, kernel_width : int
        Tiles of the output's gradient, and kernels; F(kernel, tile) along each axis.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, H, W, C), C whole vectors; gradient (N, H', W', K), K at least
    a panel; channels are contiguous in both; for x and y the source cell of every padded cell that a tile meets,
    −1 for the constant and beyond; output (tasks, E, vectors × lanes), E a multiple of ``columns``. A task is one
    (part of the channels, panel, row and column of the transform), each part of E channels; the last panel
    reaches back to overlap the one before. Then scalars: tiles across, tiles down, tiles in all, tiles a block,
    and the border's constant.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    vertical, horizontal = toom_cook(kernel_height, tile_height), toom_cook(kernel_width, tile_width)
    panel, points = lanes * vectors, vertical.size * horizontal.size
    source, gradient = hl.ImageParam(number, 4, "source"), hl.ImageParam(number, 4, "gradient")
    tables = borders.tables("xy")
    scalars = [hl.Param(hl.Int(32), name) for name in ("across", "down", "tiles", "block")]
    across, down, tiles, block = scalars
    outside = hl.Param(hl.Float(64), "outside")
    total, out = hl.Func("total"), hl.Func("out")

    # algorithm
    out[lane, e, q] = hl.cast(number, 0)
    channels, kernels = source.dim(0).extent(), gradient.dim(0).extent()
    panels, extent = (kernels - 1) / panel + 1, out.output_buffer().dim(1).extent()

    def image(at: hl.Expr, x: hl.Expr, y: hl.Expr, n: hl.Expr) -> hl.Expr:
        cells = [borders.cell_at(table, v) for table, v in zip(tables, (x, y), strict=True)]
        inside = (cells[0] >= 0) & (cells[1] >= 0) & (n < source.dim(3).extent())
        cell = source[at, *(clamped(v, source.dim(d)) for d, v in enumerate((*cells, n), start=1))]
        return hl.select(inside, cell, hl.cast(number, outside))

    def grad(at: hl.Expr, x: hl.Expr, y: hl.Expr, n: hl.Expr) -> hl.Expr:
        inside = (x < gradient.dim(1).extent()) & (y < gradient.dim(2).extent()) & (n < gradient.dim(3).extent())
        cell = gradient[at, *(clamped(v, gradient.dim(d)) for d, v in enumerate((x, y, n), start=1))]
        return hl.select(inside, cell, hl.cast(number, 0))

    def transformed(name: str, at: hl.Expr, read: Callable[..., hl.Expr], matrices: Any) -> tuple[hl.Func, ...]:
        """Transform tile t of block n for the channels ``at`` (c, b); beyond the last tile they are zero."""
        half, whole = hl.Func(f"{name}_half"), hl.Func(name)
        nth = n * block + t
        line = nth / across
        corner = tile_width * (nth % across), tile_height * (line % down), line / down
        half[c, b, i, y, t, n] = linear(
            matrices[1], i, number, lambda a: read(at, corner[0] + a, corner[1] + y, corner[2])
        )
        whole[c, b, i, j, t, n] = linear(matrices[0], j, number, lambda a: half[c, b, i, a, t, n])
        return half, whole

    channel = promised(b * lanes + c, channels)
    member = promised(hl.min(b * panel, kernels - panel) + c, kernels)
    data_half, data = transformed("data", channel, image, (vertical.data, horizontal.data))
    grad_half, grads = transformed("grads", member, grad, (vertical.kernel, horizontal.kernel))
    point, nth = q % points, q / points % panels
    column = hl.min(q / (points * panels) * extent + e, channels - 1)
    r = hl.RDom([(0, block)])
    total[lane, e, q, n] = hl.cast(number, 0)
    row, place = promised(point / horizontal.size, vertical.size), point % horizontal.size
    grad_cell = grads[lane, promised(nth, panels), place, row, r.x, n]
    total[lane, e, q, n] += grad_cell * data[column % lanes, column / lanes, place, row, r.x, n]
    s = hl.RDom([(0, (tiles - 1) / block + 1)])
    out[lane, e, q] += total[lane, e, q, s.x]

    # schedule
    tile = hl.Var("tile")
    out.bound(lane, 0, panel).vectorize(lane, lanes)
    summed = out.update()
    summed.split(e, tile, e, columns, hl.TailStrategy.RoundUp)
    summed.reorder(lane, e, tile, q, s.x).parallel(q)
    summed.vectorize(lane, lanes).unroll(lane).unroll(e)
    total.compute_at(out, tile).bound_extent(lane, panel).bound_extent(e, columns)
    total.vectorize(lane, lanes).unroll(lane).unroll(e)
    total.update().reorder(lane, e, r.x).vectorize(lane, lanes).unroll(lane).unroll(e)
    for half, whole, width in ((data_half, data, lanes), (grad_half, grads, panel)):
        vector = hl.Var("vector")
        whole.compute_at(out, s.x).store_root().fold_storage(n, 1).bound(c, 0, width).reorder_storage(
            c, t, b, i, j
        ).split(c, vector, c, lanes)
        whole.bound(i, 0, horizontal.size).bound(j, 0, vertical.size)
        whole.reorder(c, i, j, vector, b, t).vectorize(c).unroll(i).unroll(j).parallel(t)
        half.compute_at(whole, vector).vectorize(c, lanes).unroll(i).unroll(y)
    data.bound(b, 0, channels / lanes)
    grads.bound(b, 0, panels)
    for stage in (out, summed, total.update(), data, grads):
        stage.never_partition_all()
    for buffer in (source, gradient, *tables, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
    out.output_buffer().dim(0).set_bounds(0, panel)
    out.output_buffer().dim(1).set_stride(panel)
    return out, [source, gradient, *tables, *scalars, outside]
