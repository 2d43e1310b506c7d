"""Borders as index tables: for every padded cell of an axis the image cell that it shows, −1 for the constant."""

import halide as hl


def tables() -> list[hl.ImageParam]:
    """Declare the tables of x, y and z."""
    return [hl.ImageParam(hl.Int(32), 1, f"table_{axis}") for axis in "xyz"]


def look_up(table: hl.ImageParam, padded: hl.Expr, size: hl.Expr) -> tuple[hl.Expr, hl.Expr]:
    """
    Find what a padded cell shows.

    Parameters
    ----------
    table : ImageParam
        Of one axis.
    padded : Expr
        The padded cell; beyond the table its first or last entry counts.
    size : Expr
        Cells of the image along the axis.

    Returns
    -------
    Expr, Expr
        The image cell, always one that exists; whether it is shown, rather than the constant.
    """
    cell = table[hl.clamp(padded, 0, table.dim(0).extent() - 1)]
    return hl.clamp(cell, 0, size - 1), cell >= 0
