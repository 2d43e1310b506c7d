"""How numbers and sums of numbers are written in explanations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Writer = Callable[[Any], str]


def number(value: Any, digits: int = 5) -> str:
    """
    Write integers in full, and other numbers to five significant digits.

    >>> number(-12345678), number(2.0), number(1 / 3), number(-0.0), number(1.25e-9)
    ('-12345678', '2', '0.33333', '0', '1.25e-09')
    """
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        if math.isfinite(value) and value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return f"{value:.{digits}g}"
    return str(int(value))


def writer(values: npt.ArrayLike) -> Writer:
    """
    Choose how to write numbers that stand together: with one number of decimals, where that shows them all.

    >>> write = writer([-1.25, 0, 23.456])
    >>> [write(value) for value in (-1.25, 0, 23.456)]
    ['-1.25', '0', '23.46']
    >>> write = writer([1.5e-9, 2])
    >>> write(1.5e-9)
    '1.5e-09'
    """
    array = np.asarray(values)
    sizes = np.abs(array[np.isfinite(array) & (array != 0)])
    if array.dtype.kind != "f" or not sizes.size or (sizes == np.floor(sizes)).all():
        return number
    decimals = max(3 - math.floor(math.log10(sizes.max())), 0)
    if sizes.max() >= 1e6 or sizes.min() < 10.0**-decimals:
        return lambda value: number(value, 4)
    return lambda value: f"{value:.{decimals}f}" if value != 0 and math.isfinite(value) else number(value)


def summed(values: Iterable[Any], write: Writer = number) -> str:
    """
    Write numbers as a sum, the signs of later ones as its operators; ``write`` writes one number.

    >>> summed([-10, 0, 30, -2.5])
    '-10 + 0 + 30 - 2.5'
    """
    first, *rest = [write(value) for value in values]
    return first + "".join(f" - {term[1:]}" if term[0] == "-" else f" + {term}" for term in rest)


def is_rounded(values: npt.NDArray[Any]) -> bool:
    """Tell whether any of the values has more digits than :func:`writer` shows."""
    if values.dtype.kind != "f":
        return False
    write = writer(values)
    return any(float(write(value)) != value for value in values[np.isfinite(values)].tolist())
