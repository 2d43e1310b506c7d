"""What pooling makes of the cells of a window: what is kept of each, how two are joined, and what comes of all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import halide as hl

Parts = tuple[hl.Expr, ...]
"""What is kept of a cell, or of several that were joined: a number, and where it matters their place."""

NOWHERE = 2**31 - 1
"""The place of what lies outside: after all others."""

TYPES = {f"float{bits}": hl.Float(bits) for bits in (32, 64)}
TYPES |= {f"int{bits}": hl.Int(bits) for bits in (8, 16, 32, 64)}
TYPES |= {f"uint{bits}": hl.UInt(bits) for bits in (8, 16, 32, 64)}


@dataclass(frozen=True)
class Joining:
    """
    A way to join cells.

    Attributes
    ----------
    nothing : callable
        What is kept of no cells, by the type of their numbers.
    kept : callable
        What is kept of a cell, by its number and its place in the plane.
    join : callable
        What is kept of two.
    adds : bool
        Whether numbers are added, so that a cell counts as often as it is there.
    finish : callable
        What comes of all, by their number and how many they were.
    """

    nothing: Callable[[hl.Type], Parts]
    kept: Callable[[hl.Expr, hl.Expr], Parts]
    join: Callable[[Parts, Parts], Parts]
    adds: bool
    finish: Callable[[hl.Expr, hl.Expr], hl.Expr] = lambda number, _: number

    def result(self, number: hl.Type) -> hl.Type:
        """Tell in which type the result is: sums of whole numbers are float64."""
        return hl.Float(64) if self.adds and not number.is_float() else number


def sum_type(dtype: str, kind: str) -> str:
    """Tell in which type windows are joined: norms, and sums of whole numbers, in float64."""
    floats = dtype in ("float32", "float64")
    return "float64" if JOININGS[kind].adds and not (floats and kind == "mean") else dtype


def parts_at(func: hl.Func, *at: Any) -> Parts:
    """Read what a function keeps at a point."""
    here = func[at]
    return (hl.Expr(here),) if func.outputs() == 1 else tuple(here[i] for i in range(func.outputs()))


def whole(parts: Parts) -> Any:
    """Put parts together as what a function is defined by."""
    return parts[0] if len(parts) == 1 else hl.Tuple(parts)


def _larger(a: Parts, b: Parts) -> Parts:
    """Take the larger by the one instruction that there is for it; what is wrong with it for NaN is put right."""
    larger = hl.select(b[0] > a[0], b[0], a[0])
    return (hl.strict_float(hl.select(hl.is_nan(b[0]), b[0], larger) if b[0].type().is_float() else larger),)


def _larger_or_first(a: Parts, b: Parts) -> Parts:
    """Of equal numbers take the one whose place comes first, so that the order of joining does not matter."""
    same = (a[0] == b[0]) | (hl.is_nan(a[0]) & hl.is_nan(b[0]))
    taken = hl.strict_float((hl.is_nan(b[0]) & ~hl.is_nan(a[0])) | (b[0] > a[0]) | (same & (b[1] < a[1])))
    return tuple(hl.select(taken, second, first) for first, second in zip(a, b, strict=True))


def _sum(a: Parts, b: Parts) -> Parts:
    return (a[0] + b[0],)


def _zero(number: hl.Type) -> Parts:
    return (hl.cast(number, 0),)


def _mean(number: hl.Expr, count: hl.Expr) -> hl.Expr:
    return number / hl.cast(number.type(), count)


def _root(number: hl.Expr, _: hl.Expr) -> hl.Expr:
    return hl.sqrt(number)


JOININGS = {
    "max": Joining(lambda t: (t.min(),), lambda number, _: (number,), _larger, adds=False),
    "place": Joining(lambda t: (t.min(), hl.i32(NOWHERE)), lambda *both: both, _larger_or_first, adds=False),
    "mean": Joining(_zero, lambda number, _: (number,), _sum, adds=True, finish=_mean),
    "norm-1": Joining(_zero, lambda number, _: (hl.abs(number),), _sum, adds=True),
    "norm-2": Joining(_zero, lambda number, _: (number * number,), _sum, adds=True, finish=_root),
}
