"""
Minimal filtering of the gradient with respect to the weights: there the weights are the tile.

    sums = Σ_tiles (G dy Gᵀ) ⊙ (Bᵀ x B),   dw = Aᵀ sums A

A block of tiles of both arrays is transformed, then multiplied as one matrix product for each point, summed over
tiles. Where all sums stay in a core's own cache, threads take shares of the tiles, each with sums of its own; else
they share the work on each block. Blocks are added one after the other, and so are shares on the way back, so that
the result does not depend on the number of threads.
"""

from collections.abc import Callable
from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.indices import clamped, promised
from convolens.pipelines.toom_cook import Transform, toom_cook
from convolens.pipelines.winograd import linear

lane, c, e, g, i, j, k, n, p, t, x, y = (hl.Var(name) for name in ("lane", *"cegijknptxy"))

CHANNELS = 16  # of the result that a task of the way back has, so that whole lines of memory are written


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
    −1 for the constant and beyond; output (K, C, kernel height, kernel width). The last panel of kernels reaches
    back to overlap the one before. Then scalars: tiles across, tiles down, tiles a block, blocks a share of the
    tiles, shares, and vectors of channels; the border's constant.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    vertical, horizontal = toom_cook(kernel_height, tile_height), toom_cook(kernel_width, tile_width)
    panel, points = lanes * vectors, vertical.size * horizontal.size
    source, gradient = hl.ImageParam(number, 4, "source"), hl.ImageParam(number, 4, "gradient")
    tables = borders.tables("xy")
    names = "across down block blocks shares channel_vectors"
    scalars = [hl.Param(hl.Int(32), name) for name in names.split()]
    across, down, block, blocks, shares, channel_vectors = scalars
    outside = hl.Param(hl.Float(64), "outside")
    total, sums = hl.Func("total"), hl.Func("sums")

    # algorithm; block s of share g, panel k of the kernels
    channels, kernels = channel_vectors * lanes, gradient.dim(0).extent()
    panels = (kernels - 1) / panel + 1
    s, r = hl.RDom([(0, blocks)]), hl.RDom([(0, block)])

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
        """Transform tile t of block n for the channels ``at`` (c, k); beyond the last tile they are zero."""
        half, whole = hl.Func(f"{name}_half"), hl.Func(name)
        nth = (g * blocks + n) * block + t
        line = nth / across
        corner = tile_width * (nth % across), tile_height * (line % down), line / down
        half[c, k, i, y, t, n, g] = linear(
            matrices[1], i, number, lambda a: read(at, corner[0] + a, corner[1] + y, corner[2])
        )
        whole[c, k, i, j, t, n, g] = linear(matrices[0], j, number, lambda a: half[c, k, i, a, t, n, g])
        return half, whole

    member = promised(hl.min(k * panel, kernels - panel) + c, kernels)
    matrices = (vertical.data, horizontal.data), (vertical.kernel, horizontal.kernel)
    data_half, data = transformed("data", promised(c, channels), image, matrices[0])
    grad_half, grads = transformed("grads", member, grad, matrices[1])
    total[lane, e, p, k, n, g] = hl.cast(number, 0)
    row, place = promised(p / horizontal.size, vertical.size), p % horizontal.size
    # columns beyond the last channel are read from where nothing was written, and their sums from nowhere
    shown = data[promised(e, channels), 0, place, row, r.x, n, g]
    total[lane, e, p, k, n, g] += grads[promised(lane, panel), k, place, row, r.x, n, g] * shown
    sums[lane, e, p, k, g] = hl.cast(number, 0)
    sums[lane, e, p, k, g] += total[lane, e, p, k, s.x, g]
    (whole, half, back), out = _way_back(sums, (vertical, horizontal), channels, kernels, shares, panel)

    # schedule
    extent = (channels + columns - 1) / columns * columns
    tile, vector, task = hl.Var("tile"), hl.Var("vector"), hl.Var("task")
    sums.compute_root().bound(lane, 0, panel).bound(e, 0, extent).bound(p, 0, points)
    sums.bound(k, 0, panels).bound(g, 0, shares).vectorize(lane, lanes).fuse(p, k, task).fuse(task, g, task)
    sums.parallel(task)
    summed = sums.update()
    summed.split(e, tile, e, columns, hl.TailStrategy.RoundUp)
    # a point's panels one after the other, while its channels are in cache
    summed.reorder(lane, e, tile, k, p, s.x, g).fuse(k, p, task).parallel(task).parallel(g)
    summed.vectorize(lane, lanes).unroll(lane).unroll(e)
    total.compute_at(sums, tile).bound_extent(lane, panel).bound_extent(e, columns)
    total.vectorize(lane, lanes).unroll(lane).unroll(e)
    total.update().reorder(lane, e, r.x).vectorize(lane, lanes).unroll(lane).unroll(e)
    for partial, transform, size in ((data_half, data, channels), (grad_half, grads, panel)):
        transform.compute_at(sums, s.x).hoist_storage(sums, g).store_in(hl.MemoryType.Heap)
        transform.bound(c, 0, size).bound(i, 0, horizontal.size).bound(j, 0, vertical.size)
        transform.reorder_storage(c, t, k, i, j).split(c, vector, c, lanes)
        transform.reorder(c, i, j, vector, k, t).vectorize(c).unroll(i).unroll(j).parallel(t)
        partial.compute_at(transform, vector).vectorize(c, lanes).unroll(i).unroll(y)
    grads.bound(k, 0, panels)
    spare = -(-columns // lanes) * lanes  # room for columns beyond; and pixels crowd fewer sets of the cache
    data.bound_storage(c, channels + spare)
    group, inner, guard = hl.Var("group"), hl.Var("inner"), hl.TailStrategy.GuardWithIf
    out.split(c, group, c, CHANNELS, guard).split(k, inner, k, panel, guard)
    out.reorder(x, y, c, k, group, inner).unroll(x).unroll(y).fuse(group, inner, task).parallel(task)
    back.compute_at(out, task).bound(lane, 0, panel).split(lane, vector, lane, lanes).reorder(
        lane, x, y, vector, c
    )
    back.vectorize(lane).unroll(x).unroll(y)
    for func in (whole, half):
        func.compute_at(back, vector).vectorize(lane, lanes)
    half.unroll(x).unroll(j)
    whole.update().vectorize(lane, lanes)
    for stage in (sums, summed, total.update(), data, grads, out, back):
        stage.never_partition_all()
    for buffer in (source, gradient, *tables, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
    out.output_buffer().dim(0).set_bounds(0, kernel_width)
    out.output_buffer().dim(1).set_bounds(0, kernel_height)
    return out, [source, gradient, *tables, *scalars, outside]


def _way_back(
    sums: hl.Func,
    transforms: tuple[Transform, Transform],
    channels: hl.Expr,
    kernels: hl.Expr,
    shares: hl.Expr,
    panel: int,
) -> tuple[tuple[hl.Func, ...], hl.Func]:
    """Add up the shares of the tiles, and transform back; from panels of kernels to kernels."""
    vertical, horizontal = transforms
    number = sums.type()
    whole, half, back, out = (hl.Func(name) for name in ("whole", "half", "back", "out"))
    share = hl.RDom([(0, shares)])
    whole[lane, p, c, k] = hl.cast(number, 0)
    whole[lane, p, c, k] += sums[lane, promised(c, channels), p, k, share.x]
    half[lane, x, j, c, k] = linear(
        horizontal.output, x, number, lambda a: whole[lane, a + horizontal.size * j, c, k]
    )
    back[lane, x, y, c, k] = linear(vertical.output, y, number, lambda a: half[lane, x, a, c, k])
    nth = k / panel
    first = hl.min(nth * panel, kernels - panel)
    out[x, y, c, k] = back[promised(k - first, panel), x, y, c, nth]
    return (whole, half, back), out
