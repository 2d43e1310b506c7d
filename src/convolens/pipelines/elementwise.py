"""
A chain of operations on each number, in one pass over memory: functions, and sums or products with other arrays.

Where another array stays the same along an axis, its stride there is 0. Without any operation numbers are copied.
"""

import math
from collections.abc import Callable
from typing import Any

import halide as hl

from convolens.pipelines.epilogue import SMOOTH, finish


def build(dtype: str, lanes: int, chain: str) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32, or float64, which the functions in `SMOOTH` do not take.
    lanes : int
        Channels that are taken together; no more than there are.
    chain : str
        Names from `JOINS`, `NUMBERS` and `SMOOTH`, in their order, with spaces between.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, H, W, C), and for each of `JOINS` another array of its shape;
    channels lie side by side; output likewise. Then scalars: what functions are told; rows, and images,
    a task.
    """
    number, links = hl.Float(64) if dtype == "float64" else hl.Float(32), chain.split()
    source = hl.ImageParam(number, 4, "source")
    others = [hl.ImageParam(number, 4, f"other_{i}") for i, link in enumerate(links) if link in JOINS]
    count = sum(NUMBERS[link][0] for link in links if link in NUMBERS)
    numbers = [hl.Param(hl.Float(64), f"number_{i}") for i in range(count)]
    task_rows, task_images = (hl.Param(hl.Int(32), name) for name in ("task_rows", "task_images"))
    c, x, y, n, strip, task = (hl.Var(name) for name in ("c", "x", "y", "n", "strip", "task"))
    out, guard = hl.Func("out"), hl.TailStrategy.GuardWithIf

    arrays, scalars = iter(others), iter(numbers)
    value = source[c, x, y, n]
    for link in links:
        if link in JOINS:
            value = JOINS[link](value, next(arrays)[c, x, y, n])
        elif link in NUMBERS:
            taken, function = NUMBERS[link]
            value = function(value, *(hl.cast(number, next(scalars)) for _ in range(taken)))
        else:
            value = finish(value, link, hl.f32(1), hl.f32(math.inf))
    out[c, x, y, n] = value

    out.split(y, strip, y, task_rows, guard).split(n, task, n, task_images, guard)
    out.vectorize(c, lanes, hl.TailStrategy.ShiftInwards).reorder(c, x, y, n, strip, task)
    out.fuse(strip, task, task).parallel(task).never_partition_all()
    for buffer in (source, *others, out.output_buffer()):
        for d in range(4):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    return out, [source, *others, *numbers, task_rows, task_images]


def _clip(value: hl.Expr, low: hl.Expr, high: hl.Expr) -> hl.Expr:
    """Cut numbers to a range, whose upper end holds where it is below the lower one; NaN stays."""
    raised = hl.select(value < low, low, value)
    return hl.strict_float(hl.select(raised > high, high, raised))


def _bent(value: hl.Expr, slope: hl.Expr, offset: hl.Expr) -> hl.Expr:
    return _clip(value * slope + offset, hl.cast(value.type(), 0), hl.cast(value.type(), 1))


def _gelu_by_tanh(value: hl.Expr) -> hl.Expr:
    bent = hl.f32(math.sqrt(2 / math.pi)) * (value + hl.f32(0.044715) * value * value * value)
    return value * (1 + SMOOTH["tanh"](bent)) / 2


NUMBERS: dict[str, tuple[int, Callable[..., hl.Expr]]] = {
    "clamp": (2, lambda value, slope, ceiling: finish(value, "clamp", slope, ceiling)),
    "clip": (2, _clip),
    "bent": (2, _bent),
    "gelu-tanh": (0, _gelu_by_tanh),
}
"""Functions, and how many numbers they are told besides."""

JOINS: dict[str, Callable[[hl.Expr, hl.Expr], hl.Expr]] = {
    "add": lambda value, other: value + other,
    "subtract": lambda value, other: value - other,
    "multiply": lambda value, other: value * other,
    "divide": lambda value, other: value / other,
    "prelu": lambda value, other: hl.strict_float(hl.select(value > 0, value, value * other)),
}
"""Operations with another array."""
