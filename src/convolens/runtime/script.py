"""What is done to arrays that stay, written down while it is done, to be done again without what led to it."""

import functools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from convolens.runtime.call import Array
from convolens.runtime.memory import empty

Call = Callable[[], object]


class Script:
    """
    Within a ``with`` block, the calls of this thread on arrays that stay where they are.

    To make them again does the same to what the arrays hold then. Whoever changes an array within the block does
    so by :func:`perform`, or by compiled functions that are repeated, or says :func:`refuse`.

    Attributes
    ----------
    calls : list of callable
        In their order.
    is_whole : bool
        Whether nobody refused.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.is_whole = True

    def __enter__(self) -> "Script":
        self._outer, _here.script = _here.script, self
        return self

    def __exit__(self, *_: object) -> None:
        _here.script = self._outer


class _Here(threading.local):
    """What a thread writes; nothing, most of the time."""

    script: Script | None = None


_here = _Here()


def is_written() -> bool:
    """Tell whether this thread writes a script."""
    return _here.script is not None


def perform(function: Callable[..., object], *arguments: Any) -> None:
    """Call a function that changes arrays; it is one call of the script, whatever it does."""
    script, _here.script = _here.script, None
    try:
        function(*arguments)
    finally:
        _here.script = script
    performed(functools.partial(function, *arguments))


def performed(call: Call) -> None:
    """Write down what does again what was just done."""
    if _here.script is not None:
        _here.script.calls.append(call)


def refuse() -> None:
    """Say that something was done which the script does not know of."""
    if _here.script is not None:
        _here.script.is_whole = False


def contiguous(x: Array) -> Array:
    """Return an array whose numbers lie in the order of its axes, or a copy that does."""
    if x.flags.c_contiguous:
        return x
    result = empty(x.shape, x.dtype)
    perform(np.copyto, result, x)
    return result


def reshaped(x: Array, *shape: int) -> Array:
    """Give an array another shape: a view where that can be, else a copy."""
    result = x.reshape(shape)
    if not np.may_share_memory(result, x):
        performed(functools.partial(np.copyto, result.reshape(x.shape), x))
    return result
