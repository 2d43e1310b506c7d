"""
Cross-correlation of planes with a sum of products of a column and a row, in one walk over the plane.

A task fills a scratch array in cache with a block of the plane and its border, as numbers to calculate with. For
a few rows at a time, columns are summed from there into a second scratch array, still in cache, and rows of that
into the result, which is rounded and saturated on the way out. Both sums are taken in registers: vectors run
along rows, and a vector that was loaded once serves all rows whose columns hold it.
"""

from typing import Any

import halide as hl

from convolens.pipelines.pixels import (
    NUMBERS,
    Setting,
    as_pixels,
    block_variables,
    bordered_block,
    by_blocks,
    in_registers,
    start_at_zero,
)

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
    (terms, kw); then those of `Setting`; output as blocks (N, strips, blocks, rows, cells).
    """
    number, scaled = NUMBERS[sums], "float32" if sums == "int16" else sums
    (x, y, *task), term = block_variables(), hl.Var("term")
    image = hl.ImageParam(NUMBERS[source], 3, "image")
    column_weights, row_weights = (hl.ImageParam(number, 2, name) for name in ("column_weights", "row_weights"))
    setting = Setting()

    # algorithm
    bordered = bordered_block(image, setting, number)
    column, down, total, out = (hl.Func(f) for f in ("column", "down", "total", "out"))
    most, taps = column_weights.dim(0).extent(), height or TAPS
    runs, rest = hl.RDom([(0, taps), (0, 1 if height else most / taps)]), hl.RDom([(0, most % taps)])
    across = hl.RDom([(0, row_weights.dim(0).extent()), (0, row_weights.dim(1).extent())])
    column[x, y, term, *task] = hl.cast(number, 0)
    for tap in (runs.x + taps * runs.y, *(() if height else (most / taps * taps + rest.x,))):
        column[x, y, term, *task] += column_weights[tap, term] * bordered[x, y + tap, *task]
    down[x, y, term, *task] = column[x, y, term, *task]
    total[x, y, *task] = hl.cast(number, 0)
    total[x, y, *task] += row_weights[across.x, across.y] * down[x + setting.step * across.x, y, across.y, *task]
    result = hl.cast(NUMBERS[scaled], total[x, y, *task]) * hl.cast(NUMBERS[scaled], setting.scale)
    out[x, y, *task] = as_pixels(hl.abs(result) if response == "absolute" else result, scaled, target)

    # schedule: in a task some rows at a time, pass by pass, a register tile at a time
    at, band, tile = by_blocks(out, lanes, vectors, rows)
    bordered.compute_at(out, at).store_in(hl.MemoryType.Heap)
    down.compute_at(out, band).store_in(hl.MemoryType.Heap)
    down.split(x, tile, x, vectors * lanes).reorder(x, y, tile, term).bound_extent(y, rows)
    down.vectorize(x, lanes).unroll(x).unroll(y)
    in_registers(column.compute_at(down, tile), lanes, x=vectors * lanes, y=rows)
    column.update(0).reorder(x, y, runs.x, runs.y).vectorize(x, lanes).unroll(x).unroll(y).unroll(runs.x)
    if not height:
        column.update(1).reorder(x, y, rest.x).vectorize(x, lanes).unroll(x).unroll(y)
    in_registers(total.compute_at(out, tile), lanes, x=vectors * lanes, y=rows)
    total.update().reorder(x, y, across.x, across.y).vectorize(x, lanes).unroll(x).unroll(y)
    start_at_zero(column_weights, row_weights, out.output_buffer())
    return out, [image, column_weights, row_weights, *setting.arguments]
