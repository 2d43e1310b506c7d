"""Memory that goes from array to array."""

import copy
import os
import pickle
import runpy
import sys
from collections.abc import Callable

import numpy as np
import pytest

from convolens.runtime import memory
from convolens.runtime.memory import ALIGNMENT, LEAST, SPARE, Pool, Shelf, empty, lasting


def test_memory_serves_again() -> None:
    """Once nobody holds an array or a view of it, and not before."""
    pool = Pool()
    with pool.serving():
        first = empty((LEAST, 3), "f4")
        place, view = first.ctypes.data, first.T[1]
        first[...] = 1
        del first
        second = empty((3, LEAST), "f4")
        second[...] = 2
        assert second.ctypes.data != place
        assert (view == 1).all()
        del view
        assert empty((3, LEAST), "f4").ctypes.data == place


def test_does_without_counts_of_references(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some interpreters have none: then no memory serves again."""
    monkeypatch.delattr(sys, "getrefcount")
    pool = runpy.run_path(memory.__file__)["Pool"]()
    arrays = [pool.empty((LEAST,), np.dtype("f4")) for _ in range(2)]
    assert not np.may_share_memory(*arrays)
    assert not pool._rooms


def test_a_forked_child_does_not_wait(run: Callable[..., str]) -> None:
    """Not for a thread that was taking memory when the process forked, and is not there any more."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    text = """
import os, signal, warnings
from convolens.runtime import memory
warnings.simplefilter("ignore")
with memory._lock:
    child = os.fork()
    if not child:
        signal.alarm(5)
        memory.Pool().empty((memory.LEAST,), np.dtype("f4"))
        os._exit(0)
print(os.waitpid(child, 0)[1])
"""
    assert run(text).strip() == "0"


def test_only_within() -> None:
    """Outside, arrays are like all others; small ones are, anyway."""
    pool = Pool()
    assert empty((LEAST,), "f8").base is None
    with pool.serving():
        assert empty((5,), "f8").base is None
        assert empty((LEAST,), "f8").dtype == np.float64
    assert empty((LEAST,), "f8").base is None


def test_copies_hold_nothing() -> None:
    """A copy is a pool of its own."""
    pool = copy.deepcopy(Pool())
    assert pickle.loads(pickle.dumps(pool))._rooms == pool._rooms == {}


def test_gives_back_what_is_idle() -> None:
    """Sizes that are not asked for again do not pile up."""
    pool = Pool()
    with pool.serving():
        for count in range(LEAST, LEAST + 50):
            empty((count,), "u1")
    held = sum(size * len(rooms) for size, rooms in pool._rooms.items())
    assert held <= SPARE * (LEAST + 50)
    pool.clear()
    assert not pool._rooms


def test_keeps_what_is_in_use() -> None:
    """It is counted, and serves again, whatever else was given back meanwhile."""
    pool = Pool()
    with pool.serving():
        first = empty((LEAST,), "u1")
        for count in range(LEAST + 1, LEAST + 50):
            empty((count,), "u1")
        assert len(pool._rooms[LEAST]) == 1
        place = first.ctypes.data
        del first
        assert empty((LEAST,), "u1").ctypes.data == place


def test_arrays_on_a_shelf_lie_side_by_side() -> None:
    """Each begins with a line of the cache and has its own bytes; what has no room left begins a new piece."""
    shelf = Shelf(1000 * ALIGNMENT)
    with shelf.serving():
        arrays = [
            lasting(count) for count in (1, 64, 0, 65, 900 * ALIGNMENT, 200 * ALIGNMENT, 5000 * ALIGNMENT, 7)
        ]
    places = [array.ctypes.data for array in arrays]
    assert all(place % ALIGNMENT == 0 for place in places)
    assert np.diff(places[:5]).tolist() == [64, 64, 0, 128]
    for number, array in enumerate(arrays):
        array[...] = number
    assert all((array == number).all() for number, array in enumerate(arrays))
    assert not np.may_share_memory(lasting(10), lasting(10))
