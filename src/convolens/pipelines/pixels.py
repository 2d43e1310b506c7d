"""What the pipelines over images share: their arguments, a block with its border, tasks, and results as pixels."""

from collections.abc import Callable
from typing import Any

import halide as hl

NUMBERS = {
    "uint8": hl.UInt(8),
    "uint16": hl.UInt(16),
    "int16": hl.Int(16),
    "int32": hl.Int(32),
    "float32": hl.Float(32),
    "float64": hl.Float(64),
}

MAGIC = 1.5 * 2.0**23  # added to a number in float32, leaves no place for a fraction: it is rounded


class Setting:
    """
    What these pipelines are told beside image and weights, in the order of their arguments.

    Attributes
    ----------
    columns, lines : ImageParam
        The source cell of every padded cell along rows and columns, −1 for the constant.
    step, before : Param
        Cells of a pixel, and padded cells in front of a row.
    task_rows, task_cells : Param
        The block of the image that is a task; at least a register tile, and at most the image.
    outside, scale : Param
        The border's constant, and what sums are multiplied by.
    """

    def __init__(self) -> None:
        self.columns, self.lines = (hl.ImageParam(hl.Int(32), 1, name) for name in ("columns", "lines"))
        self.step, self.before, self.task_rows, self.task_cells = (
            hl.Param(hl.Int(32), name) for name in ("step", "before", "task_rows", "task_cells")
        )
        self.outside, self.scale = (hl.Param(hl.Float(64), name) for name in ("outside", "scale"))

    @property
    def arguments(self) -> list[Any]:
        """All of them."""
        return list(vars(self).values())


def bordered_cell(
    image: hl.ImageParam, setting: Setting, number: hl.Type
) -> Callable[[hl.Expr, hl.Expr, hl.Expr], hl.Expr]:
    """
    Read an image (planes, rows, cells) with its border around it, as numbers to calculate with.

    Inside the image, cells are read in place; only vectors that touch its ends look into the table.
    """
    length, height = image.dim(0).extent(), image.dim(1).extent()
    columns, lines, before = setting.columns, setting.lines, setting.before
    constant = hl.cast(number, setting.outside)

    def cell(x: hl.Expr, y: hl.Expr, plane: hl.Expr) -> hl.Expr:
        column = columns[hl.clamp(x, 0, columns.dim(0).extent() - 1)]
        line = lines[hl.clamp(y, 0, lines.dim(0).extent() - 1)]

        def pixel(index: hl.Expr) -> hl.Expr:
            return hl.cast(number, image[hl.clamp(index, 0, length - 1), hl.clamp(line, 0, height - 1), plane])

        at_ends = (x < before) | (x >= before + length)
        end = hl.select(column >= 0, pixel(column), constant)
        return hl.select(line < 0, constant, hl.select(at_ends, end, hl.likely(pixel(hl.likely(x - before)))))

    start_at_zero(image, columns, lines)
    return cell


def bordered_block(image: hl.ImageParam, setting: Setting, number: hl.Type, lanes: int) -> hl.Func:
    """Fill a scratch array with an image and the border around it, as numbers to calculate with."""
    x, y, plane = hl.Var("x"), hl.Var("y"), hl.Var("plane")
    block = hl.Func("bordered")
    block[x, y, plane] = bordered_cell(image, setting, number)(x, y, plane)
    block.vectorize(x, lanes)
    return block


def by_blocks(out: hl.Func, setting: Setting, lanes: int, vectors: int, rows: int) -> tuple[hl.Var, ...]:
    """
    Let a task be a block of the image; in it, some rows at a time, and of these a register tile at a time.

    Returns
    -------
    task, band, tile : Var
        The loops at which something can be computed.
    """
    x, y, plane = out.args()
    task, strip, block, band, tile, wide = (hl.Var(v) for v in ("task", "strip", "block", "band", "tile", "wide"))
    inwards = hl.TailStrategy.ShiftInwards
    (
        out.split(y, strip, y, setting.task_rows, inwards)
        .split(x, block, x, setting.task_cells, inwards)
        .split(y, band, y, rows, inwards)
        .split(x, tile, x, vectors * lanes, inwards)
        .split(x, wide, x, lanes)
        .reorder(x, wide, y, tile, band, block, strip, plane)
        .vectorize(x)
        .unroll(wide)
        .unroll(y)
        .fuse(block, strip, task)
        .fuse(task, plane, task)
        .parallel(task)
        .never_partition_all()
    )
    return task, band, tile


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


def quotient(sums: hl.Expr, divisor: hl.Param, multiplier: hl.Param, shift: hl.Param, target: str) -> hl.Expr:
    """
    Divide whole numbers, none below zero, and round, halves to even: exactly, by multiplication.

    Sums in uint16 and half of the divisor are multiplied, of the product the upper 16 bits are taken and shifted.
    For others a quotient in float32, rather too small than too large, is at most one off: the remainder tells.
    """
    if sums.type() == hl.UInt(16):
        d, half = hl.cast(hl.UInt(16), divisor), hl.cast(hl.UInt(16), divisor / 2)
        raised = sums + half
        found = hl.mul_shift_right(raised, hl.cast(hl.UInt(16), multiplier), 16) >> hl.cast(hl.UInt(16), shift)
        is_tie = hl.cast(hl.UInt(16), hl.select(raised == found * d, 1, 0)) & hl.cast(hl.UInt(16), 1 - divisor % 2)
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
