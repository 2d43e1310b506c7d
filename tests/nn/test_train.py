"""Training: it learns, stops where numbers do not hold, and goes on to the same bits, also after it was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convolens.errors import FileError, SpecError, TrainingError, UnknownNameError
from convolens.nn import Network, initialise
from convolens.nn.arrays_file import read_arrays, write_arrays
from convolens.nn.data import Dataset, Parts, divide
from convolens.nn.run_folder import Run, begin_run, resume_run
from convolens.nn.train import Settings, Trainer
from convolens.runtime.threads import threads

TEXT = "conv 6,k3,same bn relu max 2 conv 8,k3 relu flatten dropout:0.2 dense 3"
SETTINGS = Settings(epochs=4, batch=16, augmentation="shift:1 rotate:5 noise", seed=7)


def stripes() -> Dataset:
    """Small pictures of stripes: flat, upright, or oblique, with noise over them."""
    random = np.random.default_rng(0)
    classes = np.arange(120) % 3
    rows, columns = np.indices((8, 8))
    waves = np.stack([np.sin(rows * 1.5), np.sin(columns * 1.5), np.sin(rows + columns)])
    inputs = waves[classes, None] + 0.5 * random.normal(size=(120, 1, 8, 8))
    return Dataset(inputs.astype(np.float32), classes, ("flat", "upright", "oblique"))


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file of the stripes."""
    data = stripes()
    np.savez(tmp_path / "stripes.npz", x=data.inputs, y=data.classes)
    return str(tmp_path / "stripes.npz")


def new_trainer(settings: Settings = SETTINGS) -> Trainer:
    """A network that has learned nothing yet, and stripes to learn from."""
    return Trainer(Network.from_text(TEXT, (1, 8, 8), seed=1), divide(stripes()), settings)


def assert_same(first: Trainer, second: Trainer) -> None:
    """Compare all bits that two trainers hold, and their histories but for the seconds."""
    (arrays, facts), (others, other_facts) = first.state(), second.state()
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, others[name], err_msg=name)
    histories = [
        [{k: v for k, v in entry.items() if k != "seconds"} for entry in f["progress"]["history"]]
        for f in (facts, other_facts)
    ]
    assert histories[0] == histories[1]


@pytest.mark.parametrize("optimiser", ["adamw", "nesterov"])
def test_learns(optimiser: str) -> None:
    """After a few epochs stripes are told apart, and losses and rates are told."""
    trainer = new_trainer(Settings(epochs=8, batch=16, optimiser=optimiser, rate=0.01))
    while trainer.run():
        pass
    assert trainer.evaluate(trainer.parts.test)[1] > 0.9
    history = trainer.progress.history
    assert [entry["epoch"] for entry in history] == list(range(1, 9))
    assert history[-1]["loss"] < history[0]["loss"] / 3
    assert 0 < history[-1]["rate"] < 0.01
    assert set(trainer.filters) == {"before", "during"}


def test_holds_no_memory_when_it_is_over() -> None:
    """What served from step to step is given back with the last one."""
    trainer = new_trainer(Settings(epochs=2, batch=80))
    assert trainer.run()
    assert trainer.network._memory._rooms
    assert not trainer.run()
    assert not trainer.network._memory._rooms


def test_goes_on_to_the_same_bits() -> None:
    """Stopped between two steps, and gone on from what was kept, on other threads, it ends with the same bits."""
    whole = new_trainer()
    while whole.run():
        pass

    class StopError(Exception):
        pass

    stopped = new_trainer()

    def stop() -> None:
        if (stopped.progress.epoch, stopped.progress.step) == (1, 3):
            raise StopError

    def run() -> None:
        while stopped.run(stop):
            pass

    with threads(1), pytest.raises(StopError):
        run()
    state = [{name: array.copy() for name, array in stopped.state()[0].items()}, json.dumps(stopped.state()[1])]
    resumed = new_trainer()
    resumed.put_state(state[0], json.loads(state[1]))
    with threads(2):
        while resumed.run():
            pass
    assert_same(whole, resumed)


def test_items_that_were_seen() -> None:
    """The last batch of an epoch is smaller, or the only one larger than the data; all count for the speed."""
    for batch, counts in ((32, [32, 64, 84]), (500, [84])):
        trainer = new_trainer(Settings(epochs=2, batch=batch))
        seen = list[int]()
        trainer.run(lambda: seen.append(trainer.seen))  # noqa: B023
        assert (seen, trainer.seen) == (counts, 0)
        assert trainer.speed == 84 / trainer.progress.seconds


