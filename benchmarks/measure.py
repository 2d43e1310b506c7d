"""One case, all contenders: first whether they are right, then how fast, in turn."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.case import Array, Case
from benchmarks.contenders import MISSING, OURS, Unable, Variant, load, ours
from benchmarks.reference import error, solve, tolerance

PAUSE = 0.01  # seconds of rest before each turn, and again while thread pools of the contender before still spin
IDLE = 0.1  # share of a core that a process at rest takes at most
LONGEST_REST = 0.5  # seconds
LEAST_SAMPLE = 1e-3  # seconds; quicker calls are repeated within a sample
FAR_BEHIND = 5.0  # algorithms predicted this many times slower than the choice are not tried
GOOD_CHOICE = 1.1

Record = dict[str, Any]


def measure(case: Case, peers: list[str], threads: int, peaks: dict[str, float], *, quick: bool = False) -> Record:
    """Return everything there is to report on a case."""
    data = case.data()
    answers = solve(case, data)
    seconds, rounds = (0.3, 3) if quick else (1.5, 15)
    fielded: dict[str, Callable[[], Any]] = {}
    contenders: dict[str, Record] = {}
    for name in (OURS, *peers):
        contenders[name], call = _field(name, case, data, answers, threads)
        if call:
            fielded[name] = call
    samples = time_in_turn(fielded, seconds, rounds)
    for name, times in samples.items():
        contenders[name] |= spread(times) | {"samples": len(times)}
        if case.dtype in peaks and case.operation != "filter":
            contenders[name]["share"] = case.operations / contenders[name]["median"] / peaks[case.dtype]
    return {
        "case": case.name,
        "group": case.group,
        "threads": threads,
        "dtype": case.dtype,
        "operations": case.operations,
        "contenders": contenders,
        "ratios": ratios(samples),
        "accuracy": _accuracy(case, data, answers, contenders[OURS], threads),
        "choice": _choice(case, data, threads, seconds / 3, rounds),
    }


def time_in_turn(calls: dict[str, Callable[[], Any]], seconds: float, rounds: int) -> dict[str, list[float]]:
    """
    Time contenders in turn, A B C A B C …, so that what troubles the machine troubles all.

    Parameters
    ----------
    calls : dict of callable
        What to time.
    seconds : float
        For each contender in all. Who takes longer for a single call is timed once.
    rounds : int
        Turns at most.

    Returns
    -------
    dict of list of float
        Seconds per call, one for each turn.
    """
    repeats, turns = {}, {}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    for name, call in calls.items():
        rest()
        once = _timed(call, 1)
        repeats[name] = max(1, round(LEAST_SAMPLE / once))
        turns[name] = min(rounds, int(seconds / (once * (repeats[name] + 1))))
        if not turns[name]:
            samples[name].append(once)
    for turn in range(max(turns.values(), default=0)):
        for name, call in calls.items():
            if turn < turns[name]:
                rest()
                call()
                samples[name].append(_timed(call, repeats[name]))
    return samples


def rest() -> None:
    """Wait until this process is idle: some threads spin after a call, those of ONNX Runtime for 45 ms."""
    for _ in range(round(LONGEST_REST / PAUSE)):
        used = time.process_time()
        time.sleep(PAUSE)
        if time.process_time() - used < IDLE * PAUSE:
            return


def spread(times: list[float]) -> dict[str, float]:
    """Return median and interquartile range."""
    quartiles = statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else [times[0]] * 3
    return {"median": statistics.median(times), "iqr": quartiles[2] - quartiles[0]}


def _timed(call: Callable[[], Any], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def _field(
    name: str, case: Case, data: dict[str, Array], answers: list[Array], threads: int
) -> tuple[Record, Callable[[], Any] | None]:
    """Return what is known of a contender before the race, and its quickest right way of running."""
    contender = load(name)
    if contender is None:
        return {"status": MISSING}, None
    wrong, quickest = None, None
    try:
        for variant in contender.variants(case, data, threads):
            off = error(variant.outputs(variant.call()), answers)
            if off > tolerance(case):
                wrong = {"status": "wrong", "variant": variant.label, "error": off}
                continue
            once = probe(variant)
            if quickest is None or once < quickest[0]:
                quickest = once, variant, off
    except Unable as reason:
        return {"status": f"unable: {reason}"}, None
    except Exception as failure:
        if name == OURS:
            raise
        return {"status": f"failed: {type(failure).__name__}: {str(failure)[:200]}"}, None
    if quickest is None:
        return wrong or {"status": "unable"}, None
    return {"status": "ran", "variant": quickest[1].label, "error": quickest[2]}, quickest[1].call


def probe(variant: Variant) -> float:
    """Return the best of a few timings; of one, where it is slow."""
    rest()
    once = _timed(variant.call, 1)
    return once if once > 0.2 else min(once, *(_timed(variant.call, 1) for _ in range(4)))


def ratios(samples: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Return each peer's time over ours, taken round by round."""
    mine = samples.get(OURS, [])
    return {
        name: spread([theirs / own for theirs, own in zip(times, mine, strict=False)])
        for name, times in samples.items()
        if name != OURS and mine
    }


def _accuracy(case: Case, data: dict[str, Array], answers: list[Array], default: Record, threads: int) -> Record:
    """Return our largest error, by default and with ``exact=True`` where there is a choice."""
    found = {"default": default.get("error")}
    try:
        variant = next(ours.variants(case, data, threads, exact=True))
        found["exact"] = error(variant.outputs(variant.call()), answers)
    except Unable:
        pass
    return found


def _choice(case: Case, data: dict[str, Array], threads: int, seconds: float, rounds: int) -> Record | None:
    """Time all our algorithms that could be the best, and say whether the planner's choice comes within 10 %."""
    predicted = ours.algorithms(case)
    if len(predicted) < 2:
        return None
    chosen = min(predicted, key=lambda name: predicted[name])
    calls = {
        name: next(ours.variants(case, data, threads, algorithm=name)).call
        for name, seconds in predicted.items()
        if seconds < FAR_BEHIND * predicted[chosen]
    }
    for call in calls.values():
        call()
    times = {name: statistics.median(samples) for name, samples in time_in_turn(calls, seconds, rounds).items()}
    best = min(times, key=lambda name: times[name])
    return {"chosen": chosen, "best": best, "seconds": times, "good": times[chosen] <= GOOD_CHOICE * times[best]}
