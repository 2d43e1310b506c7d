"""The threads of compiled code, ``pool.c``: ready at once, and with subnormal numbers as zeros."""

import ctypes

from convolens.runtime.cpu import available_cores

SPIN = 200  # microseconds that a worker looks out for the next loop before it sleeps


def resize(library: ctypes.CDLL, threads: int) -> None:
    """Send all workers home, and say how many threads there may be; nobody may be in compiled code meanwhile."""
    library.convolens_workers(threads - 1, SPIN if threads <= available_cores() else 0)
