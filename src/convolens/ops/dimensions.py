"""One operation for any number of dimensions, and its names in one, two and three."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from convolens.ops.arrays import quietly
from convolens.spec.layout import FIRST

P = ParamSpec("P")
R = TypeVar("R")

_WORDS = {
    1: {"dimensions": "one dimension", "size": "size", "layout": "NCW"},
    2: {"dimensions": "two dimensions", "size": "height, width", "layout": "NCHW"},
    3: {"dimensions": "three dimensions", "size": "depth, height, width", "layout": "NCDHW"},
}


def in_dimensions(
    name: str, operation: Callable[Concatenate[int, P], R]
) -> tuple[Callable[P, R], Callable[P, R], Callable[P, R]]:
    """
    Give an operation whose first argument is the number of dimensions its three public names.

    Parameters
    ----------
    name : str
        With ``{}`` where the number goes, as in ``"conv{}d_grad_input"``.
    operation : callable
        Its docstring may say ``{dimensions}`` ("two dimensions"), ``{size}`` ("height, width") and ``{layout}``
        ("NCHW").

    Returns
    -------
    tuple of three callables
        With the operation's signature, less its first argument, and with the layout's own letters as its default.
        Overflow and ∞ − ∞ do not warn.
    """
    return _bound(name, operation, 1), _bound(name, operation, 2), _bound(name, operation, 3)


def _bound(name: str, operation: Callable[Concatenate[int, P], R], dims: int) -> Callable[P, R]:
    signature = _signature(operation, _WORDS[dims]["layout"])

    @quietly
    def bound(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return operation(dims, *args, **kwargs)
        except TypeError:
            try:  # afterwards, as it takes longer than a small call
                signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{bound.__name__}: {error}") from None
            raise

    words = operation.__doc__ or ""
    for placeholder, word in _WORDS[dims].items():
        words = words.replace(f"{{{placeholder}}}", word)
    functools.update_wrapper(bound, operation)
    delattr(bound, "__wrapped__")
    attributes: dict[str, Any] = {
        "__name__": name.format(dims),
        "__qualname__": name.format(dims),
        "__signature__": signature,
        "__doc__": words,
    }
    for attribute, value in attributes.items():
        setattr(bound, attribute, value)
    return bound


def _signature(operation: Callable[..., Any], layout: str) -> inspect.Signature:
    """Leave out the number of dimensions, and show the layout by its letters."""
    signature = inspect.signature(operation)
    _, *parameters = signature.parameters.values()
    shown = (p.replace(default=layout) if p.default == FIRST else p for p in parameters)
    return signature.replace(parameters=list(shown))
