"""``convolens experiment``: a table, a picture and numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convolens.cli.main import main


def test_experiment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints a table, and writes what it found; at a second time in place of the first."""
    random = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", x=random.normal(size=(40, 1, 8, 8)), y=np.arange(40) % 2)
    options = [
        "--data",
        str(tmp_path / "data.npz"),
        "--seeds",
        "1",
        "--epochs",
        "1",
        "--out",
        str(tmp_path / "out"),
    ]
    for _ in range(2):
        assert main(["experiment", "pooling", *options]) == 0
    said = capsys.readouterr()
    assert "Maximum or average?" in said.out
    assert not said.err
    facts = json.loads((tmp_path / "out" / "pooling.json").read_text())
    assert (facts["experiment"], facts["seeds"]) == ("pooling", 1)
    assert set(facts["test_accuracy"]) == {"max", "average", "stride"}
    with Image.open(tmp_path / "out" / "pooling.png") as picture:
        assert picture.size[0] > 500


def test_list_and_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name there is a list; an unknown one is answered with the nearest."""
    assert main(["experiment"]) == 0
    assert "fixed-vs-learned" in capsys.readouterr().out
    assert main(["experiment", "pool", "--out", str(tmp_path)]) == 2
    assert "did you mean 'pooling'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
