"""The folder of a run: configuration, checkpoint, metrics, pictures, and the network; each written whole."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from convolens.errors import ConvolensError, FileError
from convolens.images.files import atomic_output, file_error, open_input, refuse_standard_output
from convolens.nn.arrays_file import read_arrays, write_arrays
from convolens.nn.data import divide, read_data
from convolens.nn.network import Network
from convolens.nn.pictures import confusion_picture, curves_picture, filters_picture, mistakes_picture
from convolens.nn.recipes import recipe_for
from convolens.nn.sources import NAMED
from convolens.nn.store import network_facts, network_from
from convolens.nn.train import Settings, Trainer
from convolens.nn.typed import MALFORMED
from convolens.ops.arrays import Array

CONFIGURATION, CHECKPOINT, METRICS, NETWORK = "config.json", "checkpoint", "metrics.jsonl", "network.safetensors"


class Run:
    """
    A training run and the folder that it is kept in; made by :func:`begin_run` or :func:`resume_run`.

    Attributes
    ----------
    folder : Path
        Where.
    trainer : Trainer
        What is trained, and how far.
    skipped : tuple of str
        What of the data could not be read.
    fit : {"crop", "stretch"}
        How images are brought to their size.
    """

    def __init__(self, folder: Path, trainer: Trainer, skipped: tuple[str, ...], fit: str) -> None:
        self.folder, self.trainer, self.skipped, self.fit = folder, trainer, skipped, fit

    def save(self) -> None:
        """
        Write a checkpoint, in place of the one before, which stays until this one is whole; and the metrics.

        Raises
        ------
        TrainingError
            If a weight is not finite; the one before stays.
        """
        self.trainer.check_weights()
        arrays, facts = self.trainer.state()
        write_arrays(self.folder / CHECKPOINT, arrays, {"kind": CHECKPOINT, **facts}, overwrite=True)
        lines = [json.dumps(entry, allow_nan=False) for entry in self.trainer.progress.history]
        _write(self.folder / METRICS, "".join(f"{line}\n" for line in lines))

    def finish(self) -> dict[str, Any]:
        """Look at the test part, write the network and the pictures, and return what was found."""
        trainer, test = self.trainer, self.trainer.parts.test
        loss, accuracy, scores = trainer.evaluate(test)
        trainer.network.save(self.folder / NETWORK, overwrite=True)
        found = {
            "items": trainer.parts.counts,
            "drawn": trainer.parts.drawn,
            "test_items": len(test.classes),
            "test_loss": loss if math.isfinite(loss) else None,
            "test_accuracy": accuracy,
            "seconds": trainer.progress.seconds,
        }
        _write(self.folder / "results.json", json.dumps(found, indent=2) + "\n")
        pictures = {
            "curves": curves_picture(trainer.progress.history),
            "confusion": confusion_picture(test, scores),
            "filters": filters_picture(trainer.network, trainer.filters),
            "mistakes": mistakes_picture(test, scores),
        }
        for name, figure in pictures.items():
            if figure is not None:
                with atomic_output(self.folder / f"{name}.png", overwrite=True) as file:
                    figure.savefig(file, dpi=150)
        return found


def begin_run(
    folder: str | os.PathLike[str],
    data: str,
    network: str | None,
    settings: Settings,
    *,
    size: tuple[int, int] | None = None,
    fit: str = "crop",
) -> Run:
    """
    Begin a run in a new or empty folder.

    Parameters
    ----------
    folder : path
        Where it is kept.
    data : str
        What to learn from, as :func:`~convolens.nn.data.read_data` reads it.
    network : str, optional
        The network as text, without the input's shape, which is that of the data; by default that of the recipe.
    settings : Settings
        How to train.
    size, fit
        What images are brought to, as :func:`~convolens.nn.data.read_data` does.

    Raises
    ------
    FileError
        If there is something in the folder already, or it cannot be written.
    """
    refuse_standard_output(folder)
    path = Path(folder)
    source = data if data in NAMED else str(Path(data).resolve())
    read = read_data(source, size=size, fit=fit)
    parts = divide(read, seed=settings.seed)
    text = network or recipe_for(data).text(len(read.names))
    built = Network.from_text(text, parts.training.inputs.shape[1:], seed=settings.seed)
    run = Run(path, Trainer(built, parts, settings), read.skipped, fit)
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise FileError(
                f"{path}: there is something in it already; choose another folder, or go on (--resume)"
            )
    except FileError:
        raise
    except OSError as error:
        raise file_error(path, error) from error
    configuration = {
        "data": source,
        "size": size,
        "fit": fit,
        "checksum": read.checksum,
        "items": parts.counts,
        "drawn": parts.drawn,
        "skipped": read.skipped,
        "mean": parts.mean,
        "deviation": parts.deviation,
        "classes": read.names,
        "text": text,
        "network": network_facts(built),
        "settings": asdict(settings),
    }
    _write(path / CONFIGURATION, json.dumps(configuration, indent=2) + "\n")
    run.save()
    return run


def resume_run(folder: str | os.PathLike[str]) -> Run:
    """
    Go on with a run as if it had not stopped.

    Raises
    ------
    FileError
        If the folder holds no run, something in it is damaged, or the data are no longer those it began with.
    """
    run = read_run(folder)
    for left in run.folder.glob(".*.partial"):  # by a process that was killed
        left.unlink(missing_ok=True)
    return run


def read_run(folder: str | os.PathLike[str]) -> Run:
    """
    Read how far a run has come, and touch nothing, so that it may go on meanwhile.

    Raises
    ------
    FileError
        As for :func:`resume_run`.
    """
    path = Path(folder)
    configuration = read_configuration(path)
    try:
        settings = Settings(**configuration["settings"])
        source, checksum = str(configuration["data"]), configuration["checksum"]
        size, fit = configuration["size"] and tuple(map(int, configuration["size"])), str(configuration["fit"])
    except (ConvolensError, *MALFORMED) as error:
        raise FileError(f"{path / CONFIGURATION}: is no configuration of a run: {error}") from None
    kept = read_arrays(path / CHECKPOINT, CHECKPOINT) if (path / CHECKPOINT).exists() else None
    network = _network(path, configuration, kept and kept[0])
    data = read_data(source, size=size, fit=fit)
    if data.checksum != checksum:
        raise FileError(f"{source}: is no longer what the run in {path} began with; begin a new run")
    trainer = Trainer(network, divide(data, seed=settings.seed), settings)
    if kept is not None:  # else it was killed before the first step
        arrays, facts = kept
        try:
            trainer.put_state(arrays, facts)
        except MALFORMED as error:
            raise FileError(f"{path / CHECKPOINT}: does not belong to this run: {error}") from None
    return Run(path, trainer, data.skipped, fit)


def read_configuration(folder: Path) -> Any:
    """Read what a run was begun with, as JSON holds it."""
    with open_input(folder / CONFIGURATION) as file:
        text = file.read()
    try:
        return json.loads(text)
    except MALFORMED as error:
        raise FileError(f"{folder / CONFIGURATION}: is no configuration of a run: {error}") from None


def read_network(folder: Path) -> Network:
    """
    Read the network of a run as far as it has come, without its data.

    Raises
    ------
    FileError
        If there is none, or it is damaged.
    """
    if (folder / NETWORK).exists():
        return Network.load(folder / NETWORK)
    return _network(folder, read_configuration(folder), read_arrays(folder / CHECKPOINT, CHECKPOINT)[0])


def _network(folder: Path, configuration: Any, checkpoint: Mapping[str, Array] | None) -> Network:
    """Build the network of a run with what it learned, if there is something; else with what is drawn."""
    learned = None
    if checkpoint is not None:
        parts = (name.partition(".") for name in checkpoint)
        learned = {
            rest: checkpoint[f"{kind}.{rest}"] for kind, _, rest in parts if kind in ("weights", "statistics")
        }
    try:
        return network_from(configuration["network"], learned)
    except (ConvolensError, *MALFORMED) as error:
        if learned is None:
            raise FileError(f"{folder / CONFIGURATION}: is no configuration of a run: {error}") from None
        _network(folder, configuration, None)  # which says so where that is the cause
        raise FileError(f"{folder / CHECKPOINT}: does not belong to this run: {error}") from None


def _write(path: Path, text: str) -> None:
    with atomic_output(path, overwrite=True) as file:
        file.write(text.encode())