def test_frozen_weights_stay() -> None:
    """What is frozen keeps its weights, the rest learns as before; unknown names are refused."""
    trainer = new_trainer(Settings(epochs=1, batch=16, frozen="conv1 dense1"))
    before = {name: array.copy() for name, array in trainer.network.weights.items()}
    trainer.run()
    stayed = {n for n, array in trainer.network.weights.items() if np.array_equal(array, before[n])}
    assert stayed == {"conv1.weight", "conv1.bias", "dense1.weight", "dense1.bias"}
    with pytest.raises(UnknownNameError, match="conv1"):
        new_trainer(Settings(frozen="conv3"))
    with pytest.raises(UnknownNameError, match="node with weights"):
        new_trainer(Settings(frozen="relu1"))


def test_numbers_that_do_not_hold() -> None:
    """A loss that is not finite stops training before the step; weights and running means stay."""
    trainer = new_trainer()
    trainer.network.weights["dense1.weight"] *= np.float32(1e38)
    before = {name: array.copy() for name, array in trainer.state()[0].items()}
    with pytest.raises(TrainingError, match=r"not finite at step 1 of epoch 1.*lower it"):
        trainer.run()
    after = trainer.state()[0]
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name])


def test_networks_and_data_that_do_not_fit() -> None:
    """Items of another shape, or another number of classes, are told with both."""
    parts = divide(stripes())
    for text, message in (
        ("1x9x9 flatten dense 3", "1×9×9.*1×8×8"),
        ("1x8x8 flatten dense 4", "4 features.*3 classes"),
    ):
        with pytest.raises(SpecError, match=message):
            Trainer(Network.from_text(text), parts, SETTINGS)
    for wrong in ({"epochs": 0}, {"rate": 0.0}, {"smoothing": 1.0}, {"clip": -1.0}, {"decay": -0.1}):
        with pytest.raises(SpecError):
            Settings(**wrong)  # type: ignore[arg-type]
    for name in ("optimiser", "schedule"):
        with pytest.raises(UnknownNameError):
            Settings(**{name: "none"})  # type: ignore[arg-type]


def finished(run: Run) -> Run:
    """Train to the end."""
    while not run.trainer.is_done:
        run.trainer.run()
        run.save()
    return run


def test_run_folder(file: str, tmp_path: Path) -> None:
    """A folder holds configuration, metrics, checkpoint, network and pictures, and is not taken twice."""
    run = finished(begin_run(tmp_path / "run", file, TEXT, SETTINGS))
    found = run.finish()
    names = {path.name for path in run.folder.iterdir()}
    assert names >= {
        "config.json", "metrics.jsonl", "checkpoint", "network.safetensors", "results.json", "curves.png",
        "confusion.png", "filters.png",
    }  # fmt: skip
    metrics = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    assert metrics == run.trainer.progress.history
    assert json.loads((run.folder / "config.json").read_text())["settings"] == asdict(SETTINGS)
    test = run.trainer.parts.test
    scores = Network.load(run.folder / "network.safetensors")(test.inputs)
    assert (scores.argmax(1) == test.classes).mean() == found["test_accuracy"]
    with pytest.raises(FileError, match="--resume"):
        begin_run(run.folder, file, TEXT, SETTINGS)
    again = resume_run(run.folder)
    assert again.trainer.is_done
    assert_same(again.trainer, run.trainer)


