"""The clock, the record and the processes, without a word on how long anything takes."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.cases import BY_NAME
from benchmarks.contenders import Variant
from benchmarks.measure import measure, spread, time_in_turn
from benchmarks.processes import first_call, memory
from benchmarks.run import chosen_peers, select

from benchmarks import measure as timing


def test_contenders_take_turns() -> None:
    """A B A B …, each timed as often as there are rounds."""
    order: list[str] = []
    calls = {name: lambda name=name: order.append(name) or sum(range(100_000)) for name in "ab"}
    samples = time_in_turn(calls, 60.0, 4)
    assert [len(times) for times in samples.values()] == [4, 4]
    turns = "".join(order)
    assert [turns.rindex(name) for name in "ab"] == sorted(turns.rindex(name) for name in "ab")
    assert turns.index("b") < turns.rindex("a")


def test_the_slow_are_timed_once() -> None:
    """Who does not fit into the budget has its one call counted."""
    calls = []
    assert len(time_in_turn({"slow": lambda: calls.append(sum(range(300_000)))}, 1e-9, 9)["slow"]) == 1
    assert len(calls) == 1


def test_rests_until_nobody_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as the process takes time while it sleeps, it goes on sleeping, but not for ever."""
    used, slept = iter([0.0, 0.009, 0.009, 0.012, 0.012, 0.0121]), []
    clock = SimpleNamespace(process_time=lambda: next(used), sleep=slept.append)
    monkeypatch.setattr(timing, "time", clock)
    timing.rest()
    assert len(slept) == 3
    busy = itertools.count()
    clock.process_time = lambda: next(busy)
    timing.rest()
    assert sum(slept[3:]) == pytest.approx(timing.LONGEST_REST)


def test_spread_is_median_and_quartiles() -> None:
    """One outlier moves neither."""
    assert spread([3, 1, 2, 4, 500]) == {"median": 3, "iqr": 2}
    assert spread([7]) == {"median": 7, "iqr": 0}


def test_record_of_a_case() -> None:
    """A record has our share of peak, both accuracies, a ratio to the peer and the planner's choice."""
    case = BY_NAME["31x31-on-1024"].shrunk()
    record = measure(case, ["scipy", "torch"], 1, {"float32": 1e9}, quick=False)
    mine, theirs = record["contenders"]["convolens"], record["contenders"]["scipy"]
    assert mine["share"] == pytest.approx(case.operations / mine["median"] / 1e9)
    assert record["ratios"]["scipy"]["median"] > 0
    assert theirs["error"] < 1e-3
    assert max(record["accuracy"]["default"], record["accuracy"]["exact"]) < 2e-5
    choice = record["choice"]
    assert choice["good"] == (choice["seconds"][choice["chosen"]] <= 1.1 * min(choice["seconds"].values()))


def test_a_wrong_peer_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever computes something else is reported, and has no ratio."""
    monkeypatch.setattr(
        "benchmarks.contenders.scientific._filters", lambda case, image: {"no": lambda: image + 100}
    )
    case = BY_NAME["box-5-1mp-float32-grey"].shrunk()
    record = measure(case, ["scipy", "onnxruntime"], 1, {}, quick=True)
    assert record["contenders"]["scipy"]["status"] == "wrong"
    assert "scipy" not in record["ratios"]


def test_memory_counts_what_a_call_holds() -> None:
    """A call's workspace is a number of bytes beside those of input and output."""
    found = memory(BY_NAME["sharpen-1mp-uint8-grey"], 1)
    assert found["bytes"] >= 0
    assert found["value"] == pytest.approx(found["bytes"] / (2 * 1024 * 1024))


def test_memory_sees_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that holds four copies of its input needs as much workspace."""
    case = BY_NAME["vgg16-conv1.2-nhwc"]

    def wasteful(case, data, threads):
        yield Variant("", lambda: np.repeat(data["x"], 4).sum(), lambda y: [y])

    monkeypatch.setattr("benchmarks.contenders.ours.variants", wasteful)
    copies = memory(case, 1)["bytes"] / (4 * np.prod(case.shape))
    assert 3.8 < copies < 4.5


def test_memory_tells_weights_from_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first call leaves behind counts apart, and is no workspace of the next."""
    case = BY_NAME["vgg16-conv1.2-nhwc"]

    def keeping(case, data, threads):
        kept = []
        yield Variant(
            "", lambda: kept or kept.append(np.ones(4 * data["x"].size, np.float32)), lambda y: [data["x"]]
        )

    monkeypatch.setattr("benchmarks.contenders.ours.variants", keeping)
    found, size = memory(case, 1), 4 * np.prod(case.shape)
    assert 3.8 < found["prepared"] / size < 4.5
    assert found["bytes"] / size < 0.2


def test_first_call_answers_or_says_why_not() -> None:
    """It takes time; a peer that does not take the case says so."""
    case = BY_NAME["box-5-1mp-uint8-grey"].shrunk()
    assert math.isfinite(first_call(case, "convolens", 1)["value"])
    assert first_call(case, "skimage", 1)["status"].startswith(("unable", "missing"))


def test_selection() -> None:
    """By default everything; a case means its speed; a group all its cases."""
    assert select([], ["sharpen-1mp-uint8-grey"]) == {"images": ["sharpen-1mp-uint8-grey"]}
    assert set(select(["import", "3x3-small"], [])) == {"import", "3x3-small"}
    assert "first-call" in select([], [])
    with pytest.raises(ValueError, match="unknown case nothing"):
        select([], ["nothing"])
    with pytest.raises(ValueError, match="unknown peer tensorflow"):
        chosen_peers("torch,tensorflow")
