"""Whether values that were read from a file are of the types that are written beside the names."""

import math
from collections.abc import Mapping
from itertools import repeat
from numbers import Integral, Real
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from convolens.errors import SpecError

MALFORMED = (
    KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, MemoryError,
)  # fmt: skip
"""What building something from a file ends with where the file holds something else, or claims to be huge."""


def check_types(owner: type, values: Mapping[str, Any]) -> None:
    """
    Hold values against the annotations of a class.

    Raises
    ------
    SpecError
        If one is of another type, or a number that is not finite.
    """
    hints = get_type_hints(owner)
    for name, value in values.items():
        if name in hints and not _is(value, hints[name]):
            wanted = getattr(hints[name], "__name__", str(hints[name]))
            raise SpecError(f"{owner.__name__} takes {wanted} as {name}, not {value!r}")


def _is(value: Any, hint: Any) -> bool:
    kind, parts = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return any(_is(value, part) for part in parts)
    if kind is Literal:
        return value in parts
    if kind is tuple and parts[-1] is ...:
        return isinstance(value, tuple) and all(_is(item, parts[0]) for item in value)
    if kind is list:
        return isinstance(value, list) and all(_is(item, parts[0]) for item in value)
    if kind is dict:
        return (
            isinstance(value, dict)
            and all(map(_is, value, repeat(parts[0])))
            and all(map(_is, value.values(), repeat(parts[1])))
        )
    if kind is tuple:
        return isinstance(value, tuple) and len(value) == len(parts) and all(map(_is, value, parts))
    if hint is float:
        return isinstance(value, Real) and math.isfinite(value)
    if hint is int:
        return isinstance(value, Integral)
    return isinstance(value, kind or hint)
