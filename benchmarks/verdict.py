"""What the records of a run say about the targets."""

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.contenders.registry import OURS
from benchmarks.groups import ERROR_LIMITS, GROUPS, Group, Target

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    One line of the report: a group at a number of threads against one of its targets.

    Attributes
    ----------
    cases : int
        How many were measured.
    mean : float or None
        Geometric mean of the ratios.
    worst : float or None
        The smallest ratio, or the largest value where a limit is to be kept.
    worst_case : str
        Where that was.
    target : str
        In words; empty if there is none.
    met : bool or None
        None where there is no target, or nothing to compare with.
    """

    group: str
    threads: int
    cases: int
    mean: float | None
    worst: float | None
    worst_case: str
    target: str
    met: bool | None


def best_ratio(record: Record, against: tuple[str, ...] = ()) -> float | None:
    """Return the median ratio of the best of the peers, of those that ran."""
    ratios = [ratio["median"] for peer, ratio in record["ratios"].items() if not against or peer in against]
    return min(ratios, default=None)


def best_peer(record: Record) -> str:
    """Return who that is."""
    return min(record["ratios"], key=lambda peer: record["ratios"][peer]["median"], default="")


def verdicts(records: list[Record]) -> Iterator[Verdict]:
    """Yield a verdict for each group, number of threads and target that the records touch."""
    for group in GROUPS.values():
        for threads in sorted({r["threads"] for r in records if r["group"] == group.name}):
            chosen = [r for r in records if r["group"] == group.name and r["threads"] == threads]
            if group.measure != "ratio":
                yield _against_limit(group, threads, chosen)
            else:
                for target in group.targets or (Target(),):
                    yield _against_peers(group, threads, chosen, target)


def accuracy(records: list[Record]) -> Iterator[tuple[str, float, str, float, bool]]:
    """Yield kind (default, exact), the largest float32 error, its case, the limit, and whether it is kept."""
    for kind, limit in ERROR_LIMITS.items():
        errors = [
            (record["accuracy"][kind], record["case"])
            for record in records
            if record.get("dtype") == "float32"
            and record["group"] != "networks"  # errors of many layers
            and record["accuracy"].get(kind) is not None
        ]
        if errors:
            worst, case = max(errors)
            yield kind, worst, case, limit, worst <= limit


def good_choices(records: list[Record]) -> tuple[int, int]:
    """Return how often the planner's choice was within 10 % of the best of our algorithms, and of how many."""
    choices = [record["choice"]["good"] for record in records if record.get("choice")]
    return sum(choices), len(choices)


def _against_peers(group: Group, threads: int, records: list[Record], target: Target) -> Verdict:
    records = [r for r in records if not target.cases or r["case"] in target.cases]
    found = {r["case"]: ratio for r in records if (ratio := best_ratio(r, target.against)) is not None}
    if not found:
        return Verdict(group.name, threads, len(records), None, None, "", str(target), None)
    mean = math.exp(statistics.fmean(map(math.log, found.values())))
    worst_case = min(found, key=lambda case: found[case])
    worst = found[worst_case]
    met = (target.mean is None or mean >= target.mean) and (target.each is None or worst >= target.each)
    aimed = bool(target.mean or target.each)
    return Verdict(group.name, threads, len(found), mean, worst, worst_case, str(target), met if aimed else None)


def _against_limit(group: Group, threads: int, records: list[Record]) -> Verdict:
    found = {r["case"]: value for r in records if (value := value_of(r)) is not None}
    target = "" if group.limit is None else f"≤ {format_value(group, group.limit)}"
    if not found:
        return Verdict(group.name, threads, len(records), None, None, "", target, None)
    worst_case = max(found, key=lambda case: found[case])
    worst = found[worst_case]
    whole = len(found) == len({r["case"] for r in records})  # a case whose process failed keeps no limit
    met = None if group.limit is None else whole and worst <= group.limit
    return Verdict(group.name, threads, len(found), None, worst, worst_case, target, met)


def value_of(record: Record) -> float | None:
    """Return what a limit is held against: the value measured in a process, or the median of our calls."""
    value: float | None = record.get("value", record.get("contenders", {}).get(OURS, {}).get("median"))
    return value


def format_value(group: Group, value: float) -> str:
    """Write a number in the unit of its group."""
    return format_seconds(value) if group.measure == "seconds" else f"{value:.2f}×"


def format_seconds(seconds: float) -> str:
    """Write a time in the unit that suits it."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
