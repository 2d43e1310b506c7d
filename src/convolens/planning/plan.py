"""The choice of an algorithm: a short ladder from the spec alone, printable with its alternatives."""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from convolens.algorithms import ALGORITHMS
from convolens.algorithms.base import Algorithm, plain_sum_bound, result_rounding, roundoff
from convolens.errors import SpecError, unknown_name
from convolens.planning.circumstances import circumstances, is_steady
from convolens.planning.cost import predict_pooling, predict_seconds, predict_setup, roofline
from convolens.planning.measured import recall
from convolens.runtime.cpu import available_cores
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec
from convolens.spec.padding import per_dimension
from convolens.spec.pooling import PoolSpec

Following = tuple[PoolSpec, str | None]
"""The max pooling that follows a convolution, and the activation between them."""

TOLERATED_ROUNDOFFS = 1000
"""The default choice may be off by this many roundings of the largest possible output, or as a plain sum is."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    What one algorithm would take for a spec.

    Attributes
    ----------
    algorithm : str
        Its name.
    refusal : str or None
        Why it may not serve; None if it may.
    seconds : float
        Predicted time of one run, the work on weights aside.
    measured : float or None
        Time of one run as :func:`tune_conv` measured it, with the predicted one of a pooling that follows apart;
        None where it did not.
    error_bound : float
        Largest error beside max |input| · Σ |weights|, with the rounding of a float16 result. For ``fft``,
        ``overlap-add`` and ``overlap-save`` an estimate, which takes it that roundings spread evenly.
    workspace : int
        Bytes held beyond input, weight and output.
    setup : float
        Predicted seconds before the first run: compiling what is not kept.
    pools : bool
        Whether it takes maxima that are asked for on the way, so that only these are written.
    """

    algorithm: str
    refusal: str | None
    seconds: float
    error_bound: float
    workspace: int
    setup: float = 0.0
    measured: float | None = None
    pools: bool = False

    @property
    def best_known(self) -> float:
        """Measured time of one run, or else the predicted one."""
        return self.seconds if self.measured is None else self.measured


