"""Memory of large arrays that is taken again and again, since fresh pages come slowly."""

import math
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from convolens.runtime.call import Array, address

LEAST = 1 << 16  # bytes, below which the allocator takes no pages of its own
ALIGNMENT = 64  # bytes: a line of the cache, the longest vector
PIECE = 1 << 25  # bytes that a shelf grows by
SPARE = 3  # times the most that was in use when room was made; so much may be held

_lock = threading.Lock()  # of all pools, none of which holds it for long


class Pool:
    """
    Memory that goes from array to array.

    An array lives as long as somebody holds it or a view of it; then its memory serves another one of its size.
    Where the interpreter does not count who holds what, every array has memory of its own.
    """

    def __init__(self) -> None:
        self._rooms: dict[int, list[Array]] = {}
        self._most = 0  # bytes that were in use when room was made

    def __reduce__(self) -> tuple[type["Pool"], tuple[()]]:
        """Copy and pickle as a pool that holds nothing yet."""
        return Pool, ()

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Make an array without setting its numbers."""
        count = math.prod(shape) * dtype.itemsize
        if count < LEAST or _count is None:
            return np.empty(shape, dtype)
        with _lock:
            idle = _rooms(self._rooms.get(count, []), idle=True)
            room = idle[0] if idle else self._new(count)
            start = -address(room) % ALIGNMENT
            return room[start : start + count].view(dtype).reshape(shape)

    def _new(self, count: int) -> Array:
        """Make more room; give back first what is idle, if too much is held."""
        in_use = {n: some for n, rooms in self._rooms.items() if (some := _rooms(rooms, idle=False))}
        self._most = max(self._most, _bytes(in_use) + count)
        if _bytes(self._rooms) + count > SPARE * self._most:
            self._rooms = in_use
        room = np.empty(count + ALIGNMENT, np.uint8)
        self._rooms.setdefault(count, []).append(room)
        return room

    def clear(self) -> None:
        """Give back all memory; what is in use lives on with its arrays."""
        with _lock:
            self._rooms, self._most = {}, 0

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Have :func:`empty` take memory from here, in this thread."""
        before, _serving.pool = _serving.pool, self
        try:
            yield
        finally:
            _serving.pool = before


class Shelf:
    """
    Memory for arrays that stay, such as weights: side by side, in the order in which they are asked for.

    It comes in large pieces, which systems have larger pages for: so the processor looks up fewer of them while
    it reads through, and what is fetched beyond one array is the next. A piece lives as long as an array in it.

    Parameters
    ----------
    piece : int, default 32 MiB
        Bytes of a piece at least; those that nobody touches take no memory.
    """

    def __init__(self, piece: int = PIECE) -> None:
        self._piece, self._left = piece, np.empty(0, np.uint8)

    def room(self, count: int) -> Array:
        """Return so many bytes, of whatever content, that begin with a line of the cache."""
        whole = -(-count // ALIGNMENT) * ALIGNMENT
        if whole > self._left.size:
            piece = np.empty(max(self._piece, whole) + ALIGNMENT, np.uint8)
            self._left = piece[-address(piece) % ALIGNMENT :]
        room, self._left = self._left[:count], self._left[whole:]
        return room

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Have :func:`lasting` take memory from here, in this thread."""
        before, _serving.shelf = _serving.shelf, self
        try:
            yield
        finally:
            _serving.shelf = before


class _Serving(threading.local):
    """The pool, and the shelf, that serve a thread; none, most of the time."""

    pool: Pool | None = None
    shelf: Shelf | None = None


_serving = _Serving()


def empty(shape: tuple[int, ...], dtype: Any) -> Array:
    """Make an array as ``np.empty`` does, in memory of the pool that serves this thread, if one does."""
    pool = _serving.pool
    return np.empty(shape, dtype) if pool is None else pool.empty(shape, np.dtype(dtype))


def lasting(count: int) -> Array:
    """Return bytes, of whatever content, that begin with a line of the cache; from this thread's shelf, if any."""
    return (_serving.shelf or Shelf(count)).room(count)


def _rooms(rooms: list[Array], *, idle: bool) -> list[Array]:
    """List the rooms that nobody else holds, or the others; arrays on a room hold it as their base."""
    return [rooms[i] for i in range(len(rooms)) if (_references(rooms, i) == ALONE) == idle]


def _bytes(rooms: dict[int, list[Array]]) -> int:
    return sum(size * len(some) for size, some in rooms.items())


_count: Callable[[object], int] | None = getattr(sys, "getrefcount", None)  # some interpreters cannot tell


def _references(rooms: list[Array], i: int) -> int:
    return _count(rooms[i]) if _count else -1


ALONE = _references([np.empty(1, np.uint8)], 0)
"""References to a room that only its list and the asking hold, which interpreters count in ways of their own."""


def _forget_lock() -> None:
    """Replace, in a forked child, a lock that may have been another thread's."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lock)
