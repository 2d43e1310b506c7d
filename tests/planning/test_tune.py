"""Measuring instead of predicting: what is measured, how long it is remembered, and what goes by it."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from convolens.ops.prepared import prepare_conv
from convolens.planning import measured
from convolens.planning.measured import recall, remember
from convolens.planning.plan import plan_conv
from convolens.planning.tune import _in_turn, compare_conv, tune_conv
from convolens.runtime.threads import thread_count, threads
from convolens.spec.geometry import ConvSpec

SPEC = ConvSpec((1, 3, 20, 24), (4, 3, 3, 3), padding=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Remember in a folder of the test's, in which nothing is yet."""
    monkeypatch.setenv("CONVOLENS_CACHE", str(tmp_path))
    return tmp_path


def test_plan_goes_by_what_was_remembered() -> None:
    """The measured fastest is chosen, whatever is predicted; those not measured come after those that were."""
    predicted = plan_conv(SPEC)
    assert all(estimate.measured is None for estimate in predicted.estimates)
    remember(SPEC, thread_count(), {"reference": 1e-9, "fft": 2e-9})
    plan = plan_conv(SPEC)
    assert [estimate.algorithm for estimate in plan.estimates[:2]] == ["reference", "fft"]
    assert (plan.chosen.measured, plan.chosen.best_known) == (1e-9, 1e-9)
    assert plan.estimates[2].measured is None
    assert "1e-09" in str(plan) or "0.001 µs" in str(plan)
    assert plan_conv(SPEC, exact=True).chosen.algorithm == "reference"


def test_other_problems_are_not_concerned() -> None:
    """Another size or number of threads; a bias and a batch axis of one make no difference."""
    remember(SPEC, 1, {"reference": 1e-9})
    assert recall(SPEC.replace(bias=True, input_shape=SPEC.input_shape[1:]), 1)
    assert not recall(SPEC, 2)
    assert not recall(SPEC.replace(stride=2), 1)
    with threads(1):
        assert plan_conv(SPEC).chosen.algorithm == "reference"


def test_times_outlive_the_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read again from the file; not under other circumstances."""
    remember(SPEC, 1, {"fft": 0.5})
    _forget(monkeypatch)
    assert recall(SPEC, 1) == {"fft": 0.5}
    _forget(monkeypatch)
    monkeypatch.setattr(measured.compiler, "sources", lambda: "other pipelines")
    assert recall(SPEC, 1) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"times": 5}', '{"circumstances": [], "times": {}}'])
def test_damaged_file_is_not_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Nor one with times that are none; the next measurement replaces it."""
    (folder / "times.json").write_text(text)
    assert recall(SPEC, 1) == {}
    remember(SPEC, 1, {"fft": 0.5})
    found = json.loads((folder / "times.json").read_text())
    for wrong in (0, -1, math.inf, "x", None):
        found["times"] = {key: {"fft": wrong} for key in found["times"]}
        (folder / "times.json").write_text(json.dumps(found))
        _forget(monkeypatch)
        assert recall(SPEC, 1) == {}


def test_what_others_measured_meanwhile_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that measure do not undo each other's work."""
    remember(SPEC, 1, {"fft": 0.5})
    monkeypatch.setattr(measured, "_times", {})  # a process that read the file before the first wrote it
    remember(SPEC, 2, {"fft": 0.25})
    _forget(monkeypatch)
    assert (recall(SPEC, 1), recall(SPEC, 2)) == ({"fft": 0.5}, {"fft": 0.25})


def test_where_nothing_can_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process still remembers."""
    blocked = folder / "file"
    blocked.write_text("")
    monkeypatch.setenv("CONVOLENS_CACHE", str(blocked))
    remember(SPEC, 1, {"fft": 0.5})
    assert recall(SPEC, 1) == {"fft": 0.5}


def test_tuning_measures_and_chooses_the_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real runs: the choice is the fastest of those measured, and its results are right."""
    monkeypatch.setattr("convolens.planning.tune.SECONDS", 0.01)
    plan = tune_conv(SPEC)
    times = {e.algorithm: e.measured for e in plan.estimates if e.measured is not None}
    assert len(times) > 1
    assert plan.chosen.measured == min(times.values())
    assert "reference" not in times, "it is predicted to be far behind"


def test_prepared_convolution_tunes_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first call of each shape; a named algorithm is left alone."""
    monkeypatch.setattr("convolens.planning.tune.SECONDS", 0.01)
    weight = np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype("f4")
    x = np.ones((1, 3, 20, 24), "f4")
    prepare_conv(weight, padding=1, tune=True, algorithm="direct")(x)
    assert not recall(SPEC, thread_count())
    tuned = prepare_conv(weight, padding=1, tune=True)
    np.testing.assert_allclose(tuned(x), prepare_conv(weight, padding=1)(x), rtol=1e-4, atol=1e-5)
    assert recall(SPEC, thread_count())
    assert tuned.plan(x.shape).chosen.measured is not None


def test_who_falls_far_behind_is_dropped() -> None:
    """Slow calls are made few times, quick ones often."""
    counts = {"slow": 0, "quick": 0}

    def call(name: str, work: int) -> None:
        counts[name] += 1
        sum(range(work))

    found = _in_turn({"slow": lambda: call("slow", 3_000_000), "quick": lambda: call("quick", 300)})
    assert found["quick"] < found["slow"]
    assert counts["slow"] <= 3 < counts["quick"]


def test_comparing_measures_those_that_are_named() -> None:
    """Those that refuse, and those that are not named, are left out; slow ones are not."""
    found = compare_conv(SPEC, ["reference", "im2col", "winograd-4"], seconds=0.01)
    assert found.keys() == {"reference", "im2col"}
    assert compare_conv(SPEC, []) == {}
    assert not recall(SPEC, thread_count()), "nothing is remembered"


def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a process that has not read the file yet."""
    monkeypatch.setattr(measured, "_times", {})
    monkeypatch.setattr(measured, "_read_from", None)
