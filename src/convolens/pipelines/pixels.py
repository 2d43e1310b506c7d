"""What the pipelines over images share: their arguments, a block with its border, tasks, and results as pixels."""

from collections.abc import Callable, Sequence
from typing import Any

import halide as hl

from convolens.pipelines.indices import promised

NUMBERS = {
    "uint8": hl.UInt(8),
    "uint16": hl.UInt(16),
    "int16": hl.Int(16),
    "int32": hl.Int(32),
    "float32": hl.Float(32),
    "float64": hl.Float(64),
}

RUN_BYTES = 64  # of a row that are copied together, and
LEAST_RUN = 32  # cells
MAGIC = 1.5 * 2.0**23  # added to a number in float32, leaves no place for a fraction: it is rounded


class Setting:
    """
    What these pipelines are told beside image and weights, in the order of their arguments.

    The result comes as blocks of equal size, which overlap where they must; a block is a task.

    Attributes
    ----------
    columns, lines : ImageParam
        The source cell of every padded cell along rows and columns, −1 for the constant.
    step, before : Param
        Cells of a pixel, and padded cells in front of a row.
    row_step, cell_step : Param
        Rows from block to block, and cells.
    rows, room : Param
        Rows of a block, and cells that a row of it needs with those around it.
    outside, scale : Param
        The border's constant, and what sums are multiplied by.
    """

    def __init__(self) -> None:
        self.columns, self.lines = (hl.ImageParam(hl.Int(32), 1, name) for name in ("columns", "lines"))
        self.step, self.before, self.row_step, self.cell_step, self.rows, self.room = (
            hl.Param(hl.Int(32), name) for name in ("step", "before", "row_step", "cell_step", "rows", "room")
        )
        self.outside, self.scale = (hl.Param(hl.Float(64), name) for name in ("outside", "scale"))

    @property
    def arguments(self) -> list[Any]:
        """All of them."""
        return list(vars(self).values())


def bordered_cell(
    image: hl.ImageParam, setting: Setting, number: hl.Type
) -> Callable[[hl.Expr, hl.Expr, Sequence[hl.Expr]], hl.Expr]:
    """
    Read a block of an image with its border around it in place, as numbers to calculate with.

    Only vectors that touch the image's ends look into the table.
    """
    length, padded = image.dim(0).extent(), setting.columns.dim(0).extent()
    constant = hl.cast(number, setting.outside)

    def cell(x: hl.Expr, y: hl.Expr, task: Sequence[hl.Expr]) -> hl.Expr:
        block, strip, plane = task
        at = setting.cell_step * block + x
        column = setting.columns[hl.clamp(at, 0, padded - 1)]
        line = setting.lines[promised(setting.row_step * strip + y, setting.lines.dim(0).extent())]

        def pixel(index: hl.Expr) -> hl.Expr:
            row = hl.clamp(line, 0, image.dim(1).extent() - 1)
            return hl.cast(number, image[hl.clamp(index, 0, length - 1), row, plane])

        at_ends = (at < setting.before) | (at >= setting.before + length)
        end = hl.select(column >= 0, pixel(column), constant)
        inside = hl.likely(pixel(hl.likely(at - setting.before)))
        return hl.select(line < 0, constant, hl.select(at_ends, end, inside))

    start_at_zero(image, setting.columns, setting.lines)
    return cell


def bordered_block(image: hl.ImageParam, setting: Setting, number: hl.Type) -> hl.Func:
    """Fill a scratch array with a block of an image (planes, rows, cells) and the border around it."""
    _, y, block, strip, _ = cell = block_variables()
    line = setting.lines[promised(setting.row_step * strip + y, setting.lines.dim(0).extent())]
    start = setting.cell_step * block
    return _bordered(image, setting, number, cell, line, start, setting.room, hl.Expr(True))


