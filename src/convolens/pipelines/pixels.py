"""What the pipelines over images share: their arguments, a block with its border, tasks, and results as pixels."""

from typing import Any

import halide as hl

NUMBERS = {
    "uint8": hl.UInt(8),
    "uint16": hl.UInt(16),
    "int16": hl.Int(16),
    "float32": hl.Float(32),
    "float64": hl.Float(64),
}


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


def bordered_block(image: hl.ImageParam, setting: Setting, number: hl.Type, lanes: int) -> hl.Func:
    """
    Put the border around an image (planes, rows, cells), as numbers to calculate with.

    Inside the image, cells are read in place; only vectors that touch its ends look into the table.
    """
    x, y, plane = hl.Var("x"), hl.Var("y"), hl.Var("plane")
    length, height = image.dim(0).extent(), image.dim(1).extent()
    columns, lines, before = setting.columns, setting.lines, setting.before
    column = columns[hl.clamp(x, 0, columns.dim(0).extent() - 1)]
    line = lines[hl.clamp(y, 0, lines.dim(0).extent() - 1)]
    constant = hl.cast(number, setting.outside)

    def cell(index: hl.Expr) -> hl.Expr:
        return hl.cast(number, image[hl.clamp(index, 0, length - 1), hl.clamp(line, 0, height - 1), plane])

    at_ends = (x < before) | (x >= before + length)
    end = hl.select(column >= 0, cell(column), constant)
    block = hl.Func("bordered")
    block[x, y, plane] = hl.select(line < 0, constant, hl.select(at_ends, end, hl.likely(cell(x - before))))
    block.vectorize(x, lanes)
    start_at_zero(image, columns, lines)
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


def start_at_zero(*buffers: Any) -> None:
    """Let compiled code take it for granted, and check, that arrays are counted from zero."""
    for buffer in buffers:
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
