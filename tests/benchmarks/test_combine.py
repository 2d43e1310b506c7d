"""Runs that are put together: the last word on each case, and no mixing of machines or versions."""

from typing import Any

import pytest
from benchmarks.combine import combine, measured
from benchmarks.run import document, pieces


def record(case: str, threads: int = 1, median: float = 1e-3) -> dict[str, Any]:
    """Return a record of our time alone."""
    mine = {"status": "ran", "median": median, "iqr": 0.0, "variant": ""}
    return {"case": case, "group": "5x5", "threads": threads, "contenders": {"convolens": mine}, "ratios": {}}


def run(name: str, *records: dict[str, Any], peak: float = 1e11) -> dict[str, Any]:
    """Return a run on this machine."""
    return document([{"threads": 1, "peaks": {"float32": peak}}, *records], name)


def test_the_last_run_counts() -> None:
    """A case that was measured again has its later record; the others stay, in their order."""
    early = run("a", record("one", median=1.0), record("two"), peak=2e11)
    late = run("b", record("one", median=2.0), record("one", threads=2))
    found = combine([early, late])
    medians = [(r["case"], r["threads"], r["contenders"]["convolens"]["median"]) for r in found["records"]]
    assert medians == [("one", 1, 2.0), ("two", 1, 1e-3), ("one", 2, 1e-3)]
    assert found["command"] == "a && b"
    assert found["peaks"] == {"1": {"float32": 2e11}}


@pytest.mark.parametrize("about", ["machine", "versions"])
def test_what_cannot_be_compared_is_not_combined(about: str) -> None:
    """Another processor or another release of a peer is refused, in words."""
    one, other = run("a", record("one")), run("b", record("two"))
    other[about] = other[about] | {"numpy" if about == "versions" else "processor": "another"}
    with pytest.raises(ValueError, match=r"differ: (numpy|processor) .*, another"):
        combine([one, other])


def test_pieces_leave_out_what_is_done() -> None:
    """A run goes on with the cases that it has not measured; memory is measured with most threads alone."""
    chosen = {"5x5": ["one", "two"], "memory": ["one"]}
    assert pieces(chosen, [1, 2]) == [
        (1, "5x5", ["one", "two"]),
        (2, "5x5", ["one", "two"]),
        (2, "memory", ["one"]),
    ]
    done = measured(run("a", record("one"), record("two"), record("one", threads=2)))
    assert pieces(chosen, [1, 2], done) == [(2, "5x5", ["two"]), (2, "memory", ["one"])]
