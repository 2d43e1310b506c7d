"""What lies outside an image: the five borders, their synonyms, and the cell that each puts at a coordinate."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError, UnknownNameError, nearest, unknown_name

MODES = ("constant", "edge", "reflect", "symmetric", "wrap")

# Names of NumPy, SciPy (ndimage, signal), OpenCV, PyTorch, scikit-image and Keras that mean one thing everywhere.
SYNONYMS = {
    **{mode: mode for mode in MODES},
    "zero": "constant", "zeros": "constant", "fill": "constant", "grid-constant": "constant",
    "border-constant": "constant",
    "replicate": "edge", "nearest": "edge", "clamp": "edge", "border-replicate": "edge",
    "mirror": "reflect", "reflect-101": "reflect", "reflect101": "reflect",
    "border-reflect-101": "reflect", "border-reflect101": "reflect", "border-default": "reflect",
    "symm": "symmetric", "grid-mirror": "symmetric", "border-reflect": "symmetric",
    "half-sample-symmetric": "symmetric",
    "circular": "wrap", "periodic": "wrap", "cyclic": "wrap", "grid-wrap": "wrap", "border-wrap": "wrap",
}  # fmt: skip

_MIRRORS = (
    "'reflect' (the edge cell stands once: c b | a b c) or 'symmetric' (it stands twice: b a | a b c; "
    "this is what SciPy calls 'reflect')"
)
_AMBIGUOUS = {
    **dict.fromkeys(("mirrored", "reflected", "reflection", "mirror-image", "even"), _MIRRORS),
    "extend": "'edge' (the last cell again and again), " + _MIRRORS + " or 'wrap'",
    "pad": "'constant', 'edge', " + _MIRRORS + " or 'wrap'",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Border:
    """
    What lies outside an image.

    Attributes
    ----------
    mode : str
        One of ``constant``, ``edge``, ``reflect``, ``symmetric``, ``wrap``, as :func:`numpy.pad` defines them.
    value : float
        The number outside, for ``constant``; 0 for the others, which take theirs from the image.

    Raises
    ------
    UnknownNameError
        If there is no such mode.
    SpecError
        If the value is not a real number.
    """

    mode: str
    value: float = 0

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise unknown_name("border", self.mode, MODES)
        object.__setattr__(self, "value", _plain_number(self.value))
        if self.mode != "constant" and self.value != 0:
            raise SpecError(f"border {self.mode!r} shows cells of the image; it has no value {self.value!r}")

    def __str__(self) -> str:
        return f"constant {self.value:g}" if self.mode == "constant" else self.mode


def parse_border(border: str | float | Border) -> Border:
    """
    Read a border from its name, or from the number that lies outside.

    Parameters
    ----------
    border : str, float or Border
        One of NumPy's names (``constant``, ``edge``, ``reflect``, ``symmetric``, ``wrap``), an unambiguous
        synonym from another library, or a number: a constant border of that value.

    Raises
    ------
    UnknownNameError
        For a name that is unknown, or that different libraries give to different borders.
    SpecError
        For something that is neither a name nor a number.

    Examples
    --------
    >>> parse_border("replicate"), parse_border(7)
    (Border(mode='edge', value=0), Border(mode='constant', value=7))
    >>> parse_border("mirrored")
    Traceback (most recent call last):
    convolens.errors.UnknownNameError: border 'mirrored' is ambiguous: say 'reflect' (the edge cell stands ...
    """
    if isinstance(border, Border):
        return border
    if not isinstance(border, str):
        return Border("constant", border)
    if border in _NAMED:
        return _NAMED[border]  # the small operations feel the time that a new one takes
    name = border.strip().lower().replace("_", "-")
    if name in SYNONYMS:
        return Border(SYNONYMS[name])
    if name in _AMBIGUOUS:
        raise UnknownNameError(f"border {border!r} is ambiguous: say {_AMBIGUOUS[name]}")
    near = (
        other if SYNONYMS[other] == other else f"{other} ({SYNONYMS[other]})" for other in nearest(name, SYNONYMS)
    )
    hint = " or ".join(map(repr, near))
    found = f"unknown border {border!r}{f'; did you mean {hint}?' if hint else '.'}"
    raise UnknownNameError(f"{found} Known: {', '.join(MODES)}")


def _plain_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise SpecError(f"border must be a name or a number, not {value!r}; names: {', '.join(MODES)}")
    return int(value) if isinstance(value, numbers.Integral) else float(value)


_NAMED = {mode: Border(mode) for mode in MODES}


def without_value(border: str | float | Border) -> Border:
    """
    Read a border for an operation that is linear: whatever constant lies outside adds nothing to it.

    >>> without_value(7), without_value("wrap")
    (Border(mode='constant', value=0), Border(mode='wrap', value=0))
    """
    return Border(parse_border(border).mode)


def source_index(positions: npt.ArrayLike, size: int, border: Border) -> npt.NDArray[np.intp]:
    r"""
    The cell of an axis that a border shows at each position, however far outside.

    Parameters
    ----------
    positions : array_like of int
        Coordinates along an axis; those in ``[0, size)`` are inside.
    size : int
        Number of cells along the axis, at least 1.
    border : Border
        What lies outside.

    Returns
    -------
    ndarray of int
        For each position an index in ``[0, size)``, or −1 where a constant lies.

    Notes
    -----
    ``wrap`` has period ``size``; ``symmetric`` has period ``2 size``, ``reflect`` ``2 size − 2``, and within a
    period index :math:`i` and its mirror image show the same cell. Widths beyond the image just go round again.

    Examples
    --------
    >>> for mode in MODES:
    ...     print(f"{mode:10}", source_index(range(-4, 7), 3, Border(mode)))
    constant   [-1 -1 -1 -1  0  1  2 -1 -1 -1 -1]
    edge       [0 0 0 0 0 1 2 2 2 2 2]
    reflect    [0 1 2 1 0 1 2 1 0 1 2]
    symmetric  [2 2 1 0 0 1 2 2 1 0 0]
    wrap       [2 0 1 2 0 1 2 0 1 2 0]
    """
    index = np.array(positions, np.intp)
    outside = (index < 0) | (index >= size)  # few, as most positions lie inside
    index[outside] = _shown(index[outside], size, border.mode)
    return index


def _shown(outside: npt.NDArray[np.intp], size: int, mode: str) -> npt.NDArray[np.intp]:
    """Find what a border shows at positions outside."""
    match mode:
        case "constant":
            return np.full_like(outside, -1)
        case "edge":
            return np.clip(outside, 0, size - 1)
        case "wrap":
            return outside % size
        case "symmetric":
            index = outside % (2 * size)
            return np.minimum(index, 2 * size - 1 - index)
        case _:
            period = max(2 * size - 2, 1)
            index = outside % period
            return np.minimum(index, period - index) if size > 1 else np.zeros_like(index)


def border_value(border: Border, dtype: np.dtype[Any]) -> float:
    """
    The constant of ``border`` as ``dtype`` can hold it.

    Raises
    ------
    SpecError
        If the image is of integers and the constant is not one, or if it is beyond the range of ``dtype``.
    """
    value = border.value
    if dtype.kind != "f" and isinstance(value, float) and not value.is_integer():
        raise SpecError(
            f"border value {value!r} is not an integer, but input and weight are; "
            "use an integer border or convert the input to float"
        )
    lowest, highest = _range(dtype)
    if abs(value) != math.inf and not math.isnan(value) and not lowest <= value <= highest:
        raise SpecError(
            f"border value {value!r} is beyond the range of {dtype}, which goes from {lowest} to {highest}; "
            "use another border or convert the input"
        )
    return value


def _range(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        return float(np.finfo(dtype).min), float(np.finfo(dtype).max)
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
