"""One run out of several: a long one may be measured in pieces, or go on where it was broken off."""

from collections.abc import Iterable
from typing import Any

Record = dict[str, Any]
Measured = tuple[str, str, int]
"""A group, a case and a number of threads."""

SAME = ("machine", "versions")
"""What all pieces have in common, lest a table compare what cannot be compared."""


def combine(runs: list[Record]) -> Record:
    """
    Return one run with the records of all; of what was measured more than once, the last counts.

    Raises
    ------
    ValueError
        If machines or versions differ; the message says in what.
    """
    first, *others = runs
    for other in others:
        if differences := list(_differences(first, other)):
            raise ValueError(f"runs of {first['date']} and {other['date']} differ: {'; '.join(differences)}")
    records = {_measured(record): record for run in runs for record in run["records"]}
    return first | {
        "command": " && ".join(dict.fromkeys(run["command"] for run in runs)),
        "date": max(run["date"] for run in runs),
        "peaks": _peaks(runs),
        "records": list(records.values()),
    }


def measured(run: Record) -> set[Measured]:
    """Tell what a run has measured."""
    return {_measured(record) for record in run["records"]}


def _measured(record: Record) -> Measured:
    return record["group"], record["case"], record["threads"]


def _differences(one: Record, other: Record) -> Iterable[str]:
    for about in SAME:
        for name in sorted(one[about].keys() | other[about].keys()):
            here, there = one[about].get(name, "none"), other[about].get(name, "none")
            if here != there:
                yield f"{name} {here}, {there}"


def _peaks(runs: list[Record]) -> dict[str, dict[str, float]]:
    """Return the best peak of each data type, for each number of threads."""
    best: dict[str, dict[str, float]] = {}
    for run in runs:
        for threads, peaks in run["peaks"].items():
            mine = best.setdefault(threads, {})
            mine |= {dtype: max(peak, mine.get(dtype, 0.0)) for dtype, peak in peaks.items()}
    return best
