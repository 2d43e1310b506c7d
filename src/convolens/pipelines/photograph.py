"""
Cross-correlation of an image with any kernel, from pixels to pixels: read once, rounded, saturated, written once.

The channels of a pixel lie side by side, so a row is one run of cells, and the kernel's columns lie a pixel
apart. A task fills a scratch array in cache with a block of the image and its border, as numbers to calculate
with. From there a vector of cells in several rows is summed in registers; the taps of a kernel column are
unrolled, so that a vector that was loaded once serves all rows whose windows hold it.
"""

from typing import Any

import halide as hl

from convolens.pipelines.pixels import NUMBERS, Setting, as_pixels, bordered_block, by_blocks, start_at_zero

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
    where sums in int16 are not scaled; output (1, H, W C).
    """
    number, kernels = NUMBERS[sums], 2 if response == "magnitude" else 1
    x, y, plane, k = (hl.Var(v) for v in ("x", "y", "plane", "k"))
    image, weights = hl.ImageParam(NUMBERS[source], 3, "image"), hl.ImageParam(number, 3, "weights")
    setting = Setting()

    # algorithm
    bordered = bordered_block(image, setting, number, lanes)
    total, out = hl.Func("total"), hl.Func("out")
    taps, most, width = height or ANY, weights.dim(1).extent(), weights.dim(0).extent()
    runs = hl.RDom([(0, taps), (0, 1 if height else most / taps), (0, width)])
    rest = hl.RDom([(0, most % taps), (0, width)])

    def product(row: hl.Expr, column: hl.Expr) -> hl.Expr:
        return weights[column, row, k] * bordered[x + setting.step * column, y + row, plane]

    total[x, y, k, plane] = hl.cast(number, 0)
    total[x, y, k, plane] += product(runs.x + taps * runs.y, runs.z)
    if not height:
        total[x, y, k, plane] += product(most / taps * taps + rest.x, rest.y)
    across, down = (total[x, y, i, plane] for i in (0, kernels - 1))
    result = hl.sqrt(across * across + down * down) if kernels == 2 else across
    if sums != "int16":
        result = result * hl.cast(number, setting.scale)
    if response == "absolute":
        result = hl.cast(number, hl.abs(result))
    out[x, y, plane] = as_pixels(result, sums, target)

    # schedule: a task is a block of the image; in it, a register tile at a time
    task, _, tile = by_blocks(out, setting, lanes, vectors, rows)
    bordered.compute_at(out, task).store_in(hl.MemoryType.Heap)
    total.compute_at(out, tile).bound_extent(x, vectors * lanes).bound_extent(y, rows).bound_extent(k, kernels)
    total.vectorize(x, lanes).unroll(x).unroll(y).unroll(k)
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
