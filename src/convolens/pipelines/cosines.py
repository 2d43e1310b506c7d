"""
Sums down the columns of an image under a sum of cosines, in a time that does not depend on their number.

The sum V of x · cos ω(j − c) over a sliding window follows from the two before, and from what enters and leaves:
V[n + 1] = 2 cos ω V[n] − V[n − 1] + …. As it stands, that would magnify roundings where ω is small. So V is kept
with its change D, as C. Reinsch did: D[n + 1] = D[n] − 4 sin²(ω/2) V[n] + …, V[n + 1] = V[n] + D[n + 1]. A cell of
the result is the sum of all V.

Vectors run along rows, and a task is a strip of columns. The result is turned: its rows are the image's columns.
So a second walk, over the first one's result, sums along the image's rows and turns them back.

References
----------
K. Sugimoto, S. Kamata, *Fast Gaussian Filter with Second-Order Shift Property of DCT-5*, 2013,
doi:10.1109/ICIP.2013.6738106. J. Stoer, R. Bulirsch, *Introduction to Numerical Analysis*, 3rd ed., 2002,
section 2.3.3, doi:10.1007/978-0-387-21738-3.
"""

from typing import Any

import halide as hl

from convolens.pipelines.indices import promised
from convolens.pipelines.pixels import NUMBERS, as_pixels, start_at_zero

FOUR, EIGHT = 4, 8  # cells of a column that are turned together, and bytes, if these are more cells
RUN = 64  # cells of a row of the result that are written before those of the next


def build(
    source: str, sums: str, target: str, response: str, lanes: int, vectors: int, strip: int, cosines: int
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    source, sums, target : str
        Data types of the image, of sums, and of the result.
    response : str
        ``clip`` for the sums themselves, ``absolute`` for those without their sign.
    lanes, vectors : int
        ``vectors`` vectors of ``lanes`` columns are summed together.
    strip : int
        Columns of a task, whole multiples of that.
    cosines : int
        How many there are, the first of which is constant.

    Notes
    -----
    Arguments, in NumPy's order of axes: image (H, W), whole strips; for every cosine what the change takes
    of what enters less what leaves, of the ends' sum, and of V, without sign, (3, cosines); what the first V
    and D, but for the constant's, take of each row, (2 cosines − 1, kh + 1); the source row of every padded row,
    −1 for the constant; how many rows lie between neighbours of a column, which are pixels of so many channels;
    pixels of a block; the window's height; the border's constant; output as blocks (blocks, W, rows).

    Padded rows begin two pixels above the first window.
    """
    number, held = NUMBERS[sums], 2 * cosines - 1
    turned = max(FOUR, EIGHT // NUMBERS[target].bytes())
    n, x, y, block, part, far = (hl.Var(v) for v in ("n", "x", "y", "block", "part", "far"))
    image, lines = hl.ImageParam(NUMBERS[source], 2, "image"), hl.ImageParam(hl.Int(32), 1, "lines")
    factors, starts = (hl.ImageParam(number, 2, name) for name in ("factors", "starts"))
    step, pixels, height = (hl.Param(hl.Int(32), name) for name in ("step", "pixels", "height"))
    outside = hl.Param(hl.Float(64), "outside")

    # algorithm: of every column first V and D, one place each, for all channels, then the sums
    bordered, column, tiles, out = (hl.Func(f) for f in ("bordered", "column", "tiles", "out"))
    line = lines[promised(step * pixels * block + y, lines.dim(0).extent())]
    found = hl.cast(number, image[x, hl.clamp(line, 0, image.dim(1).extent() - 1)])
    bordered[x, y, block] = hl.select(line < 0, hl.cast(number, outside), found)

    clear = hl.RDom([(0, held), (0, step)])
    first = hl.RDom([(0, held), (0, height + 1), (0, step)])
    later = hl.RDom([(0, held + 1), (0, pixels), (0, step)])
    column[x, y, block] = hl.undef(number)
    column[x, clear.x + held * clear.y, block] = hl.cast(number, 0)
    share = starts[first.y, first.x] * bordered[x, first.y * step + first.z, block]
    column[x, first.x + held * first.z, block] += share

    def cell(row: hl.Expr) -> hl.Expr:
        return hl.Expr(bordered[x, (later.y + row) * step + later.z, block])

    def kept(place: int) -> hl.Expr:
        return hl.Expr(column[x, place + held * later.z, block])

    change = (cell(0) - cell(1)) + (cell(height + 1) - cell(height))
    ends = cell(1) + cell(height)
    values = [kept(0) + factors[0, 0] * (cell(height + 1) - cell(1))]
    for k in range(1, cosines):
        brought = factors[k, 0] * change + factors[k, 1] * ends
        values += [kept(2 * k - 1) + brought - factors[k, 2] * kept(2 * k), kept(2 * k) + kept(2 * k - 1)]
    values.append(sum((kept(2 * k) for k in range(1, cosines)), kept(0)))
    place = hl.select(later.x < held, later.x + held * later.z, (held + later.y) * step + later.z)
    column[x, place, block] = hl.mux(later.x, values)

    result = hl.Expr(column[x, held * step + turned * far + part, block])
    result = hl.abs(result) if response == "absolute" else result
    tiles[part, x, far, block] = as_pixels(result, sums, target)
    out[n, x, block] = tiles[n % turned, x, n / turned, block]

    # schedule: a task is a strip of the image; in it, some vectors of columns at a time
    task, tile, wide, run = (hl.Var(v) for v in ("task", "tile", "wide", "run"))
    cells, guard = vectors * lanes, hl.TailStrategy.GuardWithIf
    out.split(x, task, x, strip, hl.TailStrategy.RoundUp).split(x, tile, x, cells)
    out.split(n, run, n, RUN, guard).split(n, far, n, turned, guard).reorder(n, far, x, run, tile, task, block)
    out.vectorize(n, turned, guard).parallel(task).parallel(block)
    out.never_partition([n, far, x, tile, task, block]).always_partition([run])
    bordered.compute_at(out, task).store_in(hl.MemoryType.Heap).bound_extent(x, strip)
    bordered.vectorize(x, lanes).unroll(x)
    column.compute_at(out, tile).store_in(hl.MemoryType.Heap).bound_extent(x, cells)
    loops = ((clear.x, clear.y), (first.x, first.y, first.z), (later.x, later.y, later.z))
    for stage, (inner, *others) in enumerate(loops):
        sums_of = column.update(stage)
        sums_of.split(x, wide, x, lanes).reorder(x, wide, inner, *others).vectorize(x).unroll(wide).unroll(inner)
    tiles.compute_at(out, run).reorder(part, x, far).bound_extent(x, cells).unroll(part).vectorize(x, lanes)
    start_at_zero(image, factors, starts, lines, out.output_buffer())
    return out, [image, factors, starts, lines, step, pixels, height, outside]
