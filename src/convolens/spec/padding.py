"""How much border each side of an image gets: the ways of saying it, resolved to pairs of cells."""

import operator
from collections.abc import Sequence
from typing import Any

from convolens.errors import SpecError, unknown_name

Pads = tuple[tuple[int, int], ...]
Padding = str | int | Sequence[int] | Sequence[tuple[int, int]]

NAMES = ("valid", "same", "same-upper", "same-lower", "full")


def whole_number(value: Any, name: str, least: int) -> int:
    """
    Take ``value`` as an integer that is at least ``least``.

    Raises
    ------
    SpecError
        If it is not a whole number (NaN and 1.5 are not) or too small.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise SpecError(f"{name} must be a whole number, not {value!r}") from None
    if isinstance(value, bool) or number < least:
        raise SpecError(f"{name} must be a whole number of at least {least}, not {value!r}")
    return number


def whole_shape(shape: Any, name: str) -> tuple[int, ...]:
    """
    Take ``shape`` as a tuple of whole numbers, none of them negative.

    >>> whole_shape([1, 3, 224, 224], "input shape")
    (1, 3, 224, 224)
    """
    if isinstance(shape, str) or not hasattr(shape, "__iter__"):
        raise SpecError(f"{name} must be a sequence of whole numbers, not {shape!r}")
    return tuple(whole_number(n, name, 0) for n in shape)


def per_dimension(value: Any, dims: int, name: str, least: int = 1) -> tuple[int, ...]:
    """
    Take one whole number for all dimensions, or one for each.

    >>> per_dimension(2, 3, "stride"), per_dimension((1, 2), 2, "stride")
    ((2, 2, 2), (1, 2))
    """
    if isinstance(value, str) or not hasattr(value, "__len__") or getattr(value, "shape", None) == ():
        return (whole_number(value, name, least),) * dims
    if len(value) != dims:
        raise SpecError(f"{name} needs one number or {dims}, one a dimension, but {value!r} has {len(value)}")
    return tuple(whole_number(v, name, least) for v in value)


def padding_name(padding: Padding) -> str | None:
    """
    Read the name of a padding, whatever its case and blanks; None for one in numbers.

    >>> padding_name(" Same_Lower"), padding_name(1)
    ('same-lower', None)
    """
    if not isinstance(padding, str):
        return None
    name = padding.strip().lower().replace("_", "-")
    if name not in NAMES:
        raise unknown_name("padding", padding, NAMES)
    return name


def resolve_padding(
    padding: Padding, input_size: Sequence[int], window_size: Sequence[int], stride: Sequence[int]
) -> Pads:
    """
    Resolve a padding to (before, after) cells for every dimension.

    Parameters
    ----------
    padding : str, int, sequence of int or of pairs
        ``"valid"``: none. ``"same"`` or ``"same-upper"``: output = ceil(input / stride), an odd cell goes after
        (``"same-lower"``: before). ``"full"``: every window that touches the image. One number: both sides of
        every dimension. One a dimension: both sides of each. One pair a dimension: (before, after).
    input_size, window_size, stride : sequence of int
        Cells along each dimension; the window is the dilated kernel.

    Raises
    ------
    SpecError
        For negative or fractional numbers, or the wrong count of them.
    UnknownNameError
        For an unknown name.

    Examples
    --------
    >>> resolve_padding("same", [224, 224], [3, 3], [2, 2]), resolve_padding("full", [5], [3], [1])
    (((0, 1), (0, 1)), ((2, 2),))
    >>> resolve_padding((1, 2), [5, 5], [3, 3], [1, 1]), resolve_padding([(0, 1), (2, 3)], [5, 5], [3, 3], [1, 1])
    (((1, 1), (2, 2)), ((0, 1), (2, 3)))
    """
    dims = len(input_size)
    name = padding_name(padding)
    if name is not None:
        return _named_padding(name, input_size, window_size, stride)
    sides: Any = padding if hasattr(padding, "__len__") and getattr(padding, "shape", None) != () else ()
    if any(hasattr(side, "__len__") for side in sides):
        if len(sides) != dims or any(not hasattr(side, "__len__") or len(side) != 2 for side in sides):
            raise SpecError(
                f"padding in pairs needs one (before, after) for each of the {dims} dimensions, not {padding!r}"
            )
        return tuple((whole_number(a, "padding", 0), whole_number(b, "padding", 0)) for a, b in sides)
    return tuple((p, p) for p in per_dimension(padding, dims, "padding", least=0))


def _named_padding(
    name: str, input_size: Sequence[int], window_size: Sequence[int], stride: Sequence[int]
) -> Pads:
    if name == "valid":
        return ((0, 0),) * len(input_size)
    if name == "full":
        return tuple((window - 1, window - 1) for window in window_size)
    totals = (
        max((-(-size // step) - 1) * step + window - size, 0)
        for size, window, step in zip(input_size, window_size, stride, strict=True)
    )
    if name == "same-lower":
        return tuple((total - total // 2, total // 2) for total in totals)
    return tuple((total // 2, total - total // 2) for total in totals)
