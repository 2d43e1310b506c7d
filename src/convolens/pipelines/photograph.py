"""
Cross-correlation of an image with any kernel, from pixels to pixels: read once, rounded, saturated, written once.

The channels of a pixel lie side by side, so a row is one run of cells, and the kernel's columns lie a pixel
apart. A task fills a scratch array in cache with a block of the image and its border, as numbers to calculate
with. From there a vector of cells in several rows is summed in registers; the taps of a kernel column are
unrolled, so that a vector that was loaded once serves all rows whose windows hold it.
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

ANY = 4  # cells of a kernel column that are unrolled together, where the kernel's height is open


def build(
    source: str, sums: str, target: str, response: str, lanes: int, vectors: int, rows: int, height: int
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    source, sums, target : str
        Data types of the image, of weights and sums, and of the result.
    response : str
        ``clip`` for the sums themselves, ``absolute`` for those without their sign, ``magnitude`` for the root
        of the sum of two kernels' squared sums.
    lanes, vectors, rows : int
        The register tile: ``rows`` rows of ``vectors`` vectors of ``lanes`` cells.
    height : int
        Rows of the kernel; 0 leaves them open.

    Notes
    -----
    Arguments, in NumPy's order of axes: image (1, H, W C); weights (kernels, kh, kw); then those of `Setting`,
    where sums in int16 are not scaled; output as blocks (1, strips, blocks, rows, cells).
    """
    number, kernels = NUMBERS[sums], 2 if response == "magnitude" else 1
    (x, y, *task), k = block_variables(), hl.Var("k")
    image, weights = hl.ImageParam(NUMBERS[source], 3, "image"), hl.ImageParam(number, 3, "weights")
    setting = Setting()

    # algorithm
    bordered = bordered_block(image, setting, number)
    total, out = hl.Func("total"), hl.Func("out")
    taps, most, width = height or ANY, weights.dim(1).extent(), weights.dim(0).extent()
    runs = hl.RDom([(0, taps), (0, 1 if height else most / taps), (0, width)])
    rest = hl.RDom([(0, most % taps), (0, width)])

    def product(row: hl.Expr, column: hl.Expr) -> hl.Expr:
        return weights[column, row, k] * bordered[x + setting.step * column, y + row, *task]

    total[x, y, k, *task] = hl.cast(number, 0)
    total[x, y, k, *task] += product(runs.x + taps * runs.y, runs.z)
    if not height:
        total[x, y, k, *task] += product(most / taps * taps + rest.x, rest.y)
    across, down = (total[x, y, i, *task] for i in (0, kernels - 1))
    result = hl.sqrt(across * across + down * down) if kernels == 2 else across
    if sums != "int16":
        result = result * hl.cast(number, setting.scale)
    if response == "absolute":
        result = hl.cast(number, hl.abs(result))
    out[x, y, *task] = as_pixels(result, sums, target)

    # schedule: a task is a block of the image; in it, a register tile at a time
    at, _, tile = by_blocks(out, lanes, vectors, rows)
    bordered.compute_at(out, at).store_in(hl.MemoryType.Heap)
    in_registers(total.compute_at(out, tile), lanes, x=vectors * lanes, y=rows, k=kernels)
    main = (
        total.update()
        .reorder(x, y, k, runs.x, runs.y, runs.z)
        .vectorize(x, lanes)
        .unroll(x)
        .unroll(y)
        .unroll(runs.x)
    )
    main.unroll(k)
    if not height:
        total.update(1).reorder(x, y, k, rest.x, rest.y).vectorize(x, lanes).unroll(x).unroll(y).unroll(k)
    start_at_zero(weights, out.output_buffer())
    return out, [image, weights, *setting.arguments]
