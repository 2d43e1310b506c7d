"""How many threads compiled code uses."""

import contextlib
import ctypes
import operator
import os
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from convolens.errors import SpecError
from convolens.runtime.cpu import available_cores

VARIABLE = "CONVOLENS_THREADS"
SPIN = 200  # microseconds that a worker looks out for the next loop before it sleeps

_library: ctypes.CDLL | None = None
_count: int | None = None  # what the user asked for
_given: int | None = None  # what the compiled runtime was last given


class threads:  # noqa: N801  a verb to its users
    """
    Set how many threads compiled code uses, for good or for a ``with`` block.

    Results do not depend on it, unless :func:`tune_conv` measured with one number and not with another. The number
    holds for the whole process. Without a call, it is that of the environment variable ``CONVOLENS_THREADS``, or
    else that of the cores which the process may use.

    Parameters
    ----------
    count : int
        At least 1.

    Raises
    ------
    SpecError
        If ``count`` is not a whole number of at least 1.

    Examples
    --------
    >>> with threads(1):
    ...     thread_count()
    1
    """

    def __init__(self, count: int) -> None:
        self._before = _count
        _set(_checked(count, "threads"))

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _set(self._before)


class _Here(threading.local):
    """What holds for one thread."""

    is_alone = False


_here = _Here()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Cut what the calling thread plans and calls meanwhile as for a single thread; others are not concerned."""
    before, _here.is_alone = _here.is_alone, True
    try:
        yield
    finally:
        _here.is_alone = before


def thread_count() -> int:
    """Tell how many threads compiled code uses."""
    if _here.is_alone:
        return 1
    return _wanted() if _given is None else _given


def _wanted() -> int:
    if _count is not None:
        return _count
    wanted = os.environ.get(VARIABLE, "").strip()
    return _checked(int(wanted) if wanted.isdecimal() else wanted, VARIABLE) if wanted else available_cores()


def _checked(count: Any, name: str) -> int:
    try:
        number = 0 if isinstance(count, bool) else operator.index(count)
    except TypeError:
        number = 0
    if number < 1:
        raise SpecError(f"{name} must be a whole number of at least 1, not {count!r}")
    return number


def _set(count: int | None) -> None:
    global _count
    _count = count
    if _library is not None:
        _resize(_library)


def attach(library: ctypes.CDLL) -> None:
    """Give the compiled runtime its number of threads, from now on."""
    global _library
    _library = library
    _resize(library)


def _resize(library: ctypes.CDLL) -> None:
    """Hand the number over, and again if another thread changed it meanwhile, so that the last one holds."""
    global _given
    wanted = None
    while wanted != (now := _wanted()):
        wanted = _given = now
        library.convolens_workers(wanted - 1, SPIN if wanted <= available_cores() else 0)
