"""
Cross-correlation of an image of floating-point numbers with any kernel, read where it lies.

A tile of rows by vectors is summed in registers straight from the image: nothing has to be converted, so nothing
is copied. Only a tile whose windows leave the image goes through a scratch array of its own, with the border. The
taps of a kernel column are unrolled, so that a vector that was loaded once serves all rows whose windows hold it.
"""

from collections.abc import Sequence
from typing import Any

import halide as hl

from convolens.pipelines.pixels import (
    NUMBERS,
    Setting,
    block_variables,
    bordered_tile,
    in_registers,
    start_at_zero,
)

ANY = 4  # cells of a kernel column that are unrolled together, where the kernel's height is open


def build(
    dtype: str, response: str, lanes: int, vectors: int, rows: int, height: int
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        Data type of image, weights, sums and result: float32 or float64.
    response : str
        ``clip`` for the sums themselves, ``absolute`` for those without their sign.
    lanes, vectors, rows : int
        The register tile: ``rows`` rows of ``vectors`` vectors of ``lanes`` cells.
    height : int
        Rows of the kernel; 0 leaves them open.

    Notes
    -----
    Arguments, in NumPy's order of axes: image (1, H, W C); weights (1, kh, kw); then those of `Setting`; output as
    blocks (1, strips, blocks, rows, cells).
    """
    number, cells = NUMBERS[dtype], lanes * vectors
    (x, y, *task), tile, band = block_variables(), hl.Var("tile"), hl.Var("band")
    image, weights = hl.ImageParam(number, 3, "image"), hl.ImageParam(number, 3, "weights")
    setting = Setting()
    width, most, taps = weights.dim(0).extent(), weights.dim(1).extent(), height or ANY
    halo = setting.step * (width - 1)
    block = setting.room - halo, setting.rows

    def corner(*nth: hl.Expr) -> Sequence[hl.Expr]:
        """Where a tile begins: the last of a block early enough to be whole."""
        return [hl.min(i * n, m - n) for i, n, m in zip(nth, (cells, rows), block, strict=True)]

    # algorithm
    around = cells + halo, rows + most - 1
    bordered, cell, inside = bordered_tile(image, setting, (tile, band), corner(tile, band), around)
    total, out, stages = hl.Func("total"), hl.Func("out"), []
    at = (x, y, tile, band, *task)
    total[at] = hl.cast(number, 0)
    for place, where in ((cell, inside), (lambda i, j: bordered[i, j, tile, band, *task], ~inside)):
        runs = hl.RDom([(0, taps), (0, 1 if height else most / taps), (0, width)])
        rest = hl.RDom([(0, most % taps), (0, width)])
        whole = runs, [runs.x, runs.y, runs.z], runs.x + taps * runs.y, runs.z
        left = rest, [rest.x, rest.y], most / taps * taps + rest.x, rest.y
        for domain, loops, row, column in (whole,) if height else (whole, left):
            domain.where(where)
            total[at] += weights[column, row, 0] * place(x + setting.step * column, y + row)
            stages.append(loops)
    tiles = [(0, (m + n - 1) / n) for n, m in zip((cells, rows), block, strict=True)]
    r = hl.RDom([(0, lanes), (0, vectors), (0, rows), *tiles])
    near, wide, row, *nth = (r[i] for i in range(5))
    first = corner(*nth)
    result = total[wide * lanes + near, row, *nth, *task] * hl.cast(number, setting.scale)
    out[x, y, *task] = hl.undef(number)
    out[first[0] + wide * lanes + near, first[1] + row, *task] = (
        hl.abs(result) if response == "absolute" else result
    )

    # schedule: a task is a block of the image; in it, a register tile at a time
    written = out.update().allow_race_conditions()  # where tiles overlap, both write the same
    written.vectorize(near).unroll(wide).unroll(row)
    for variable in task:
        written.parallel(variable)
    written.never_partition_all()
    bordered.compute_at(out, nth[0]).hoist_storage(out, task[0]).store_in(hl.MemoryType.Heap)
    in_registers(total.compute_at(out, nth[0]), lanes, x=cells, y=rows)
    for stage, loops in enumerate(stages):
        update = total.update(stage).reorder(x, y, *loops, tile, band).vectorize(x, lanes).unroll(x).unroll(y)
        if len(loops) == 3:  # runs of taps, not the rest
            update.unroll(loops[0])
    start_at_zero(weights, out.output_buffer())
    return out, [image, weights, *setting.arguments]
