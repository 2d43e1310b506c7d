"""
Sums over boxes of any size, from pixels to pixels, in nearly the same time for all of them.

A task is a block of the image. Down its columns every sum is made from the one above it: a row enters, another
leaves. That is exact for integers. Floating-point numbers would drift, and a NaN would never leave; so theirs are
sums from a row in the middle of the task upward, and downward, which are added. Along a row, sums of a few columns
are added to sums of more, and these to a box. Integers are copied with their border first; floating-point numbers
are read in place, and only vectors that touch the ends of the image look into the border's tables.
"""

from typing import Any

import halide as hl

from convolens.pipelines.pixels import (
    NUMBERS,
    Setting,
    as_pixels,
    block_variables,
    bordered_block,
    bordered_cell,
    by_blocks,
    in_registers,
    quotient,
    start_at_zero,
)


def build(
    source: str, sums: str, target: str, response: str, lanes: int, vectors: int, levels: int, few: int, ties: bool
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    source, sums, target : str
        Data types of the image, of sums, and of the result. Sums of integers are exact in theirs, and divided.
    response : str
        ``clip`` for the sums themselves, ``absolute`` for those without their sign.
    lanes, vectors : int
        Rows are summed in steps of ``vectors`` vectors of ``lanes`` cells.
    levels : int
        How many times sums of runs of cells are added up to sums of longer ones, before these make up the box.
    few : int
        How many runs make up a longer one.
    ties : bool
        Whether a quotient may lie in the middle between two integers.

    Notes
    -----
    Arguments, in NumPy's order of axes: image (1, H, W C); those of `Setting`, where floating-point images are
    multiplied by the scale; the box's height; what sums are divided by, and for uint16 the numbers of `quotient`,
    for floats 0 and s, where cells are multiplied by 2^-s before they are summed;
    how many runs of 1, 4, 16, … cells make up the box's width; output as blocks (1, strips, blocks, rows, cells).
    """
    number, running = NUMBERS[sums], not source.startswith("float")
    x, y, *task = block_variables()
    image, setting = hl.ImageParam(NUMBERS[source], 3, "image"), Setting()
    names = ("height", "divisor", "multiplier", "shift", *(f"count_{level}" for level in range(levels + 1)))
    height, divisor, multiplier, shift, *counts = parameters = [hl.Param(hl.Int(32), n) for n in names]
    rows, step = setting.rows, setting.step

    # algorithm
    bordered = bordered_block(image, setting, NUMBERS[source])
    cell = bordered_cell(image, setting, number)
    power = hl.reinterpret(hl.Float(32), (127 - shift) << 23)  # 2 to the power of minus shift
    before = hl.cast(number, power)  # so that neither small products vanish nor large sums overflow

    def value(row: hl.Expr) -> hl.Expr:
        return hl.cast(number, bordered[x, row, *task]) if running else cell(x, row, task) * before

    first, second, column, total, out = (hl.Func(f) for f in ("first", "second", "column", "total", "out"))
    common, later = hl.RDom([(0, height if running else height - rows + 1)]), hl.RDom([(1, rows - 1)])
    first[x, y, *task] = hl.undef(number)
    start = 0 if running else rows - 1
    first[x, start, *task] = hl.cast(number, 0)
    first[x, start, *task] += value(start + common.x)
    if running:
        first[x, later.x, *task] = first[x, later.x - 1, *task] + value(later.x + height - 1) - value(later.x - 1)
        down = hl.Expr(first[x, y, *task])
    else:
        above = rows - 1 - later.x
        first[x, above, *task] = first[x, above + 1, *task] + value(above)
        second[x, y, *task] = hl.undef(number)
        second[x, 0, *task] = hl.cast(number, 0)
        second[x, later.x, *task] = second[x, later.x - 1, *task] + value(later.x + height - 1)
        down = first[x, y, *task] + second[x, y, *task]
    column[x, y, *task] = down if running else down * hl.cast(number, setting.scale)
    parts, lengths = [column], [hl.Expr(1)]
    for level in range(levels):
        wider, narrow, length = hl.Func(f"sum_{few ** (level + 1)}"), parts[-1], lengths[-1]
        wider[x, y, *task] = sum(
            (narrow[x + step * length * j, y, *task] for j in range(1, few)), narrow[x, y, *task]
        )
        parts.append(wider)
        lengths.append(length * few)
    total[x, y, *task] = hl.cast(number, 0)
    at: hl.Expr = hl.cast(hl.Int(32), 0)
    runs = [hl.RDom([(0, count)]) for count in counts]
    for part, length, r, count in zip(parts, lengths, runs, counts, strict=True):
        total[x, y, *task] += part[x + step * (at + length * r.x), y, *task]
        at = at + length * count
    result = hl.Expr(total[x, y, *task])
    if sums in ("uint16", "int32"):
        pixels = quotient(result, divisor, multiplier, shift, target, ties=ties)
    else:
        result = result * hl.cast(number, setting.scale) if running else result
        pixels = as_pixels(hl.abs(result) if response == "absolute" else result, sums, target)
    out[x, y, *task] = pixels

    # schedule: a task is a block of the image; in it row by row, after its columns
    cells = vectors * lanes
    at, row, tile = by_blocks(out, lanes, vectors, 1)
    if running:
        bordered.compute_at(out, at).store_in(hl.MemoryType.Heap)
    for columns in (first,) if running else (first, second):
        columns.compute_at(out, at).store_in(hl.MemoryType.Heap)
        columns.update(0).vectorize(x, lanes)
        columns.update(1).reorder(x, common.x if columns is first else later.x).vectorize(x, lanes)
    first.update(2).reorder(x, later.x).vectorize(x, lanes)
    if not running:
        column.compute_at(out, row).store_in(hl.MemoryType.Stack).vectorize(x, lanes)
    for part in parts[1:]:
        part.compute_at(out, row).store_in(hl.MemoryType.Stack).vectorize(x, lanes)
    in_registers(total.compute_at(out, tile), lanes, x=cells, y=1)
    for stage, r in enumerate(runs):
        total.update(stage).reorder(x, y, r.x).vectorize(x, lanes).unroll(x)
    start_at_zero(out.output_buffer())
    return out, [image, *setting.arguments, *parameters]
