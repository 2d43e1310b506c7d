"""Memory of compiled code: aligned, kept for the next call where it is large, and never much of it."""

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from convolens.runtime import compile as compiler

LARGE, MOST = 1 << 20, 1 << 24

Malloc = Callable[[int], int | None]
Free = Callable[[int], None]


@pytest.fixture
def memory(warm: Path) -> tuple[Malloc, Free]:
    """Take and give back memory as pipelines do."""
    tool = compiler.linker()
    if tool is None or not compiler.available():
        pytest.skip("needs Halide and a linker")
    library = compiler._runtime_library(tool)
    take, give = library.halide_malloc, library.halide_free
    take.restype, take.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_size_t]
    give.restype, give.argtypes = None, [ctypes.c_void_p, ctypes.c_void_p]
    return (lambda size: take(None, size)), (lambda address: give(None, address))


def resident() -> int:
    """Count the bytes of memory that this process holds, without what C's allocator holds back for itself."""
    status, trim = Path("/proc/self/statm"), getattr(ctypes.CDLL(None), "malloc_trim", None)
    if not status.exists() or trim is None:
        pytest.skip("counts pages in /proc, of glibc's allocator")
    trim(0)
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_blocks_are_aligned_and_apart(memory: tuple[Malloc, Free]) -> None:
    """Small and large ones, new and used again, hold what is written into each."""
    malloc, free = memory
    for _ in range(2):
        sizes = [1, 127, 128, 5000, LARGE, LARGE + 1, LARGE + 1]
        addresses = [malloc(size) for size in sizes]
        for i, (address, size) in enumerate(zip(addresses, sizes, strict=True)):
            assert address is not None
            assert address % 128 == 0
            ctypes.memset(address, i, size)
        for i, (address, size) in enumerate(zip(addresses, sizes, strict=True)):
            assert address is not None
            assert ctypes.string_at(address, size) == bytes([i]) * size
            free(address)


def test_large_blocks_are_kept_and_small_requests_do_not_hold_them(memory: tuple[Malloc, Free]) -> None:
    """A freed block serves the next request of its size, and none below half of it."""
    malloc, free = memory

    def taken(size: int) -> int:
        address = malloc(size)
        assert address is not None
        free(address)
        return address

    first = taken(MOST // 2)
    assert taken(MOST // 2) == first
    held = malloc(MOST // 8)
    assert held is not None
    assert held != first
    assert taken(MOST // 2) == first
    free(held)


def test_no_more_is_kept_than_the_limit(memory: tuple[Malloc, Free]) -> None:
    """Blocks beyond it go back to the system; what could never be had is refused."""
    malloc, free = memory
    before = resident()
    addresses = [malloc(MOST // 2) for _ in range(20)]
    for address in addresses:
        assert address is not None
        ctypes.memset(address, 1, MOST // 2)
    for address in addresses:
        assert address is not None
        free(address)
    assert resident() - before < 2 * MOST
    assert malloc(-1 % (1 << 64)) is None


def test_a_thread_gives_back_what_it_kept(memory: tuple[Malloc, Free]) -> None:
    """Many threads that come and go leave nothing behind."""
    malloc, free = memory

    def work() -> None:
        address = malloc(MOST // 2)
        assert address is not None
        ctypes.memset(address, 1, MOST // 2)
        free(address)

    def run(count: int) -> int:
        for _ in range(count):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        return resident()

    before = run(2)
    assert run(30) - before < 5 * MOST
