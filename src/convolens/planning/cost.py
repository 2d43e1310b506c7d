"""From counted work to predicted seconds, by what this machine can do."""

import functools
from dataclasses import dataclass

from convolens.algorithms.base import Cost, Pipeline
from convolens.planning.circumstances import is_steady, machine_that_counts
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import cpu
from convolens.runtime.machine import Machine
from convolens.spec.geometry import ConvSpec
from convolens.spec.pooling import PoolSpec

# Floating-point operations a second of one core, in float32, by the bytes in its vectors, until they are measured.
PEAKS = {64: 1.5e11, 32: 8e10, 16: 2e10}
BANDWIDTH = 1.2e10  # bytes a second of one core, likewise

# How far below the peak other kinds of work stay, measured with NumPy 2 and SciPy 1.17. A Python loop and passes
# over arrays do not gain from a wider processor; their rates are of one core in any case.
SHARES = {"compiled": 1.0, "matmul": 0.7, "fft": 0.07}
STREAM, PYTHON = 8e9, 2e8
SLOWER: dict[str, dict[str, float]] = {
    "float32": {"python": 1, "stream": 1, "matmul": 1, "fft": 1, "compiled": 1},
    "float64": {"python": 1, "stream": 2, "matmul": 2, "fft": 2.8, "compiled": 2},
    "int64": {"python": 1, "stream": 2.5, "matmul": 2, "fft": 1, "compiled": 2},
}
CALL = 5e-6  # seconds a NumPy call takes before it does any work, or a step of the reference's Python loop
COMPILED_CALL = 0.8e-6  # of a call of compiled code, which is repeated without Python
COMPILE = 1.0  # seconds that a pipeline takes to compile where it is not kept, the compiler's start included


@dataclass(frozen=True, slots=True)
class Rates:
    """
    What a number of threads can do in a second.

    Attributes
    ----------
    operations : float
        Additions and multiplications of float32, at most.
    bytes : float
        Read from memory or written to it.
    alone : float
        The same by a single core.
    """

    operations: float
    bytes: float
    alone: float


def rates(threads: int) -> Rates:
    """
    Return the rates of this machine, as measured; as its kind usually has them, before it was.

    ``convolens info`` and ``convolens tune`` measure.
    """
    return _rates(threads, machine_that_counts())


@functools.lru_cache(maxsize=64)
def _rates(threads: int, machine: Machine | None) -> Rates:
    if machine is None:
        return Rates(threads * PEAKS[cpu().vector_bytes], threads * BANDWIDTH, BANDWIDTH)
    share = (min(threads, machine.cores) - 1) / max(1, machine.cores - 1)
    measured = machine.float32, machine.bandwidth
    # All cores do what one can, at least, whatever else ran when they were measured.
    operations, bytes_ = (one + share * max(0.0, every - one) for one, every in measured)
    return Rates(operations, bytes_, machine.bandwidth[0])


def predict_seconds(spec: ConvSpec, cost: Cost, threads: int = 1) -> float:
    """
    Predict how long a run takes, to within a factor of about two.

    Parameters
    ----------
    spec : ConvSpec
        Tells the data type.
    cost : Cost
        What an algorithm counted.
    threads : int, default 1
        How many share the work.
    """
    machine, slower = rates(threads), SLOWER[str(spec.compute_dtype)][cost.work]
    peak = rates(1 if cost.work == "fft" else threads).operations  # SciPy's FFTs are run on one core
    speed = {"python": PYTHON, "stream": STREAM}.get(cost.work) or SHARES[cost.work] * peak
    overhead = COMPILED_CALL if cost.work == "compiled" else CALL
    moved = cost.traffic / (machine.bytes if cost.work == "compiled" else machine.alone)
    return cost.operations * slower / speed + moved + cost.calls * overhead


def roofline(spec: ConvSpec, threads: int = 1) -> float:
    """
    Return the least seconds that the direct sum could take: at the peak, or at the bandwidth to all arrays.

    References
    ----------
    S. Williams, A. Waterman, D. Patterson, Roofline: an insightful visual performance model for multicore
    architectures, 2009, doi:10.1145/1498765.1498785.
    """
    machine = rates(threads)
    arithmetic = 2 * spec.macs * SLOWER[str(spec.compute_dtype)]["compiled"] / machine.operations
    return max(arithmetic, spec.memory / machine.bytes)


def predict_pooling(spec: PoolSpec, threads: int = 1) -> float:
    """Predict how long pooling from one array to another takes: as long as reading and writing them."""
    return spec.memory / rates(threads).bytes + CALL


def predict_setup(pipeline: Pipeline | None) -> float:
    """Predict how many seconds pass before the first run: those of a compiler, unless the code is kept."""
    if pipeline is None or is_steady():
        return 0.0
    name, parameters = pipeline
    return 0.0 if compiler.ready(name, **parameters) else COMPILE
