"""Measuring instead of predicting: the algorithms that may serve, run in turn on random numbers."""

import functools
import math
import statistics
import time
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from convolens.algorithms import ALGORITHMS
from convolens.algorithms.base import Array
from convolens.errors import unknown_name
from convolens.planning.measured import remember
from convolens.planning.plan import Plan, plan_conv
from convolens.runtime.machine import machine
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

FAR_BEHIND = 8.0  # predicted so many times slower than the fastest, an algorithm is not tried
SECONDS = 0.25  # of runs for each algorithm, at least three
TURN = 5e-3
MOST_TURNS = 50
SLOW = 4.0  # once an algorithm was so many times slower than another, it is not run again
LONGEST_RUN = 0.5  # seconds: what is predicted to take longer for one run is not compared


def tune_conv(spec: ConvSpec, *, exact: bool = False) -> Plan:
    """
    Measure the algorithms that may serve a spec, remember the times, and plan by them.

    Parameters
    ----------
    spec : ConvSpec
        What is asked.
    exact : bool, default False
        As for :func:`plan_conv`; what is measured serves both.

    Returns
    -------
    Plan
        With the measured times. Every later plan for the same spec and number of threads, in this process or
        another, goes by them.

    Notes
    -----
    Takes the memory of input and output, compiles what is not kept yet, and measures the
    machine's speeds if they are not known. Times are medians; other work on the machine spoils them.
    """
    threads = thread_count()
    remember(spec, threads, measure_conv(spec))
    return plan_conv(spec, exact=exact)


def measure_conv(spec: ConvSpec) -> dict[str, float]:
    """Measure as `tune_conv` does, and return the seconds by algorithm; nothing is remembered."""
    machine()
    names = dict.fromkeys((*_worth_trying(spec, exact=False), *_worth_trying(spec, exact=True)))
    return _in_turn(_calls(spec, list(names)))


def compare_conv(
    spec: ConvSpec, algorithms: Collection[str] | None = None, *, seconds: float = 2.0
) -> dict[str, float]:
    """
    Measure algorithms in turn, those far behind too, and return the seconds by algorithm.

    Parameters
    ----------
    spec : ConvSpec
        What is asked.
    algorithms : collection of str, optional
        Their names; by default all. Those that refuse the spec are left out, as are those that are predicted to
        take more than `LONGEST_RUN` for a single run.
    seconds : float, default 2.0
        How long all runs together should take, compiling apart; each algorithm runs at least three times.

    Raises
    ------
    UnknownNameError
        If there is no algorithm of one of the names.
    """
    for name in algorithms or ():
        if name not in ALGORITHMS:
            raise unknown_name("algorithm", name, ALGORITHMS)
    machine()
    names = [
        e.algorithm
        for e in plan_conv(spec).estimates
        if not e.refusal and e.seconds <= LONGEST_RUN and (algorithms is None or e.algorithm in algorithms)
    ]
    return _in_turn(_calls(spec, names), seconds=seconds / len(names), slow=math.inf) if names else {}


def _worth_trying(spec: ConvSpec, *, exact: bool) -> list[str]:
    """Name the algorithms that are not predicted to be far behind the fastest."""
    serving = [e for e in plan_conv(spec, exact=exact).estimates if not e.refusal]
    fastest = min(e.seconds for e in serving)
    return [e.algorithm for e in serving if e.seconds <= FAR_BEHIND * fastest]


def _calls(spec: ConvSpec, names: list[str]) -> dict[str, Callable[[], None]]:
    """Prepare algorithms for the same random numbers."""
    random = np.random.default_rng(0)

    def numbers(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        if dtype.kind == "f":
            return random.standard_normal(shape, np.float32).astype(dtype)
        return random.integers(0, 2, shape).astype(dtype)

    def channels_first(array: Array) -> Array:
        batched = array if array.ndim == spec.dims + 2 else array[np.newaxis]
        return np.moveaxis(batched, -1, 1) if spec.layout == LAST else batched

    x = channels_first(numbers(spec.input_shape, spec.dtype))
    out = channels_first(np.zeros(spec.output_shape, spec.compute_dtype))
    weight = numbers(spec.weight_shape, spec.weight_dtype)
    run = {
        name: functools.partial(ALGORITHMS[name].run, spec, ALGORITHMS[name].prepare(spec, weight))
        for name in names
    }
    return {name: functools.partial(call, x, out) for name, call in run.items()}


def _in_turn(
    calls: dict[str, Callable[[], None]], *, seconds: float = SECONDS, slow: float = SLOW
) -> dict[str, float]:
    """
    Time in turn, A B C A B C …, so that what troubles the machine troubles all.

    Who falls far behind is dropped.
    """
    times = {name: [_turn(call, 0.0)] for name, call in calls.items()}
    spent = dict.fromkeys(calls, 0.0)
    for _ in range(MOST_TURNS):
        best = min(min(found) for found in times.values())
        for name, call in calls.items():
            if spent[name] < seconds and times[name][-1] < slow * best:
                start = time.perf_counter()
                times[name].append(_turn(call, TURN))
                spent[name] += time.perf_counter() - start
    return {name: statistics.median(found[1:] or found) for name, found in times.items()}


def _turn(call: Callable[[], None], least: float) -> float:
    """Return the seconds of a call, repeated for a while, after one that wakes threads and fills caches."""
    if least:
        call()
    start, count = time.perf_counter(), 0
    while not count or time.perf_counter() - start < least:
        call()
        count += 1
    return (time.perf_counter() - start) / count
