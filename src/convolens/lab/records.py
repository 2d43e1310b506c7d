"""Frozen dataclasses that come from JSON and go back to it, every value held against its annotation."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from convolens.errors import SpecError, nearest

Record = TypeVar("Record")

LONGEST_NAME = 64
"""Letters that a name may have; more of an unknown one are not held against the known ones."""

NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
LARGEST_WHOLE = 2**53  # beyond it JavaScript's numbers are not exact


@dataclass(frozen=True)
class Within:
    """Limits of an annotated number, or of the length of a text or tuple: both are allowed."""

    least: float
    most: float


class _AnyNumber:
    """Marks numbers that need not be finite."""


ANY_NUMBER = _AnyNumber()
Number = Annotated[float, ANY_NUMBER]
"""A number that may be NaN or infinite: in JSON, which has no signs for these, a text of ``NOT_FINITE``."""


def parse_json(text: str | bytes, where: str) -> Any:
    """
    Parse JSON from a stranger.

    Raises
    ------
    SpecError
        If it is none, holds NaN or infinity, or is nested too deep.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise SpecError(f"{where} is nested too deep to be read") from None
    except ValueError as error:  # broken JSON, text that is not UTF-8, an integer of thousands of digits
        raise SpecError(f"{where} is not JSON: {error}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON; write {json.dumps(name.lower().replace('infinity', 'inf'))}")


def read_record(owner: type[Record], found: object, where: str) -> Record:
    """
    Make a dataclass from the object that JSON holds.

    Parameters
    ----------
    owner : type
        A dataclass; its annotations may be bool, int, float, str, None, `Number`, Literal, tuples and unions of
        these, other such dataclasses, and any of them with `Within`. Fields left out keep their defaults.
    found : object
        What `parse_json` gave.
    where : str
        What it is, for messages.

    Raises
    ------
    SpecError
        If it is no such object: says where, what was found and what is wanted.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Point:
    ...     row: Annotated[int, Within(0, 63)]
    ...     column: int = 0
    >>> read_record(Point, {"row": 3.0}, "point")
    Point(row=3, column=0)
    >>> read_record(Point, {"row": -1}, "point")
    Traceback (most recent call last):
    convolens.errors.SpecError: point.row must be a whole number from 0 to 63, found -1
    """
    if not isinstance(found, Mapping):
        raise SpecError(f"{where} must be an object, found {shown(found)}")
    hints = field_types(owner)
    for name in found:
        if name not in hints:
            near = nearest(str(name)[:LONGEST_NAME], list(hints))
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(hints)}"
            raise SpecError(f"{where} has no field {shown(name)}; {hint}")
    required = {entry.name for entry in _fields(owner) if _is_required(entry)}
    for name in required:
        if name not in found:
            raise SpecError(f"{where} lacks the field {name!r}, {described(hints[name])}")
    return owner(**{name: read_value(hints[name], value, f"{where}.{name}") for name, value in found.items()})


def plain(value: Any) -> Any:
    """
    Turn a record, or a value of one, into what JSON holds.

    >>> plain((1, math.inf, "a"))
    [1, 'inf', 'a']
    """
    if dataclasses.is_dataclass(value):
        return {entry.name: plain(getattr(value, entry.name)) for entry in _fields(type(value))}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def field_types(owner: Any) -> dict[str, Any]:
    """Return the annotations of a dataclass's fields, in their order, evaluated."""
    return _field_types(owner)


@functools.cache
def _field_types(owner: Any) -> dict[str, Any]:
    hints = get_type_hints(owner, include_extras=True)
    return {entry.name: hints[entry.name] for entry in _fields(owner)}


def _fields(owner: Any) -> Sequence[dataclasses.Field[Any]]:
    return dataclasses.fields(owner)


def _is_required(entry: dataclasses.Field[Any]) -> bool:
    return entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING


def read_value(hint: Any, found: Any, where: str) -> Any:
    """Read one value by its annotation; `read_record` says which there may be."""
    kind, parts = get_origin(hint), get_args(hint)
    if hint == Number:
        if isinstance(found, str) and found in NOT_FINITE:
            return NOT_FINITE[found]
        if isinstance(found, float) and not math.isfinite(found):  # from Python: JSON holds none
            return found
        if not _fits(float, found):
            raise _unlike(hint, found, where)
    if kind is Annotated:
        value = read_value(parts[0], found, where)
        size = len(value) if isinstance(value, (str, tuple)) else value
        if not all(limit.least <= size <= limit.most for limit in parts[1:] if isinstance(limit, Within)):
            raise _unlike(hint, found, where)
        return value
    if kind in (Union, UnionType):
        return _read_union(hint, found, where)
    if dataclasses.is_dataclass(hint):
        return read_record(hint, found, where)  # type: ignore[arg-type]  # a class, not one of its instances
    if kind is tuple:
        if not isinstance(found, (list, tuple)) or (parts[-1] is not ... and len(found) != len(parts)):
            raise _unlike(hint, found, where)
        items = parts[:1] * len(found) if parts[-1] is ... else parts
        return tuple(
            read_value(item, value, f"{where}[{index}]")
            for index, (item, value) in enumerate(zip(items, found, strict=True))
        )
    if not _fits(hint, found):
        raise _unlike(hint, found, where)
    if hint is int:
        return int(found)
    return found if not isinstance(found, int) or abs(found) <= LARGEST_WHOLE else float(found)


def _fits(hint: Any, found: Any) -> bool:
    """Whether a value is of a plain kind."""
    if get_origin(hint) is Literal:
        return isinstance(found, str) and found in get_args(hint)
    if hint is NoneType or hint is None:
        return found is None
    if hint in (int, float):
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not abs(found) <= sys.float_info.max:
            return False
        return hint is not int or (abs(found) <= LARGEST_WHOLE and found == int(found))
    return isinstance(found, hint)


def _read_union(hint: Any, found: Any, where: str) -> Any:
    parts = get_args(hint)
    plausible = [part for part in parts if _plausible(part, found)]
    if len(plausible) == 1:
        return read_value(plausible[0], found, where)  # its own error says more than that of the union
    for part in plausible:
        try:
            return read_value(part, found, where)
        except SpecError:
            continue
    raise _unlike(hint, found, where)


def _plausible(hint: Any, found: Any) -> bool:
    """Whether a value is of the kind of JSON that an annotation takes, whatever is in it."""
    kind = get_origin(hint)
    if kind is Annotated:
        return _plausible(get_args(hint)[0], found)
    if dataclasses.is_dataclass(hint):
        return isinstance(found, Mapping)
    if kind is tuple:
        return isinstance(found, (list, tuple))
    if kind is Literal or hint is str:
        return isinstance(found, str)
    return _fits(hint, found)


def _unlike(hint: Any, found: Any, where: str) -> SpecError:
    return SpecError(f"{where} must be {described(hint)}, found {shown(found)}")


def shown(found: Any) -> str:
    """A value as a message can hold it: one line, not long."""
    try:
        text = found if isinstance(found, str) else json.dumps(plain(found), default=repr)
    except RecursionError:
        return "lists in lists, too deep to be shown"
    except (TypeError, ValueError):  # keys that are no text, a list in itself, numbers of thousands of digits
        return f"something of type {type(found).__name__}"
    text = json.dumps(text, ensure_ascii=False) if isinstance(found, str) else text
    return text if len(text) <= 60 else f"{text[:57]}…"


def described(hint: Any) -> str:
    """
    Say in words what an annotation takes.

    >>> described(Annotated[int, Within(1, 64)] | None)
    'a whole number from 1 to 64 or null'
    """
    kind, parts = get_origin(hint), get_args(hint)
    if hint == Number:
        return "a number, 'nan', 'inf' or '-inf'"
    if kind is Annotated:
        limits = parts[1]
        low, high = (f"{limit:g}" for limit in (limits.least, limits.most))
        base = described(parts[0])
        if get_origin(parts[0]) is tuple or parts[0] is str:
            return f"{base}, {low} to {high} long" if low != high else f"{base}, {low} long"
        return f"{base} from {low} to {high}"
    if kind in (Union, UnionType):
        return " or ".join(described(part) for part in parts)
    if kind is Literal:
        return " or ".join(repr(part) for part in parts)
    if kind is tuple:
        if parts[-1] is ...:
            return f"a list, each {described(parts[0])}"
        return f"a list of {', '.join(described(part) for part in parts)}"
    if dataclasses.is_dataclass(hint):
        return f"an object with {', '.join(field_types(hint))}"
    words = {
        bool: "true or false",
        int: "a whole number",
        float: "a finite number",
        str: "a text",
        NoneType: "null",
        None: "null",
    }
    return words[hint]