@dataclass(frozen=True, slots=True)
class Plan:
    """
    How one convolution will be computed, and why so.

    ``print(plan)`` shows the choice beside its alternatives.

    Attributes
    ----------
    spec : ConvSpec
        What is asked.
    chosen : Estimate
        The algorithm that will run.
    estimates : tuple of Estimate
        All algorithms: first those that may serve, by the seconds of as many calls as are planned for, compiling
        included.
    cores : int
        How many cores it is made for.
    pool : PoolSpec or None
        The max pooling that follows.
    """

    spec: ConvSpec
    chosen: Estimate
    estimates: tuple[Estimate, ...]
    cores: int = 1
    pool: PoolSpec | None = None
    algorithms: ClassVar[Mapping[str, Any]] = ALGORITHMS

    @property
    def algorithm(self) -> Any:
        """The algorithm that will run."""
        return self.algorithms[self.chosen.algorithm]

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the result."""
        return (self.pool or self.spec).output_shape

    def __str__(self) -> str:
        spec, least = self.spec, roofline(self.spec, self.cores)
        rows: list[tuple[str, ...]] = [
            ("", "algorithm", "predicted", "measured", "of roofline", "error bound", "workspace", "")
        ]
        for estimate in self.estimates:
            mark, algorithm = "→" if estimate == self.chosen else "", self.algorithms[estimate.algorithm]
            if estimate.refusal:
                rows.append((mark, estimate.algorithm, *[""] * 5, f"no: {estimate.refusal}"))
                continue
            measured = "" if estimate.measured is None else format_time(estimate.measured)
            share = f"{least / estimate.best_known:.0%}" if estimate.best_known else ""
            figures = (f"{estimate.error_bound:.1e}", _bytes(estimate.workspace))
            first = f"; compiles once, about {format_time(estimate.setup)}" if estimate.setup else ""
            row = (mark, estimate.algorithm, format_time(estimate.seconds), measured, share, *figures)
            pools = "; takes the maxima before it writes" if estimate.pools else ""
            rows.append((*row, algorithm.summary + pools + first))
        widths = [max(len(row[i]) for row in rows) for i in range(7)]
        lines = [
            "  ".join((f"{mark:1} {name:<{widths[1]}}", *map(str.rjust, figures, widths[2:]), note)).rstrip()
            for mark, name, *figures, note in rows
        ]
        head = f"{spec.input_shape} * {spec.weight_shape} → {spec.output_shape} {spec.result_dtype}"
        if self.pool:
            head += f", maxima of {'×'.join(map(str, self.pool.window))} → {self.output_shape}"
        count = f"{self.cores} core{'s' if self.cores > 1 else ''}"
        return "\n".join([f"{head}, {count}, roofline of the direct sum {format_time(least)}", *lines])


def plan_conv(
    spec: ConvSpec,
    *,
    exact: bool = False,
    algorithm: str = "auto",
    calls: int = 100_000,
    max_pool: int | tuple[int, ...] | None = None,
    activation: str | None = None,
) -> Plan:
    """
    Choose the fastest algorithm that serves a spec, or take the one that is named.

    Parameters
    ----------
    spec : ConvSpec
        What is asked; no array is looked at.
    exact : bool, default False
        Allow only algorithms whose error is that of the plain sum and which keep NaN and infinity in place.
    algorithm : str, default "auto"
        The name of an algorithm to take instead.
    calls : int, default 100 000
        How often it will run: compiling pays only where that makes up for it.
    max_pool, activation
        What follows, as for :func:`prepare_conv`. Some algorithms take the maxima on the way, where the activation
        allows it; for all others the time that pooling takes is added.

    Raises
    ------
    UnknownNameError
        If there is no algorithm of that name.
    SpecError
        If the named algorithm does not serve this spec, ``spec`` is none, or there is no whole window to pool.

    Examples
    --------
    >>> plan_conv(ConvSpec((1, 1, 1024, 1024), (1, 1, 63, 63), padding="same")).chosen.algorithm
    'overlap-save'
    >>> plan_conv(ConvSpec((8, 64, 56, 56), (64, 64, 3, 3), padding=1, dtype="int16")).chosen.algorithm
    'im2col'
    """
    if not isinstance(spec, ConvSpec):
        raise SpecError(f"plan_conv takes a ConvSpec, not {spec!r}; make one from the shapes of input and weight")
    following = None if max_pool is None else (_pool_spec(spec, max_pool), activation)
    machine = available_cores(), thread_count(), circumstances()
    return _plan(spec, bool(exact), algorithm, calls, following, *machine)


def _pool_spec(spec: ConvSpec, window: int | tuple[int, ...]) -> PoolSpec:
    return PoolSpec(
        spec.output_shape,
        per_dimension(window, spec.dims, "max_pool"),
        layout=spec.layout,
        dtype=spec.compute_dtype,
    )


@functools.lru_cache(maxsize=1024)
def _plan(
    spec: ConvSpec,
    exact: bool,
    algorithm: str,
    calls: int,
    following: Following | None,
    cores: int,
    threads: int,
    _circumstances: tuple[object, ...],
) -> Plan:
    if algorithm != "auto" and algorithm not in ALGORITHMS:
        raise unknown_name("algorithm", algorithm, ("auto", *ALGORITHMS))
    times = {} if is_steady() else recall(spec, threads)
    estimates = tuple(
        sorted(
            # Predicted for all cores: the choice, and the last bits with it, does not depend on the threads.
            (_estimate(spec, a, exact, following, cores, times.get(a.name)) for a in ALGORITHMS.values()),
            # Where some were measured, the others were predicted to be far behind.
            key=lambda e: (bool(e.refusal), bool(times) and e.measured is None, e.setup + calls * e.best_known),
        )
    )
    pool = following[0] if following else None
    if algorithm == "auto":
        return Plan(spec, estimates[0], estimates, cores, pool)
    named = next(e for e in estimates if e.algorithm == algorithm)
    refusal = ALGORITHMS[algorithm].refusal(spec) or (named.refusal if exact else None)
    if refusal:
        raise SpecError(
            f"algorithm {algorithm!r} does not serve this convolution: {refusal}; try algorithm='auto'"
        )
    return Plan(spec, named, estimates, cores, pool)


def _estimate(
    spec: ConvSpec,
    algorithm: Algorithm[Any],
    exact: bool,
    following: Following | None,
    cores: int,
    measured: float | None,
) -> Estimate:
    refusal = algorithm.refusal(spec)
    if refusal:
        return Estimate(algorithm.name, refusal, 0.0, 0.0, 0)
    cost, error = algorithm.cost(spec), algorithm.error_bound(spec)
    if exact and not algorithm.plain_sum:
        refusal = "exact=True asks for the plain sum"
    elif error > max(TOLERATED_ROUNDOFFS * roundoff(spec), plain_sum_bound(spec)):
        refusal = f"its error bound is {error:.0e}"
    error += result_rounding(spec)
    seconds, workspace = predict_seconds(spec, cost, cores), cost.workspace
    pooling = following and algorithm.pooling(spec, following[0].window, following[1])
    if following and not pooling:
        apart = predict_pooling(following[0], cores)
        seconds, measured = seconds + apart, measured and measured + apart
        workspace += math.prod(spec.output_shape) * spec.compute_dtype.itemsize
    setup = predict_setup((pooling or algorithm).pipeline(spec))
    return Estimate(algorithm.name, refusal, seconds, error, workspace, setup, measured, bool(pooling))


def format_time(seconds: float) -> str:
    """
    Write a time to three digits.

    >>> format_time(0.00123)
    '1.23 ms'
    """
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def _bytes(count: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count} B"
