"""One operation for any number of dimensions, and its names in one, two and three."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_WORDS = {
    1: ("one dimension", "size"),
    2: ("two dimensions", "height, width"),
    3: ("three dimensions", "depth, height, width"),
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
        Its docstring may say ``{dimensions}`` ("two dimensions") and ``{size}`` ("height, width").

    Returns
    -------
    tuple of three callables
        With the operation's signature, less its first argument.
    """
    return _bound(name, operation, 1), _bound(name, operation, 2), _bound(name, operation, 3)


def _bound(name: str, operation: Callable[Concatenate[int, P], R], dims: int) -> Callable[P, R]:
    def bound(*args: P.args, **kwargs: P.kwargs) -> R:
        return operation(dims, *args, **kwargs)

    words, size = _WORDS[dims]
    signature = inspect.signature(operation)
    functools.update_wrapper(bound, operation)
    attributes: dict[str, Any] = {
        "__name__": name.format(dims),
        "__qualname__": name.format(dims),
        "__signature__": signature.replace(parameters=list(signature.parameters.values())[1:]),
        "__doc__": (operation.__doc__ or "").replace("{dimensions}", words).replace("{size}", size),
    }
    del bound.__wrapped__  # type: ignore[attr-defined]
    for attribute, value in attributes.items():
        setattr(bound, attribute, value)
    return bound
