"""What can go wrong, each with one message: what was asked, what was found, what to do."""

import difflib
from collections.abc import Iterable


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


def unknown_name(kind: str, name: object, known: Iterable[str]) -> UnknownNameError:
    """
    Build the error for a ``name`` that is not among the ``known`` ones, with the nearest names offered.

    >>> print(unknown_name("border", "reflct", ["constant", "edge", "reflect"]))
    unknown border 'reflct'; did you mean 'reflect'? Known: constant, edge, reflect
    """
    names = list(known)
    near = difflib.get_close_matches(str(name).lower(), names, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ";"
    return UnknownNameError(
        f"unknown {kind} {name!r}{hint} Known: {', '.join(names)}".replace("; Known", ". Known")
    )
