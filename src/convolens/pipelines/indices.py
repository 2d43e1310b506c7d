"""Indices that lie where they must: known to, so that no loop asks, or moved there."""

from typing import Any

import halide as hl


def promised(at: hl.Expr, extent: Any) -> hl.Expr:
    """Promise that an index is at least 0 and below ``extent``; a broken promise reads or writes elsewhere."""
    return hl.unsafe_promise_clamped(at, 0, extent - 1)


def within(at: hl.Expr, dimension: Any) -> hl.Expr:
    """Promise that an index lies in a dimension of a buffer, ``buffer.dim(axis)``."""
    return promised(at, dimension.extent())


def clamped(at: hl.Expr, dimension: Any) -> hl.Expr:
    """Move an index that may lie outside a dimension of a buffer to its nearest end."""
    return hl.clamp(at, 0, dimension.extent() - 1)