def bordered_tile(
    image: hl.ImageParam,
    setting: Setting,
    tile: Sequence[hl.Var],
    corner: Sequence[hl.Expr],
    around: tuple[hl.Expr, hl.Expr],
) -> tuple[hl.Func, Callable[[hl.Expr, hl.Expr], hl.Expr], hl.Expr]:
    """
    Fill a scratch array with a tile of a block and the border around it, where the image does not hold them.

    Parameters
    ----------
    image : ImageParam
        Planes, rows, cells.
    setting : Setting
        As ever.
    tile : sequence of Var
        Which tile of a block, along rows and columns.
    corner : sequence of Expr
        First cell and row of a tile in its block.
    around : tuple of Expr
        Cells and rows of a tile with those that its windows hold.

    Returns
    -------
    bordered : Func
        The scratch array.
    cell : function
        Reads the image itself, where it holds all of them.
    inside : Expr
        Whether it does.
    """
    x, y, block, strip, plane = block_variables()
    length, lines = image.dim(0).extent(), setting.lines
    start = setting.cell_step * block + corner[0]

    def line(row: hl.Expr) -> hl.Expr:
        return lines[promised(setting.row_step * strip + corner[1] + row, lines.dim(0).extent())]

    def cell(column: hl.Expr, row: hl.Expr) -> hl.Expr:
        at = promised(start - setting.before + column, length)
        return image[at, promised(line(row), image.dim(1).extent()), plane]

    in_columns = (start >= setting.before) & (start + around[0] <= setting.before + length)
    inside = in_columns & (line(hl.Expr(0)) >= 0) & (line(around[1] - 1) >= 0)
    place = (x, y, *tile, block, strip, plane)
    bordered = _bordered(image, setting, image.type(), place, line(y), start, around[0], ~inside)
    return bordered, cell, inside


