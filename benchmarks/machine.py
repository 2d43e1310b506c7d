"""The machine, its versions, its peak, and how a process is held to some of its cores."""

import contextlib
import importlib.metadata
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.contenders.registry import MODULES

PACKAGES = {name: name for name in MODULES} | {
    "opencv": "opencv-python-headless",
    "skimage": "scikit-image",
    "numpy": "numpy",
}
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "HL_NUM_THREADS",
    "CONVOLENS_THREADS", "NPROC",
)  # fmt: skip


def environment(threads: int) -> dict[str, str]:
    """Return this process's environment with every known thread pool set; to be read before libraries load."""
    pinned = os.environ | dict.fromkeys(_THREAD_VARIABLES, str(threads))
    if threads == 1:
        pinned["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip()
    return pinned


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pin(threads: int) -> None:
    """Hold this process, and all threads it will start, to as many cores as it has threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def versions() -> dict[str, str]:
    """Return the installed versions of all contenders; who is missing is left out."""
    found = {}
    for name, package in PACKAGES.items():
        try:
            found[name] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def describe() -> dict[str, str]:
    """Return what identifies the machine."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9 if hasattr(os, "sysconf") else 0
    return {
        "processor": _processor(),
        "cores": str(cores()),
        "memory": f"{gigabytes:.0f} GB",
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def peak(dtype: str) -> float:
    """
    Return the most operations per second that a large product of matrices reaches on the threads there are.

    The best of NumPy's and, where it is installed, PyTorch's, also as a 1×1 convolution by oneDNN: BLAS libraries
    leave half of some processors unused.
    """
    import numpy as np

    n = 1536
    a, b = np.random.default_rng(0).standard_normal((2, n, n)).astype(dtype)
    out = np.empty_like(a)
    products: list[Callable[[], object]] = [lambda: np.matmul(a, b, out=out)]
    with contextlib.suppress(ModuleNotFoundError):
        import torch

        left, right = torch.from_numpy(a), torch.from_numpy(b)
        image = left.reshape(1, n, n, 1).contiguous(memory_format=torch.channels_last)
        kernels = right.reshape(n, n, 1, 1)
        products += [lambda: torch.matmul(left, right), lambda: torch.nn.functional.conv2d(image, kernels)]
    return 2 * n**3 / min(_best_of(product, 8) for product in products)


def _best_of(call: Callable[[], object], times: int) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def _processor() -> str:
    """Return the model's name, and the widest vectors it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = facts.get("flags", "").split()
    widest = next(
        (label for flag, label in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), platform.machine()
    )
    return f"{facts.get('model name', platform.machine())}, {widest}"
