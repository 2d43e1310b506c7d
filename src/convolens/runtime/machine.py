"""What this machine can do, measured: multiply-adds and bytes a second, on one core and on all."""

import functools
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from convolens.runtime import cache
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import available_cores, cache_bytes, cpu
from convolens.runtime.threads import threads

PIPELINE = "convolens.pipelines.peak"
_RATES = ("float32", "float64", "bandwidth")
_ACCUMULATORS = 10  # enough to hide the latency of multiply-adds, few enough for 16 registers
_MULTIPLY_ADDS = 8_000_000  # in one run of a core: about a millisecond
_BYTES = 96 << 20  # read in one run: beyond a core's share of any cache
_SECONDS = 0.04  # of runs for each number: new threads take a while to find a core of their own


@dataclass(frozen=True, slots=True)
class Machine:
    """
    Speeds of this machine.

    Attributes
    ----------
    name : str
        The processor.
    cores : int
        Those that this process may use.
    method : str
        ``compiled loops``, or ``BLAS`` where nothing can be compiled.
    float32, float64 : tuple of float
        Floating-point operations a second, a multiply-add counted as two, on one core and on all.
    bandwidth : tuple of float
        Bytes a second read from memory, by one core and by all.
    """

    name: str
    cores: int
    method: str
    float32: tuple[float, float]
    float64: tuple[float, float]
    bandwidth: tuple[float, float]


def machine(*, measure: bool = False) -> Machine:
    """
    Return the speeds of this machine, measured once and kept on disk.

    Parameters
    ----------
    measure : bool, default False
        Measure again.

    Notes
    -----
    Takes about 0.3 s, and the time to compile three small pipelines where they are not kept yet. The best of
    several runs counts; other work on the machine makes the numbers smaller.
    """
    known = None if measure else known_machine()
    if known is None:
        known = _measure()
        cache.note(_path().name, json.dumps(asdict(known), indent=1))
        _known.cache_clear()
    return known


def known_machine() -> Machine | None:
    """Return the speeds of this machine if they were measured before, without measuring."""
    return _known(_path(), "compiled loops" if compiler.available() else "BLAS")


def _path() -> Path:
    return cache.folder().with_name(f"machine-{available_cores()}.json")


def _measure() -> Machine:
    cores = available_cores()
    if compiler.available():
        rates = [_arithmetic("float32", cores), _arithmetic("float64", cores), _memory(cores)]
        return Machine(cpu().name, cores, "compiled loops", *rates)
    rates = [_blas(np.float32), _blas(np.float64), _copy()]
    return Machine(cpu().name, cores, "BLAS", *rates)


def _arithmetic(dtype: str, cores: int) -> tuple[float, float]:
    """Measure multiply-adds in registers: one task for each core."""
    lanes = cpu().vector_bytes // np.dtype(dtype).itemsize
    loop = compiler.load(PIPELINE, what="arithmetic", dtype=dtype, lanes=lanes, accumulators=_ACCUMULATORS)
    rounds = _MULTIPLY_ADDS // _ACCUMULATORS // 4

    def rate(tasks: int) -> float:
        array, out = np.full((tasks, 2), 0.5, dtype), np.empty((tasks, lanes * _ACCUMULATORS), dtype)
        with threads(tasks):
            seconds = _best(lambda: loop(array, out, scalars=(rounds,)))
        return 2 * rounds * out.size / seconds

    return rate(1), rate(cores)


def _memory(cores: int) -> tuple[float, float]:
    """Measure reading an array that no cache holds, each core its part."""
    lanes = cpu().vector_bytes // 4
    loop = compiler.load(PIPELINE, what="memory", dtype="float32", lanes=lanes, accumulators=_ACCUMULATORS)
    size = max(_BYTES, 2 * cache_bytes().get("L3", 0))
    width = lanes * _ACCUMULATORS
    data = np.ones(size // 4, np.float32)

    def rate(tasks: int) -> float:
        rounds = data.size // tasks // width
        array = data[: tasks * rounds * width].reshape(tasks, rounds * width)
        out = np.empty((tasks, width), np.float32)
        with threads(tasks):
            return array.nbytes / _best(lambda: loop(array, out, scalars=(rounds,)))

    return rate(1), rate(cores)


def _blas(dtype: type[np.floating]) -> tuple[float, float]:
    """Measure NumPy's matrix product, which chooses its threads itself."""
    a = np.full((768, 768), 0.5, dtype)
    rate = 2 * a.shape[0] ** 3 / _best(lambda: a @ a)
    return rate, rate


def _copy() -> tuple[float, float]:
    """Measure NumPy's copy, which reads and writes."""
    source = np.ones(_BYTES // 8, np.float32)
    target = np.empty_like(source)
    rate = 2 * source.nbytes / _best(lambda: np.copyto(target, source))
    return rate, rate


def _best(call: Callable[[], object]) -> float:
    """Time the fastest of several runs, after one that warms up."""
    call()
    best, end = math.inf, time.perf_counter() + _SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


@functools.cache
def _known(path: Path, method: str) -> Machine | None:
    """Read what was measured, if it was here and by this method."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        one, every = zip(*(map(float, fields[name]) for name in _RATES), strict=True)
        rates = zip(one, every, strict=True)
        known = Machine(str(fields["name"]), int(fields["cores"]), str(fields["method"]), *rates)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return known if (known.name, known.cores, known.method) == (cpu().name, available_cores(), method) else None
