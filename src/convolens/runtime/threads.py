"""How many threads compiled code uses, and what becomes of them when the process forks."""

import contextlib
import ctypes
import operator
import os
import signal
import threading
import weakref
from collections.abc import Iterator
from types import TracebackType
from typing import Any, TypeAlias

from convolens.errors import SpecError
from convolens.runtime import pool
from convolens.runtime.cpu import available_cores

VARIABLE = "CONVOLENS_THREADS"
_Lock: TypeAlias = "threading.RLock"


class Calls:
    """
    The calls that are running, so that a fork can wait until there are none.

    A fork copies one thread only. Worker threads that vanish in mid-work leave their queue locked for ever in the
    child; therefore the workers are sent home first, and that is safe only while nobody gives them work. So each
    thread has a lock, which it holds during a call, and who sends workers home takes them all. ``with`` and locks
    are C: Ctrl-C comes before or after them, and no call stays counted that is over.
    """

    def __init__(self) -> None:
        self.forget()

    def mine(self) -> "_Lock":
        """Return what this thread holds during a call; it waits while workers are sent home."""
        try:
            lock: _Lock = self._local.lock
        except AttributeError:
            with self._joining:
                lock = self._local.lock = threading.RLock()
                self._locks.add(lock)
        return lock

    def close(self) -> int:
        """Hold back new calls, wait for those of other threads to end, and return what :meth:`open` takes."""
        before = len(self._held)
        try:
            self._hold(self._joining)
            for lock in tuple(self._locks):
                self._hold(lock)
        except BaseException:  # a signal handler's, while this waits
            self.open(before)
            raise
        return before

    def _hold(self, lock: "_Lock") -> None:
        self._held.append(lock)  # before it is: whatever happens, `open` gives it back
        lock.acquire()

    def open(self, before: int) -> None:
        """Let calls in again, unless they were held back before."""
        while len(self._held) > before:
            with contextlib.suppress(RuntimeError):  # it was not taken any more
                self._held[-1].release()
            self._held.pop()

    def forget(self) -> None:
        """Start afresh in a forked child, where other threads, and whatever they held, are no more."""
        self._local = threading.local()
        self._joining = threading.RLock()
        self._locks: weakref.WeakSet[_Lock] = weakref.WeakSet()
        self._held: list[_Lock] = []


calls = Calls()
_changing = threading.RLock()  # one at a time changes the number of threads, or forks
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


def thread_count() -> int:
    """Tell how many threads compiled code uses."""
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
    with _changing:
        _count = count
        if _library is None or _wanted() == _given:
            return
        with _undisturbed():
            before = calls.close()
            try:
                _resize()
            finally:
                calls.open(before)


def attach(library: ctypes.CDLL) -> None:
    """Give the compiled runtime its number of threads, from now on."""
    global _library
    with _changing:
        _library = library
        _resize()


def _resize() -> None:
    global _given
    if _library is not None:  # the workers come with the next call that has work for them
        _given = _wanted()
        pool.resize(_library, _given)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Have Ctrl-C wait for the end of a block that lasts as long as one call at most."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or handler is None:
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)


_forking: list[int] = []  # what `calls.open` wants to know once the fork is over


def _before_fork() -> None:
    with _undisturbed():  # Python would say that an exception is ignored, and fork
        _changing.acquire()
        _forking.append(calls.close())
        if _library is not None:
            pool.resize(_library, 1)


def _in_parent() -> None:
    with _undisturbed():
        try:
            _resize()
        finally:
            calls.open(_forking.pop())
            _changing.release()


def _in_child() -> None:
    global _changing
    _forking.clear()
    calls.forget()
    _changing = threading.RLock()
    _resize()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_in_parent, after_in_child=_in_child)
