"""``convolens tune``: it measures what a stack convolves, and says what it found."""

import json
from pathlib import Path

import pytest

from convolens.cli.main import main
from convolens.planning.measured import recall
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure briefly, and remember in a folder of the test's."""
    monkeypatch.setenv("CONVOLENS_CACHE", str(tmp_path))
    monkeypatch.setattr("convolens.planning.tune.SECONDS", 0.01)


def test_measures_every_convolution(capsys: pytest.CaptureFixture[str]) -> None:
    """A row a convolution, and the times are remembered for arrays of that layout and batch."""
    assert main(["tune", "3x16x16 conv:8,k3,p1 relu max:2 dw:k3", "--channels-last", "--batch", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["layer", "conv:8,k3,p1", "dw:k3"]
    assert recall(ConvSpec((2, 16, 16, 3), (8, 3, 3, 3), padding=1, layout="NHWC"), thread_count())
    assert recall(ConvSpec((2, 8, 8, 8), (8, 1, 3, 3), groups=8, layout="NHWC"), thread_count())


def test_json_has_all_times(capsys: pytest.CaptureFixture[str]) -> None:
    """The choice is the fastest of them."""
    assert main(["tune", "1x40 conv:4,k5", "--json"]) == 0
    (layer,) = json.loads(capsys.readouterr().out)
    assert layer["chosen"] == min(layer["seconds"], key=layer["seconds"].__getitem__)


def test_nothing_to_measure_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A stack without a convolution is an error, with a remedy."""
    assert main(["tune", "3x16x16 relu"]) != 0
    assert "name one, such as conv:64,k3,p1" in capsys.readouterr().err