def _bordered(
    image: hl.ImageParam,
    setting: Setting,
    number: hl.Type,
    place: Sequence[hl.Var],
    line: hl.Expr,
    start: hl.Expr,
    room: hl.Expr,
    needed: hl.Expr,
) -> hl.Func:
    """
    Fill rows with cells from ``start`` on, of which there are ``room``, with the border, where they are needed.

    Rows are copied in vectors that lie inside the image, and may overlap; then the cells on either side of it are
    looked up one by one.
    """
    _, y, *others, plane = place
    length, padded = image.dim(0).extent(), setting.columns.dim(0).extent()
    first = hl.clamp(setting.before - start, 0, room)
    last = hl.clamp(setting.before + length - start, first, room)
    together = max(LEAST_RUN, RUN_BYTES // image.type().bytes())
    in_vectors = last - first >= together
    constant = hl.cast(number, setting.outside)
    bordered = hl.Func("bordered")
    bordered[place] = hl.undef(number)

    def lay(at: hl.Expr, column: hl.Expr, shown: hl.Expr) -> None:
        found = image[promised(column, length), hl.clamp(line, 0, image.dim(1).extent() - 1), plane]
        value = hl.select(shown, hl.cast(number, found), constant)
        bordered[promised(at, room), y, *others, plane] = value

    run = hl.RDom([(0, together), (0, (room + together - 1) / together)])
    run.where(needed & in_vectors)
    at = first + hl.min(together * run.y, last - first - together) + run.x
    lay(at, start + at - setting.before, line >= 0)
    bordered.update(0).reorder(run.x, run.y, y).allow_race_conditions().vectorize(run.x)
    ends = ((hl.Expr(0), first, padded - length), (last, room - last, padded - length), (hl.Expr(0), room, room))
    for i, (edge, cells, most) in enumerate(ends, start=1):
        end = hl.RDom([(0, most)])
        end.where(needed & (end.x < cells) & (in_vectors if i < 3 else ~in_vectors))
        column = setting.columns[promised(start + edge + end.x, padded)]
        lay(edge + end.x, column, (line >= 0) & (column >= 0))
        bordered.update(i).reorder(end.x, y)
    start_at_zero(image, setting.columns, setting.lines)
    return bordered


def block_variables() -> tuple[hl.Var, ...]:
    """Name a cell of a block: cell and row in it, which block and strip of blocks, which plane."""
    x, y, block, strip, plane = (hl.Var(v) for v in ("x", "y", "block", "strip", "plane"))
    return x, y, block, strip, plane


def by_blocks(out: hl.Func, lanes: int, vectors: int, rows: int) -> tuple[hl.Var, ...]:
    """
    Let a task be a block of the image; in it, some rows at a time, and of these a register tile at a time.

    Returns
    -------
    task, band, tile : Var
        The loops at which something can be computed.
    """
    x, y, block, strip, plane = out.args()
    band, tile, wide = (hl.Var(v) for v in ("band", "tile", "wide"))
    inwards = hl.TailStrategy.ShiftInwards
    (
        out.split(y, band, y, rows, inwards)
        .split(x, tile, x, vectors * lanes, inwards)
        .split(x, wide, x, lanes)
        .reorder(x, wide, y, tile, band, block, strip, plane)
        .vectorize(x)
        .unroll(wide)
        .unroll(y)
        .parallel(block)
        .parallel(strip)
        .parallel(plane)
        .never_partition_all()
    )
    return block, band, tile


def in_registers(sums: hl.Func, lanes: int, **extents: int) -> hl.Func:
    """Keep sums of one block, of so many cells along each variable named, in registers; vectors lie along x."""
    for variable in sums.args():
        sums.bound_extent(variable, extents.get(variable.name(), 1))
    sums.vectorize(sums.args()[0], lanes)
    for variable in sums.args():
        if variable.name() in extents:
            sums.unroll(variable)
    return sums


def as_pixels(values: hl.Expr, sums: str, target: str) -> hl.Expr:
    """
    Round, halves to even, and hold within the limits of integers; floating point is only converted.

    To a number that is held within 16 bits, 1.5 times the power of two is added that leaves no place for a
    fraction: the processor rounds, and the low bits are the integer.
    """
    kind = NUMBERS[target]
    if not kind.is_uint():
        return hl.cast(kind, values)
    if sums == "int16":
        return hl.saturating_cast(kind, values)
    fraction, bits = (52, hl.UInt(64)) if sums == "float64" else (23, hl.UInt(32))
    number = NUMBERS[sums]
    held = hl.clamp(values, hl.cast(number, 0), hl.cast(number, kind.max()))
    return hl.cast(kind, hl.reinterpret(bits, hl.strict_float(held + hl.cast(number, 1.5 * 2.0**fraction))))


def quotient(
    sums: hl.Expr, divisor: hl.Param, multiplier: hl.Param, shift: hl.Param, target: str, *, ties: bool
) -> hl.Expr:
    """
    Divide whole numbers, none below zero, and round, halves to even: exactly, by multiplication.

    Without ``ties`` the divisor is odd, and there are no halves. Sums in uint16 and half of the divisor are
    multiplied, of the product the upper 16 bits are taken and shifted. For others a quotient in float32, rather
    too small than too large, is at most one off: the remainder tells.
    """
    if sums.type() == hl.UInt(16):
        d, half = hl.cast(hl.UInt(16), divisor), hl.cast(hl.UInt(16), divisor / 2)
        raised = sums + half
        found = hl.mul_shift_right(raised, hl.cast(hl.UInt(16), multiplier), 16) >> hl.cast(hl.UInt(16), shift)
        if not ties:
            return hl.saturating_cast(NUMBERS[target], found)
        is_tie = hl.cast(hl.UInt(16), hl.select(raised == found * d, 1, 0))
        return hl.saturating_cast(NUMBERS[target], found - (found & is_tie))
    single, limit = hl.Float(32), hl.cast(hl.Int(32), NUMBERS[target].max())
    held = hl.min(sums, divisor * limit)
    below = hl.cast(single, 1 - 2.0**-21) / hl.cast(single, divisor)
    magic = hl.strict_float(hl.cast(single, held) * below + hl.cast(single, MAGIC))
    near = hl.reinterpret(hl.Int(32), magic) - hl.reinterpret(hl.Int(32), hl.cast(single, MAGIC))
    is_less = 2 * (held - near * divisor) + (near & 1) > divisor  # a tie leaves an even number as it is
    return hl.cast(NUMBERS[target], near + hl.select(is_less, 1, 0))


def start_at_zero(*buffers: Any) -> None:
    """Let compiled code take it for granted, and check, that arrays are counted from zero."""
    for buffer in buffers:
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
