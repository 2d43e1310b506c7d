"""Our own part of the compiled runtime, ``pool.c``: threads that are ready at once, subnormal numbers as zeros."""

import ctypes
import os
import subprocess
from pathlib import Path

from convolens.runtime.cpu import available_cores

SOURCE = Path(__file__).with_name("pool.c")
SPIN = 200  # microseconds that a worker looks out for the next loop before it sleeps


def objects(tool: str, folder: Path) -> list[Path]:
    """Compile it; nothing where the tool compiles no C: then Halide's own threads do the work."""
    compiled = folder / "pool.o"
    command = [tool, "-std=gnu11", "-O2", "-fPIC", "-c", os.fspath(SOURCE), "-o", os.fspath(compiled)]
    done = subprocess.run(command, capture_output=True, check=False)
    return [] if done.returncode else [compiled]


def install(library: ctypes.CDLL) -> None:
    """Have parallel loops run in our threads."""
    if hasattr(library, "convolens_loop"):
        library.halide_set_custom_do_par_for(library.convolens_loop)


def resize(library: ctypes.CDLL, threads: int) -> None:
    """Send all workers home, and say how many threads there may be; nobody may be in compiled code meanwhile."""
    if hasattr(library, "convolens_workers"):
        library.convolens_workers(threads - 1, SPIN if threads <= available_cores() else 0)
    else:
        library.halide_shutdown_thread_pool()
        library.halide_set_num_threads(threads)
