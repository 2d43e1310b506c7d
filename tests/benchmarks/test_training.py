"""Steps of training that are measured: everyone takes the same."""

import numpy as np
from benchmarks.training import COURSES, FEW, WAYS, Course, measure_training


def test_losses_agree() -> None:
    """Ours and PyTorch's, in both memory formats, fall alike from equal weights."""
    course = Course("1x12x12 conv 16,k3 relu max 2 conv 32,k3 relu max 2 flatten dense 10", 8)
    losses = [[way.call() for _ in range(FEW)] for ways in WAYS.values() for way in ways(course, 1)]
    assert len(losses) == 3
    for others in losses[1:]:
        np.testing.assert_allclose(others, losses[0], rtol=1e-5)
    assert losses[0][-1] < losses[0][0]


def test_records_name_who_took_part(monkeypatch) -> None:
    """Who cannot train is reported so."""
    course = Course("1x12x12 conv 16,k3 relu max 2 conv 32,k3 relu max 2 flatten dense 10", 8)
    monkeypatch.setitem(COURSES, "tiny", course)
    record = measure_training("tiny", ["torch", "opencv"], 1, quick=True)
    assert [record["contenders"][name]["status"] for name in ("convolens", "torch")] == ["ran", "ran"]
    assert "does not train" in record["contenders"]["opencv"]["status"]
    assert record["ratios"]["torch"]["median"] > 0
