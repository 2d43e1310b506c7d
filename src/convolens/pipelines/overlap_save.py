"""
Cross-correlation by FFT, a pair of tiles of the image at a time (overlap-save).

    out = F⁻¹ [ Σ_channels F(tile₁ + i tile₂) ⊙ kernel spectrum ]

Kernels are real, so that the real and the imaginary part of one complex transform carry a tile each. Columns are
transformed with vectors along rows; then blocks are transposed, so that rows are transformed with vectors along
columns. Frequencies keep the order that the radices leave them in; the kernels' spectra are laid out alike.

A signal is folded into rows: its transform is that of columns and of rows, with twiddle factors in between.

References
----------
D. H. Bailey, FFTs in external or hierarchical memory, 1990, doi:10.1007/BF00162341.
"""

from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.fourier import Complex, Source, Transform, cells, times
from convolens.pipelines.indices import clamped, promised

lane, group = hl.Var("lane"), hl.Var("group")
v, x, y, c, t, k, p = (hl.Var(name) for name in "vxyctkp")


def build(
    dtype: str, lanes: int, height: int, width: int, signal: bool, single: bool
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Numbers in a vector.
    height, width : int
        Of the transform, multiples of ``lanes``.
    signal : bool
        Whether a tile is a stretch of a signal, folded into rows.
    single : bool
        Whether kernels have one channel each.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, C, H, W); spectra of the kernels (K, C / groups, height /
    lanes, width, 2, lanes); twiddle factors of rows (2, width), of columns (2, height), of the fold (height, 2,
    width); for x and y the source cell of every padded cell, −1 for the constant; output (N, K, H, W). Then
    scalars: tiles across, down, and in all; outputs of a tile across and down; cells of border before a row;
    kernels a group, kernels a task, which divide those; the constant of the border.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    source, kernels = hl.ImageParam(number, 4, "source"), hl.ImageParam(number, 6, "kernels")
    row_factors, column_factors = (hl.ImageParam(number, 2, f"{axis}_factors") for axis in ("row", "column"))
    fold = hl.ImageParam(number, 3, "fold")
    tables = borders.tables("xy")
    names = "across down tiles valid_width valid_height before sharing task_kernels"
    scalars = {name: hl.Param(hl.Int(32), name) for name in names.split()}
    outside = hl.Param(hl.Float(64), "outside")

    # algorithm
    corner = _corners(scalars)
    bordered, loops = _bordered(
        source, tables, corner, scalars["before"], lanes, width, signal, hl.cast(number, outside)
    )

    def tile_pair(lane: Any, y: Any, v: Any, c: Any, p: Any) -> Complex:
        return hl.Expr(bordered[lane, y, v, c, 2 * p]), hl.Expr(bordered[lane, y, v, c, 2 * p + 1])

    def folded(lane: Any, y: Any, v: Any) -> Complex:
        return fold[lanes * v + lane, 0, y], fold[lanes * v + lane, 1, y]

    down = Transform("down", height, tile_pair, (lane, v, c, p), column_factors, after=folded if signal else None)
    turned = hl.Func("turned")
    turned[lane, x, group, c, p] = down.at(x % lanes, lanes * group + lane, x / lanes, c, p)
    across = Transform("across", width, cells(turned), (lane, group, c, p), row_factors)
    product, total, r = _product(across, kernels, scalars["sharing"], number, single)
    back_across = Transform("back_across", width, cells(product), (lane, group, k, p), row_factors, inverse=True)
    back = hl.Func("back")
    back[lane, y, v, k, p] = back_across.at(y % lanes, lanes * v + lane, y / lanes, k, p)

    def unfolded(lane: Any, y: Any, v: Any, k: Any, p: Any) -> Complex:
        real, imaginary = folded(lane, y, v)
        return times(cells(back)(lane, y, v, k, p), (real, -imaginary))

    back_down = Transform(
        "back_down", height, unfolded if signal else cells(back), (lane, v, k, p), column_factors, inverse=True
    )
    out, o = _scatter(back_down.at, corner, lanes, height, width, signal, number, scalars)

    # schedule
    written = out.update().allow_race_conditions()  # no two tiles share a cell
    task, block = hl.RVar("task"), hl.Var("block")
    written.fuse(o["block"], o["pair"], task).parallel(task)
    written.vectorize(o["lane"]).unroll(o["half"]).unroll(o["partly"])
    out.never_partition_all()
    corner.compute_at(out, task)
    back_down.compute_at(out, o["vector"], lanes)
    back.compute_at(out, o["vector"])
    back.split(y, block, y, lanes).reorder(y, lane, block).vectorize(y).unroll(lane, lanes)
    back_across.compute_at(out, o["member"], lanes, group)
    product.compute_at(back_across.result, group).vectorize(lane, lanes)
    if not single:
        product.split(x, block, x, 4).unroll(x)
        total.compute_at(product, block).vectorize(lane, lanes).unroll(x)
        total.update().reorder(lane, x, r.x).vectorize(lane, lanes).unroll(x)
    across.compute_at(out, task, lanes, group)
    turned.compute_at(across.result, group)
    turned.split(x, block, x, lanes).reorder(x, lane, block).vectorize(x).unroll(lane, lanes)
    down.compute_at(across.result, c, lanes, v)
    bordered.compute_at(down.result, v)
    for update, r in enumerate(loops):
        bordered.update(update).allow_race_conditions().vectorize(r.x).reorder(r.x, y, v, t)
    for buffer in (source, kernels, row_factors, column_factors, fold, *tables, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
    kernels.dim(0).set_bounds(0, lanes)
    kernels.dim(1).set_bounds(0, 2).set_stride(lanes)
    kernels.dim(2).set_bounds(0, width).set_stride(2 * lanes)
    kernels.dim(3).set_bounds(0, height // lanes).set_stride(2 * lanes * width)
    inputs = [source, kernels, row_factors, column_factors, fold, *tables]
    return out, [*inputs, *scalars.values(), outside]


def _corners(scalars: dict[str, hl.Param]) -> hl.Func:
    """Where tile t begins in its padded image, and in which image; an odd last one is paired with itself."""
    corner, tile = hl.Func("corner"), hl.min(t, scalars["tiles"] - 1)
    across, down = scalars["across"], scalars["down"]
    column, row = tile % across, tile / across % down
    image = tile / (across * down)
    corner[t] = hl.Tuple([scalars["valid_width"] * column, scalars["valid_height"] * row, image])
    return corner


def _bordered(
    source: hl.ImageParam, tables: list[hl.ImageParam], corner: hl.Func, before: hl.Expr, lanes: int, width: int,
    signal: bool, outside: hl.Expr,
) -> tuple[hl.Func, list[hl.RDom]]:  # fmt: skip
    """Read tile t with its border: vectors that lie inside the image as they are, others by table."""
    bordered = hl.Func("bordered")
    bordered[lane, y, v, c, t] = hl.undef(source.type())
    columns, lines = tables
    length = source.dim(0).extent()
    line = borders.cell_at(lines, (0 if signal else y) + corner[t][1])
    left = corner[t][0] + lanes * v + (width * y if signal else 0)
    batch = clamped(corner[t][2], source.dim(3))
    row = clamped(line, source.dim(1))
    loops = [hl.RDom([(0, lanes)]) for _ in range(2)]
    within = (left >= before) & (left + lanes <= before + length)
    for whole, r in zip((True, False), loops, strict=True):
        r.where(within if whole else ~within)
        if whole:
            inside, column = line >= 0, promised(left - before + r.x, length)
        else:
            column = borders.cell_at(columns, left + r.x)
            inside, column = (line >= 0) & (column >= 0), hl.clamp(column, 0, length - 1)
        bordered[r.x, y, v, c, t] = hl.select(inside, source[column, row, c, batch], outside)
    return bordered, loops


def _product(
    across: Transform, kernels: hl.ImageParam, sharing: hl.Expr, number: hl.Type, single: bool
) -> tuple[hl.Func, hl.Func, hl.RDom]:
    """Multiply spectra by those of kernel k, and sum over the channels of its group."""
    product, total = hl.Func("product"), hl.Func("total")
    members = kernels.dim(4).extent()
    first, r = k / sharing * members, hl.RDom([(0, members)])

    def term(channel: Any) -> Complex:
        kernel = kernels[lane, 0, x, group, channel, k], kernels[lane, 1, x, group, channel, k]
        return times(kernel, across.at(lane, x, group, first + channel, p))

    cell = lane, x, group, k, p
    total[cell] = hl.Tuple([hl.cast(number, 0)] * 2)
    total[cell] = hl.Tuple([total[cell][i] + part for i, part in enumerate(term(r.x))])
    product[cell] = hl.Tuple(list(term(0) if single else cells(total)(*cell)))
    return product, total, r


def _scatter(
    result: Source, corner: hl.Func, lanes: int, height: int, width: int, signal: bool, number: hl.Type,
    scalars: dict[str, hl.Param],
) -> tuple[hl.Func, dict[str, hl.RVar]]:  # fmt: skip
    """Write the valid cells of both tiles of a pair; return the loops by name, too, innermost first."""
    out, n = hl.Func("out"), hl.Var("n")
    out[x, y, k, n] = hl.undef(number)
    extent = [out.output_buffer().dim(d).extent() for d in range(4)]
    sizes = {
        "lane": lanes,
        "partly": 2,
        "half": 2,
        "row": height if signal else scalars["valid_height"],
        "vector": width // lanes if signal else (scalars["valid_width"] - 1) / lanes + 1,
        "member": scalars["task_kernels"],
        "block": extent[2] / scalars["task_kernels"],
        "pair": (scalars["tiles"] - 1) / 2 + 1,
    }
    loops = hl.RDom([(0, size) for size in sizes.values()])
    o = {name: loops[axis] for axis, name in enumerate(sizes)}
    nth = 2 * o["pair"] + o["half"]
    place = [corner[nth][axis] for axis in range(3)]
    across = lanes * o["vector"] + (width * o["row"] if signal else 0)
    kernel = o["block"] * scalars["task_kernels"] + o["member"]
    where = place[0] + across + o["lane"], place[1] + (0 if signal else o["row"]), kernel, place[2]
    left = hl.min(scalars["valid_width"], extent[0] - place[0]) - across
    loops.where(nth < scalars["tiles"])
    loops.where(where[1] < extent[1])
    loops.where(hl.select(o["partly"] == 0, left >= lanes, (left < lanes) & (o["lane"] < left)))
    kernel = hl.clamp(kernel, 0, extent[2] - 1)
    pair = result(o["lane"], o["row"], o["vector"], kernel, o["pair"])
    target = (promised(at, size) for at, size in zip(where, extent, strict=True))
    out[*target] = hl.select(o["half"] == 0, pair[0], pair[1])
    return out, o
