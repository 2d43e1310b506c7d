"""
Cross-correlation of planes with a sum of products of a column and a row, in one walk over the plane.

A task fills a scratch array in cache with a block of the plane and its border, as numbers to calculate with. For
a few rows at a time, columns are summed from there into a second scratch array, still in cache, and rows of that
into the result, which is rounded and saturated on the way out. Both sums are taken in registers: vectors run
along rows, and a vector that was loaded once serves all rows whose columns hold it.
"""

from typing import Any

import halide as hl

from convolens.pipelines.pixels import NUMBERS, Setting, as_pixels, bordered_block, by_blocks, start_at_zero

TAPS = 4  # cells of a column that are unrolled together, where the kernel's size is open


def build(
    source: str, sums: str, target: str, response: str, lanes: int, vectors: int, rows: int, height: int = 0
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    source, sums, target : str
        Data types of the planes, of weights and sums, and of the result.
    response : str
        ``clip`` for the sums themselves, ``absolute`` for those without their sign.
    lanes, vectors, rows : int
        The register tile: ``rows`` rows of ``vectors`` vectors of ``lanes`` cells.
    height : int
        Cells of a column; 0 leaves them open.

    Notes
    -----
    Arguments, in NumPy's order of axes: planes (N, H, W C); for every term its column (terms, kh) and its row
    (terms, kw); then those of `Setting`; output (N, H, W C).
    """
    number, scaled = NUMBERS[sums], "float32" if sums == "int16" else sums
    x, y, plane, term = (hl.Var(v) for v in ("x", "y", "plane", "term"))
    image = hl.ImageParam(NUMBERS[source], 3, "image")
    column_weights, row_weights = (hl.ImageParam(number, 2, name) for name in ("column_weights", "row_weights"))
    setting = Setting()

    # algorithm
    bordered = bordered_block(image, setting, number, lanes)
    column, down, total, out = (hl.Func(f) for f in ("column", "down", "total", "out"))
    most, taps = column_weights.dim(0).extent(), height or TAPS
    runs, rest = hl.RDom([(0, taps), (0, 1 if height else most / taps)]), hl.RDom([(0, most % taps)])
    across = hl.RDom([(0, row_weights.dim(0).extent()), (0, row_weights.dim(1).extent())])
    column[x, y, term, plane] = hl.cast(number, 0)
    for tap in (runs.x + taps * runs.y, *(() if height else (most / taps * taps + rest.x,))):
        column[x, y, term, plane] += column_weights[tap, term] * bordered[x, y + tap, plane]
    down[x, y, term, plane] = column[x, y, term, plane]
    total[x, y, plane] = hl.cast(number, 0)
    total[x, y, plane] += row_weights[across.x, across.y] * down[x + setting.step * across.x, y, across.y, plane]
    result = hl.cast(NUMBERS[scaled], total[x, y, plane]) * hl.cast(NUMBERS[scaled], setting.scale)
    out[x, y, plane] = as_pixels(hl.abs(result) if response == "absolute" else result, scaled, target)

    # schedule: in a task some rows at a time, pass by pass, a register tile at a time
    task, band, tile = by_blocks(out, setting, lanes, vectors, rows)
    bordered.compute_at(out, task).store_in(hl.MemoryType.Heap)
    down.compute_at(out, band).store_in(hl.MemoryType.Heap)
    down.split(x, tile, x, vectors * lanes).reorder(x, y, tile, term).bound_extent(y, rows)
    down.vectorize(x, lanes).unroll(x).unroll(y)
    column.compute_at(down, tile).bound_extent(x, vectors * lanes).bound_extent(y, rows)
    column.vectorize(x, lanes).unroll(x).unroll(y)
    column.update(0).reorder(x, y, runs.x, runs.y).vectorize(x, lanes).unroll(x).unroll(y).unroll(runs.x)
    if not height:
        column.update(1).reorder(x, y, rest.x).vectorize(x, lanes).unroll(x).unroll(y)
    total.compute_at(out, tile).bound_extent(x, vectors * lanes).bound_extent(y, rows)
    total.vectorize(x, lanes).unroll(x).unroll(y)
    total.update().reorder(x, y, across.x, across.y).vectorize(x, lanes).unroll(x).unroll(y)
    start_at_zero(column_weights, row_weights, out.output_buffer())
    return out, [image, column_weights, row_weights, *setting.arguments]
