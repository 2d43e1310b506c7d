"""What can go wrong, each with one message: what was asked, what was found, what to do."""

import difflib
from collections.abc import Iterable

MOST_LISTED = 12
"""Of more names than these, a message lists the nearest alone."""


class ConvolensError(Exception):
    """Anything that Convolens refuses; catch this one to catch them all."""


class SpecError(ConvolensError, ValueError):
    """The shapes or options of an operation do not fit together."""


class DTypeError(ConvolensError, TypeError):
    """An array has a data type that the operation does not take."""


class UnknownNameError(ConvolensError, LookupError):
    """A kernel, border, algorithm or option name that does not exist; the message offers the nearest ones."""


class ImageError(ConvolensError, ValueError):
    """A file or array is not an image that can be filtered."""


class FileError(ConvolensError, OSError):
    """A file cannot be read or written."""


class TrainingError(ConvolensError, ArithmeticError):
    """A network cannot be trained on."""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> UnknownNameError:
    """
    Build the error for a ``name`` that is not among the ``known`` ones, with the nearest names offered.

    >>> print(unknown_name("border", "reflct", ["constant", "edge", "reflect"]))
    unknown border 'reflct'; did you mean 'reflect'? Known: constant, edge, reflect
    """
    names = list(known)
    near = nearest(str(name), names)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
    every = "" if near and len(names) > MOST_LISTED else f" Known: {', '.join(names)}"
    return UnknownNameError(f"unknown {kind} {name!r}{hint}{every}")


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """
    Return up to three of the ``known`` names that are most like ``name``; of names equally like it, the first.

    >>> nearest("sobel", ["box", "sobel-x", "sobel-y"])
    ['sobel-x', 'sobel-y']
    """
    likeness = {other: difflib.SequenceMatcher(None, other, name.lower()).ratio() for other in known}
    near = [other for other, ratio in likeness.items() if ratio >= 0.5]
    return sorted(near, key=lambda other: -likeness[other])[:3]
