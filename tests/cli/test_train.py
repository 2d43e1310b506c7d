"""``convolens train``: from data to a folder, stopped and gone on with."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cases import bright_halves
from convolens.cli.main import main
from convolens.errors import TrainingError
from convolens.nn.run_folder import resume_run
from convolens.nn.train import Trainer


@pytest.fixture
def data(tmp_path: Path) -> str:
    """Pictures that are bright above or below."""
    return bright_halves(tmp_path)


def test_trains(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It tells of every epoch, and at the end of the test; the usual network has as many outputs as classes."""
    out, more = tmp_path / "run", ["--warm-up", "0.5", "--decay", "0.2", "--clip", "1"]
    assert main(["train", data, "--out", str(out), "--epochs", "2", "--batch", "8", "--seed", "3", *more]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("test accuracy ")
    split, *lines = said.err.splitlines()
    assert split == (
        "28 items for training, 4 items for validation, 8 items for test; "
        "of each class 70%, 10% and 20%, drawn with seed 3"
    )
    assert [line.split(":")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    found = json.loads((out / "results.json").read_text())
    assert found["items"] == {"training": 28, "validation": 4, "test": 8}
    assert found["drawn"] in split
    settings = json.loads((out / "config.json").read_text())["settings"]
    assert [settings[name] for name in ("seed", "warm_up", "decay", "clip")] == [3, 0.5, 0.2, 1]
    assert main(["train", "--out", str(out), "--resume"]) == 0
    assert capsys.readouterr().out == said.out


def test_stops_and_goes_on(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C lets the step end, keeps it, and says how to go on; the result is that of a run that did not stop."""
    options = ["train", data, "--network", "flatten dense 2", "--epochs", "3", "--batch", "8"]
    assert main([*options, "--out", str(tmp_path / "whole")]) == 0
    step = Trainer._step

    def interrupted(self: Trainer) -> None:
        if (self.progress.epoch, self.progress.step) == (1, 1):
            os.kill(os.getpid(), signal.SIGINT)
        step(self)

    monkeypatch.setattr(Trainer, "_step", interrupted)
    assert main([*options, "--out", str(tmp_path / "run")]) == 130
    assert "--resume" in capsys.readouterr().err
    monkeypatch.setattr(Trainer, "_step", step)
    assert main(["train", "--out", str(tmp_path / "run"), "--resume"]) == 0
    networks = [(tmp_path / name / "network.safetensors").read_bytes() for name in ("whole", "run")]
    assert networks[0] == networks[1]


def test_numbers_that_do_not_hold(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A loss that is not finite stops the run in one line, with the cause and where the last good state is."""
    out = tmp_path / "run"
    assert (
        main(["train", data, "--out", str(out), "--rate", "1e30", "--network", "conv 4,k3 flatten dense 2"]) == 2
    )
    last = capsys.readouterr().err.splitlines()[-1]
    assert "not finite" in last
    assert "lower it" in last
    assert last.endswith(f"the last good state is in {out}")
    assert (out / "checkpoint").exists()


def test_a_network_that_diverged_is_not_kept(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the last step of an epoch, or its only one, breaks the network, what was kept before stays."""
    out = tmp_path / "run"
    options = ["--rate", "1e30", "--batch", "2000", "--network", "conv 4,k3 relu conv 4,k3 flatten dense 2"]
    assert main(["train", data, "--out", str(out), "--epochs", "1", *options]) == 2
    assert "the validation loss is not finite at the end of epoch 1" in capsys.readouterr().err
    assert (out / "metrics.jsonl").read_text() == ""
    trainer = resume_run(out).trainer
    assert max(np.abs(array).max() for array in trainer.network.weights.values()) < 10
    trainer.network.weights["conv1.bias"][0] = np.nan
    with pytest.raises(TrainingError, match=r"'conv1.bias' is not finite"):
        trainer.check_weights()


def test_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Images of several sizes are brought to one, what is none is listed, and a resumed run reads them alike."""
    for name, colour in (("dark", 0), ("light", 255)):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(10):
            grey = Image.fromarray(np.full((4 + number, 6), colour, np.uint8))
            grey.save(tmp_path / "data" / name / f"{number}.png")
        for number in range(8):
            (tmp_path / "data" / name / f"{number}.txt").write_text("none")
    out = tmp_path / "run"
    options = ["--out", str(out), "--size", "4x5", "--fit", "stretch", "--network", "flatten dense 2"]
    assert main(["train", str(tmp_path / "data"), *options, "--epochs", "1"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(f"convolens: skipped {Path('dark', '0.txt')}: ")
    assert lines[12] == "convolens: skipped 4 more, listed in config.json"
    configuration = json.loads((out / "config.json").read_text())
    assert (configuration["size"], len(configuration["skipped"])) == ([4, 5], 16)
    assert main(["train", "--out", str(out), "--resume"]) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "say what to learn from"),
        (["none.npz"], "none.npz: no such file"),
        (["DATA", "--network", "flatten dense 3"], "2 classes"),
        (["DATA", "--network", "flatten dens 2"], "did you mean 'dense'"),
        (["DATA", "--optimiser", "adam"], "did you mean 'adamw'"),
        (["DATA", "--warm-up", "2"], "the warm-up must be a share"),
        (["DATA", "--size", "8"], "only folders of images"),
        (["DATA", "--size", "0x8"], "is no size; write 64"),
        (["DATA", "--resume"], "give the folder alone"),
        (["--resume"], "config.json: no such file"),
    ],
)
def test_mistakes(
    options: list[str], message: str, data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says what is wrong, and no folder is made."""
    words = [data if word == "DATA" else word for word in options]
    assert main(["train", *words, "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "run").exists()
