"""What a kernel's parameters must be; each check returns the value in its plain Python type."""

import math
import operator
from typing import SupportsFloat, SupportsIndex

from convolens.errors import SpecError

LARGEST_SIDE = 2047
"""The longest side of a designed kernel, in cells: 2047 × 2047 weights are 32 MiB."""


def number(name: str, value: SupportsFloat, *, least: float = -math.inf, above: float = -math.inf) -> float:
    """
    Check that ``value`` is a finite number, at least ``least`` and greater than ``above``.

    >>> number("sigma", 2, above=0)
    2.0
    >>> number("sigma", float("nan"), above=0)
    Traceback (most recent call last):
    ...
    convolens.errors.SpecError: sigma must be a finite number greater than 0, found nan
    """
    wanted = f"{name} must be a finite number"
    if least > -math.inf:
        wanted += f" of at least {least:g}"
    if above > -math.inf:
        wanted += f" greater than {above:g}"
    try:
        found = float(value) if not isinstance(value, (str, bytes, bool)) else math.nan
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not (math.isfinite(found) and found >= least and found > above):
        raise SpecError(f"{wanted}, found {value!r}")
    return found


def side(value: SupportsIndex, *, name: str = "size", least: int = 1, odd: bool = False) -> int:
    """
    Check that ``value`` is a side in cells: ``least`` to ``LARGEST_SIDE``, odd where a centre is needed.

    >>> side(5, odd=True)
    5
    >>> side(4, odd=True)
    Traceback (most recent call last):
    ...
    convolens.errors.SpecError: size must be odd, so that one cell is the centre, found 4; use 3 or 5
    """
    try:
        found = operator.index(value) if not isinstance(value, bool) else 0
    except TypeError:
        found = 0
    if not least <= found <= LARGEST_SIDE:
        raise SpecError(f"{name} must be a whole number from {least} to {LARGEST_SIDE}, found {value!r}")
    if odd and found % 2 == 0:
        raise SpecError(
            f"{name} must be odd, so that one cell is the centre, found {found}; use {found - 1} or {found + 1}"
        )
    return found


def side_for(reach: float, *, because: str) -> int:
    """
    The odd side that holds every cell within ``reach`` of the centre; ``because`` names what asked for it.

    >>> side_for(2.5, because="sigma=1")
    7
    """
    if reach > LARGEST_SIDE // 2:
        raise SpecError(
            f"{because} needs a kernel of more than {LARGEST_SIDE} cells a side; "
            "use a smaller one, or shrink the image first"
        )
    return 2 * math.ceil(reach) + 1