def test_goes_on_after_being_killed(file: str, tmp_path: Path) -> None:
    """A process that is killed in the middle leaves a run that ends with the bits of one that was not."""
    settings = Settings(**{**asdict(SETTINGS), "epochs": 60})
    folder = tmp_path / "run"
    code = (
        "import sys; from convolens.nn.run_folder import *; from convolens.nn.train import Settings\n"
        f"run = begin_run({str(folder)!r}, {file!r}, {TEXT!r}, {settings!r})\n"
        "while run.trainer.run(): run.save()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    metrics = folder / "metrics.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (metrics.exists() and metrics.read_text().count("\n") > 2):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    resumed = resume_run(folder)
    assert 2 < resumed.trainer.progress.epoch < 60
    assert not list(folder.glob(".*.partial"))
    whole = begin_run(tmp_path / "whole", file, TEXT, settings)
    assert_same(finished(resumed).trainer, finished(whole).trainer)


def test_full_disk(file: str, tmp_path: Path) -> None:
    """Where no more can be written, one line says so, and the run goes on from what was kept to the same bits."""
    folder = tmp_path / "run"
    code = (
        "import sys, resource; from convolens.errors import FileError; from convolens.nn.run_folder import *\n"
        "from convolens.nn.train import Settings\n"
        f"run = begin_run({str(folder)!r}, {file!r}, {TEXT!r}, {SETTINGS!r})\n"
        "run.trainer.run(); run.save(); run.trainer.run()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: run.save()\n"
        "except FileError as error: sys.exit(str(error))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert (
        done.stderr == f"{folder / 'checkpoint'}: the file would grow past the allowed size; nothing was written\n"
    )
    assert not list(folder.glob(".*"))
    resumed = resume_run(folder)
    assert resumed.trainer.progress.epoch == 1
    assert_same(finished(resumed).trainer, finished(begin_run(tmp_path / "whole", file, TEXT, SETTINGS)).trainer)


def test_damaged_runs(file: str, tmp_path: Path) -> None:
    """A configuration or checkpoint that is damaged, of another run, or of other data is refused in one line."""
    folder = begin_run(tmp_path / "run", file, TEXT, SETTINGS).folder
    other = begin_run(tmp_path / "other", file, "flatten dense 3", SETTINGS).folder
    configuration = (folder / "config.json").read_bytes()
    for name, content in (
        ("checkpoint", (other / "checkpoint").read_bytes()),
        ("checkpoint", (folder / "checkpoint").read_bytes()[:-1]),
        ("config.json", b"{}"),
        ("config.json", configuration.replace(b'"clip": 5.0', b'"clip": "x"')),
        ("config.json", configuration.replace(b'"momentum": 0.1', b'"momentum": null')),
        ("config.json", configuration.replace(b'"warm_up": 0.05', b'"warm_up": Infinity')),
        ("config.json", b"\xff"),
    ):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(content)
        with pytest.raises(FileError, match=name):
            resume_run(folder)
        (folder / name).write_bytes(kept)
    arrays, facts = read_arrays(folder / "checkpoint", "checkpoint")
    progress = facts["progress"]
    for wrong in (
        {"progress": {**progress, "step": "x"}}, {"progress": {**progress, "history": [3]}},
        {"progress": {**progress, "epoch": -1}}, {"progress": {**progress, "epoch": 2}}, {"steps": -1},
    ):  # fmt: skip
        write_arrays(folder / "checkpoint", arrays, facts | wrong, overwrite=True)
        with pytest.raises(FileError, match="does not belong to this run"):
            resume_run(folder)
    for name in ("optimiser.conv1.weight.mean", "optimiser.conv9.weight", "filters.before"):
        write_arrays(folder / "checkpoint", arrays | {name: np.zeros(3)}, facts, overwrite=True)
        with pytest.raises(FileError, match="does not belong to this run"):
            resume_run(folder)
    (folder / "checkpoint").unlink()  # killed before the first
    assert_same(resume_run(folder).trainer, begin_run(tmp_path / "new", file, TEXT, SETTINGS).trainer)
    data = stripes()
    np.savez(file, x=data.inputs + 1, y=data.classes)
    with pytest.raises(FileError, match="no longer"):
        resume_run(folder)
    with pytest.raises(FileError, match="no such file"):
        resume_run(tmp_path / "none")


def test_nothing_is_drawn_where_weights_are_kept(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run has learned is put in place of weights, not over others that were drawn first."""
    folder = begin_run(tmp_path / "run", file, TEXT, SETTINGS).folder
    drawn = initialise.draw_weights

    def refuse(random: np.random.Generator, *rest: Any) -> Any:
        assert isinstance(random, initialise.Undrawn)
        return drawn(random, *rest)

    monkeypatch.setattr(initialise, "draw_weights", refuse)
    assert resume_run(folder).trainer.network.weights["conv1.weight"].any()


def test_parts_are_scaled_alike() -> None:
    """A network sees the test part as it saw what it learned from."""
    parts: Parts = divide(stripes())
    raw = stripes().inputs
    assert parts.test.inputs.min() >= (raw.min() - parts.mean) / parts.deviation - 1e-6
