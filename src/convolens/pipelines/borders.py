"""Borders as index tables: for every padded cell of an axis the image cell that it shows, −1 for the constant."""

import halide as hl

from convolens.pipelines.indices import clamped


def tables(axes: str = "xyz") -> list[hl.ImageParam]:
    """Declare the tables of the axes."""
    return [hl.ImageParam(hl.Int(32), 1, f"table_{axis}") for axis in axes]


def cell_at(table: hl.ImageParam, padded: hl.Expr) -> hl.Expr:
    """Look up the image cell that a padded cell shows; beyond the table its first or last entry counts."""
    return table[clamped(padded, table.dim(0))]


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
    cell = cell_at(table, padded)
    return hl.clamp(cell, 0, size - 1), cell >= 0
