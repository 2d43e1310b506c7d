"""
Minimal filtering (Winograd) of small kernels at stride 1: transform tiles, multiply matrices, transform back.

    out = activation(Aᵀ [ Σ_channels (G g Gᵀ) ⊙ (Bᵀ d B) ] A + bias)

Of a tile, the largest of neighbouring sums may be kept alone, before bias and activation, which keep their order.
One pipeline for all sizes, channels and borders. Rows of tiles, or parts of rows where these are long, are lines;
those of all images and planes are counted through, so that small maps fill a block as well as large ones. The
image is read through index tables, which put the border around it; a third axis is summed directly, together with
the channels.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.epilogue import finish
from convolens.pipelines.indices import promised, within
from convolens.pipelines.joining import JOININGS, parts_at
from convolens.pipelines.toom_cook import toom_cook

SPAN = 16  # tiles side by side that are written together: whole cache lines where channels lie apart

lane, c, q, i, j, x, y, t, m, b, g, k, n = (hl.Var(name) for name in ("lane", *"cqijxytmbgkn"))


def build(
    dtype: str,
    lanes: int,
    vectors: int,
    most_tiles: int,
    tile_height: int,
    kernel_height: int,
    tile_width: int,
    kernel_width: int,
    channels_last: bool,
    shared: bool,
    whole: bool,
    pool: int,
    activation: str,
    residual: bool,
    fetch_ahead: bool,
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors, most_tiles : int
        The largest register tile of the product: ``vectors`` vectors of ``lanes`` kernels by ``most_tiles`` tiles.
    tile_height, kernel_height, tile_width, kernel_width : int
        F(m, r) along columns and rows; F(1, 1) leaves an axis alone.
    channels_last : bool
        Whether channels are contiguous in input and output.
    shared : bool
        False: a task is a block of lines, from reading to writing. True, for few tiles: all are transformed first,
        then a task is a panel of kernels, so that each thread reads its own part of the weights.
    whole : bool
        Whether every line is full, and every row of the output ends with a tile and lies in one piece.
    pool : int
        Rows and columns of which the largest sum is kept: 1 keeps all; more must divide tiles, and go with the
        activation ``clamp``, which does not fall.
    activation : str
        As :func:`convolens.pipelines.epilogue.finish` takes it.
    residual : bool
        Whether an array like the output is added before the activation; not where sums are pooled.
    fetch_ahead : bool
        Whether a matrix of weights is brought into the core's own cache while the one before is multiplied.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, D, H, W, C); weights (panels × rows × columns × kernel depth ×
    C, vectors, lanes), transformed, the last panel reaching back to overlap the one before; bias (K); for the x
    and y axis the source cell of every padded cell, for z that of each (output plane, kernel plane), −1 for the
    constant; residual, if any, as output; output (N, D, H, W, K), K at least a panel. Then scalars: tiles of a
    line, lines of a row, rows of tiles, planes, lines in all, lines of a block, tiles in the register tile, the
    kernel depth, twice; the constant of the border, the activation's slope and ceiling.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    vertical, horizontal = toom_cook(tile_height, kernel_height), toom_cook(tile_width, kernel_width)
    panel = lanes * vectors
    source, weights = hl.ImageParam(number, 5, "source"), hl.ImageParam(number, 3, "weights")
    bias, added = hl.ImageParam(number, 1, "bias"), hl.ImageParam(number, 5, "residual")
    tables = borders.tables()
    names = "across parts down depth lines block register_tiles taps steps"
    scalars = [hl.Param(hl.Int(32), name) for name in names.split()]
    across, parts, down, depth, lines, block, register_tiles, taps, steps = scalars
    outside, slope, ceiling = (hl.Param(hl.Float(64), name) for name in ("outside", "slope", "ceiling"))

    # algorithm
    # Line g: a part of a row of tiles in a plane of an image.
    part, row, plane, image = g % parts, g / parts % down, g / (parts * down) % depth, g / (parts * down * depth)
    corner, place = hl.Func("corner"), hl.Func("place")
    corner[g] = hl.Tuple([across * part, row, plane, image])
    start = [corner[g][axis] for axis in range(4)]
    padded = (tile_width * start[0] + x, tile_height * start[1] + j, start[2] * taps + q)
    bordered, shown = _bordered(source, tables, padded, start[3], hl.cast(number, outside))
    # Tile t is member m of group g, which is what a register tile holds; that may reach beyond the block.
    groups = (block * across - 1) / register_tiles + 1
    inside = hl.min(t, block * across - 1)
    place[t] = hl.Tuple([t % register_tiles, t / register_tiles, inside / across, tile_width * (inside % across)])
    bounds = register_tiles, groups, block, tile_width * (across - 1) + 1
    member, group, below, left = (promised(place[t][n], bound) for n, bound in enumerate(bounds))
    line = hl.min(b * block + below, lines - 1)
    cells, half, data, total = map(hl.Func, ("cells", "half", "data", "total"))
    product, back, result = map(hl.Func, ("product", "back", "result"))
    cells[c, q, i, j, t, b] = bordered[c, q, left + i, j, line]
    half[c, q, i, j, t, b] = linear(horizontal.data, i, number, lambda a: cells[c, q, a, j, t, b])
    data[c, q, i, j, t, b] = linear(vertical.data, j, number, lambda a: half[c, q, i, a, t, b])
    r = hl.RDom([(0, source.dim(0).extent()), (0, taps)])
    total[lane, i, j, m, g, b, k] = hl.cast(number, 0)
    turn = hl.clamp(g - hl.max(groups - vectors, 0), 0, vectors - 1)
    matrix = ((k * vertical.size + j) * horizontal.size + i) * taps
    weight = _weight(weights, r, matrix, steps, turn, lanes)
    total[lane, i, j, m, g, b, k] += weight * data[r.x, r.y, i, j, g * register_tiles + m, b]
    product[lane, i, j, m, g, b, k] = total[lane, i, j, m, g, b, k]
    back[lane, x, j, t, b, k] = linear(
        horizontal.output, x, number, lambda a: product[lane, a, j, member, group, b, k]
    )
    sums = hl.Func("sums")  # a function of its own, or it would be as strict about roundings as what follows
    sums[lane, x, y, t, b, k] = linear(vertical.output, y, number, lambda a: back[lane, x, a, t, b, k])
    kernels = bias.dim(0).extent()
    first = hl.min(k * panel, kernels - panel)  # the last panel of kernels, and of weights, reaches back
    value = _largest(sums, pool) + bias[first + lane]
    result[lane, x, y, t, b, k] = value if residual else finish(value, activation, slope, ceiling)
    width, height = tile_width // pool, tile_height // pool
    sizes = {"lane": lanes, "x": width, "y": height, "vector": vectors, "line": block}
    sizes["tile"] = across if channels_last else SPAN
    order = "lane vector x y tile span line" if channels_last else "x tile y lane span vector line"
    order += " block panel" if shared else " panel block"

    def finished(value: hl.Expr, where: list[hl.Expr]) -> hl.Expr:
        return finish(value + added[where], activation, slope, ceiling) if residual else value

    out, o = _scatter(result, finished, corner, sizes, order.split(), across, lines, whole)

    # schedule
    written = out.update().allow_race_conditions()  # no two tiles share a cell
    if shared:
        task = hl.RVar("task")
        written.fuse(o["block"], o["panel"], task).parallel(task)
        data.compute_root()
        product.compute_at(out, task)
        for looked_up in (corner, place, *shown):
            looked_up.compute_root()
    else:
        written.parallel(o["block"])
        for looked_up in (corner, place, *shown):
            looked_up.compute_at(out, o["block"])
        data.compute_at(out, o["block"])
        product.compute_at(out, o["panel"])
    back.vectorize(lane, lanes).unroll(x)
    if channels_last:
        written.vectorize(o["lane"]).unroll(o["vector"])
        vector = hl.Var("vector")
        result.compute_at(out, o["tile"]).split(lane, vector, lane, lanes).reorder(lane, y, x, vector)
        result.bound_extent(lane, panel).bound_extent(x, width).bound_extent(y, height)
        result.vectorize(lane).unroll(y)
        back.compute_at(result, vector)
    else:
        back.unroll(j)
        if whole:
            written.vectorize(o["x"])
        written.unroll(o["x"])
        result.compute_at(out, o["span"]).reorder(x, y, lane).unroll(x).unroll(y).vectorize(lane, lanes)
        result.bound_extent(lane, lanes).bound_extent(x, width).bound_extent(y, height)
        result.reorder_storage(x, lane, y, t, b, k).bound_storage(t, SPAN)  # neighbouring cells side by side
        back.compute_at(result, t)
    _schedule_data(bordered, cells, half, data, lanes, channels_last, shared)
    total.update().reorder(lane, m, r.x, r.y)
    if fetch_ahead:
        beyond = hl.PrefetchBoundStrategy.NonFaulting
        total.update().prefetch(image=weights, at=r.x, **{"from": r.y}, offset=steps, strategy=beyond)
    _schedule_product(total, product, lanes, panel, most_tiles, register_tiles)
    for func in (written, data, product, bordered, cells, half, total, total.update(), back, result):
        func.never_partition_all()  # saves up to a quarter of the time to compile
    adds = [added] if residual else []
    for buffer in (source, weights, bias, *tables, *adds, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
    for buffer in (source, *adds, out.output_buffer()):
        buffer.dim(0).set_stride(1 if channels_last else hl.Expr())
    for buffer in (*adds, out.output_buffer()) if whole else ():
        buffer.dim(1).set_stride(1)
    weights.dim(0).set_bounds(0, lanes).set_stride(1)
    weights.dim(1).set_bounds(0, vectors).set_stride(lanes)
    weights.dim(2).set_stride(panel)
    return out, [source, weights, bias, *tables, *adds, *scalars, outside, slope, ceiling]


def _weight(
    weights: hl.ImageParam, r: hl.RDom, matrix: hl.Expr, steps: hl.Expr, turn: hl.Expr, lanes: int
) -> hl.Expr:
    """
    Read the weight of one product: row (r.x, r.y) of a panel, r.y counted from the first of its matrix.

    A prefetch brings what would be read some steps of r.y further on, one vector of each row. After all ``steps``
    that is the next matrix: its first vectors, or those whose ``turn`` it is while one of the last groups of tiles
    is multiplied, so that they need not stay for long. That r.y is always below ``steps`` must not be seen, so it
    is a scalar of its own beside the extent of r.y.
    """
    channels = r.x.extent()
    vector = hl.select(r.y < steps, lane / lanes, turn)
    return weights[lane % lanes, vector, (matrix + r.y) * channels + r.x]


def _bordered(
    source: hl.ImageParam,
    tables: list[hl.ImageParam],
    padded: tuple[hl.Expr, ...],
    image: hl.Expr,
    outside: hl.Expr,
) -> tuple[hl.Func, list[hl.Func]]:
    """
    Read the image with its border: cells (x, j) of the tiles in line g, and plane q under the kernel.

    Return what is looked up for that, too, along each axis.
    """
    shown = [hl.Func(f"shown_{axis}") for axis in "xyz"]
    for func, axis, table, at in zip(shown, (x, j, q), tables, padded, strict=True):
        func[axis, g] = table[within(at, table.dim(0))]
    cells = [func[axis, g] for func, axis in zip(shown, (x, j, q), strict=True)]
    inside = hl.min(hl.min(cells[1], cells[2]), cells[0]) >= 0
    at = [within(hl.max(cell, 0), source.dim(d)) for d, cell in enumerate(cells, start=1)]
    bordered = hl.Func("bordered")
    bordered[c, q, x, j, g] = hl.select(inside, source[c, *at, within(image, source.dim(4))], outside)
    return bordered, shown


def _largest(sums: hl.Func, pool: int) -> hl.Expr:
    """Take the largest of the sums in a square of a tile."""
    square = itertools.product(range(pool), repeat=2)
    cells = [parts_at(sums, lane, pool * x + right, pool * y + below, t, b, k) for right, below in square]
    return functools.reduce(JOININGS["max"].join, cells)[0]


def _scatter(
    result: hl.Func,
    finished: Callable[[hl.Expr, list[hl.Expr]], hl.Expr],
    corner: hl.Func,
    sizes: dict[str, Any],
    order: list[str],
    across: hl.Expr,
    lines: hl.Expr,
    whole: bool,
) -> tuple[hl.Func, dict[str, hl.RVar]]:
    """
    Write each tile's cells, ``finished``, to where it lies; return the loops by name, too.

    Their order is innermost first. Where all rows are ``whole``, no column is looked at.
    """
    out = hl.Func("out")
    out[c, x, y, q, n] = hl.undef(result.type())
    extent = [out.output_buffer().dim(d).extent() for d in range(5)]
    panel = sizes["lane"] * sizes["vector"]
    sizes |= {"span": (across - 1) / sizes["tile"] + 1}
    sizes |= {"block": (lines - 1) / sizes["line"] + 1, "panel": (extent[0] - 1) / panel + 1}
    loops = hl.RDom([(0, sizes[name]) for name in order])
    o = {name: loops[axis] for axis, name in enumerate(order)}
    line = o["line"] + o["block"] * sizes["line"]
    tile = o["tile"] + o["span"] * sizes["tile"]
    first = [corner[line][axis] for axis in range(4)]
    member = o["vector"] * sizes["lane"] + o["lane"]
    where = (
        hl.min(o["panel"] * panel, extent[0] - panel) + member,
        (first[0] + tile) * sizes["x"] + o["x"],
        first[1] * sizes["y"] + o["y"],
        *first[2:],
    )
    loops.where(line < lines)
    loops.where(tile < across)
    loops.where(where[2] < extent[2])
    if not whole:
        loops.where(where[1] < extent[1])
    value = result[member, o["x"], o["y"], hl.min(tile, across - 1) + o["line"] * across, o["block"], o["panel"]]
    cell = [promised(at, e) for at, e in zip(where, extent, strict=True)]
    out[*cell] = finished(value, cell)
    return out, o


def _schedule_data(
    bordered: hl.Func,
    cells: hl.Func,
    half: hl.Func,
    data: hl.Func,
    lanes: int,
    channels_last: bool,
    shared: bool,
) -> None:
    """Transform a vector of channels at a time; fewer are refused, so that the last may reach back."""
    vector, rest, task = hl.Var("vector"), hl.Var("rest"), hl.Var("task")
    data.split(c, vector, c, lanes, hl.TailStrategy.ShiftInwards).vectorize(c).unroll(j)
    half.vectorize(c, lanes).unroll(i)
    if channels_last:
        data.reorder(c, j, i, vector, q, t, b)  # the addresses of a tile's cells serve all its channels
        half.compute_at(data, vector)
        cells.compute_at(half, j).vectorize(c, lanes).unroll(i)
        if shared:
            data.fuse(t, b, task).parallel(task)
    else:
        data.reorder(c, j, i, t, vector, q, b).fuse(vector, q, rest).fuse(rest, b, rest)
        bordered.compute_at(data, rest).vectorize(c, lanes)  # gathers a few channels of the lines at a time
        half.compute_at(data, t)
        if shared:
            data.parallel(rest)


def _schedule_product(
    total: hl.Func, product: hl.Func, lanes: int, panel: int, most_tiles: int, register_tiles: hl.Expr
) -> None:
    """Keep a panel of kernels by some tiles in registers; fewer tiles where that leaves less of the last idle."""
    outer = hl.Var("outer")
    product.bound_extent(lane, panel).reorder_storage(lane, m, g, i, j, b, k)  # tiles are written side by side
    for size in (most_tiles * 5 // 6, most_tiles * 2 // 3, most_tiles):
        stage = product if size == most_tiles else product.specialize(register_tiles == size)
        stage.split(m, outer, m, size, hl.TailStrategy.RoundUp).reorder(lane, m, outer, g, i, j)
        stage.vectorize(lane, lanes).unroll(lane).unroll(m)
    total.compute_at(product, outer).bound_extent(lane, panel).vectorize(lane, lanes).unroll(lane).unroll(m)
    total.update().vectorize(lane, lanes).unroll(lane).unroll(m)


def linear(
    matrix: tuple[tuple[Fraction, ...], ...], index: Any, number: hl.Type, term: Callable[[int], hl.Expr]
) -> hl.Expr:
    """
    Write the entry ``index`` of a matrix times the vector of terms, without its zeros and ones.

    Points come in pairs ±p. So either rows differ in the sign of every other entry: then they share what their
    even and their odd entries give. Or columns do: then the sum and the difference of their terms serve all rows.
    """

    def weighted(entries: Sequence[Fraction], values: Sequence[hl.Expr]) -> hl.Expr:
        pairs = [(entry, value) for entry, value in zip(entries, values, strict=True) if entry]
        parts = [v if entry == 1 else hl.cast(number, hl.f64(float(entry))) * v for entry, v in pairs]
        return sum(parts[1:], parts[0])

    terms = [term(a) for a in range(len(matrix[0]))]
    columns = list(zip(*matrix, strict=True))
    neighbours = [(a, a + 1) for a in range(1, len(columns) - 1, 2)]
    twins = {a: b for a, b in neighbours if columns[b] == _mirrored(columns[a])}
    halves: dict[tuple[Fraction, ...], tuple[hl.Expr, hl.Expr]] = {}
    sums = []
    for i, row in enumerate(matrix):
        if _mirrored(row) in halves:
            even, odd = halves[_mirrored(row)]
            sums.append(even - odd)
        elif _mirrored(row) in matrix[i + 1 :]:  # the first of two twins
            halves[row] = even, odd = weighted(row[::2], terms[::2]), weighted(row[1::2], terms[1::2])
            sums.append(even + odd)
        else:
            kept = [a for a in range(len(row)) if a not in twins.values()]
            both = {a: terms[a] - terms[b] if i % 2 else terms[a] + terms[b] for a, b in twins.items()}
            sums.append(weighted([row[a] for a in kept], [both.get(a, terms[a]) for a in kept]))
    return hl.mux(index, sums) if len(sums) > 1 else sums[0]


def _mirrored(entries: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """Change the sign of every other entry."""
    return tuple(-entry if a % 2 else entry for a, entry in enumerate(entries))
