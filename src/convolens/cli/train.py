"""``convolens train``: a network that learns classes from data, and a folder that tells how."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from convolens.cli.failures import report
from convolens.cli.options import FLAG
from convolens.errors import MOST_LISTED, SpecError, TrainingError

if TYPE_CHECKING:
    from convolens.nn.run_folder import Run
    from convolens.nn.train import Trainer


class _StopAsked(Exception):  # noqa: N818
    """Somebody asked to stop, and the last step is done."""


def train_command(
    data: Annotated[
        str | None,
        typer.Argument(
            help="What to learn from: digits, mnist, fashion-mnist, cifar-10, an .npz file with arrays "
            "x (N, C, size…) and y (N), IDX files, CIFAR-10's binary version, or a folder with a folder of images "
            "for each class."
        ),
    ] = None,
    *,
    out: Annotated[Path, typer.Option(metavar="RUN", help="Folder of the run; new, or with --resume an old one.")],
    network: Annotated[
        str | None, typer.Option(metavar="LAYERS", help="Such as 'conv 16,k3 relu max 2 flatten dense 10'.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="How often to see every item. [default: 20]")] = None,
    batch: Annotated[int | None, typer.Option(min=1, metavar="N", help="Items a step. [default: 64]")] = None,
    rate: Annotated[float | None, typer.Option(help="Learning rate. [default: 0.003]")] = None,
    optimiser: Annotated[str | None, typer.Option(help="adamw, sgd or nesterov. [default: adamw]")] = None,
    schedule: Annotated[str | None, typer.Option(help="cosine, constant or steps. [default: cosine]")] = None,
    warm_up: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Of all steps, in which the rate rises. [default: 0.05]")
    ] = None,
    decay: Annotated[float | None, typer.Option(help="Weight decay. [default: 0.01]")] = None,
    clip: Annotated[
        float | None,
        typer.Option(metavar="LENGTH", help="Of all gradients together at most; 0 for any. [default: 5]"),
    ] = None,
    augmentation: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help="Change items at random: 'shift:1 flip rotate:10 noise:0.1 cutout:3'."),
    ] = None,
    smoothing: Annotated[float | None, typer.Option(help="Smoothing of the classes. [default: 0]")] = None,
    freeze: Annotated[
        str | None, typer.Option(metavar="NODES", help="Keep the weights of these as they are: 'conv1 conv2'.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="What all draws begin with. [default: 0]")] = None,
    size: Annotated[
        str | None,
        typer.Option(metavar="CELLS", help="Bring images in folders to a size: 64, or 48x64, rows first."),
    ] = None,
    fit: Annotated[str | None, typer.Option(help="How: crop the middle, or stretch. [default: crop]")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", metavar=FLAG, help="Go on with the run as if it had not stopped.")
    ] = False,
) -> None:
    """
    Train a network on data; of each class, 70 % are to learn from, 10 % to look at meanwhile, 20 % for the test.

    Data that come with a part for the test keep it. RUN holds the configuration, metrics, checkpoint, pictures and
    the network. Ctrl-C stops between two steps, and --resume goes on, to the same bits. The words of a network are
    told in the documentation. Where no network is named, digits have one of their own, and settings that suit it.
    """
    from convolens.nn.recipes import recipe_for
    from convolens.nn.run_folder import begin_run, resume_run
    from convolens.nn.sources import KINDS

    chosen = {
        "epochs": epochs, "batch": batch, "rate": rate, "optimiser": optimiser, "schedule": schedule,
        "warm_up": warm_up, "decay": decay, "clip": clip, "augmentation": augmentation, "smoothing": smoothing,
        "frozen": freeze, "seed": seed,
    }  # fmt: skip
    given = {name: value for name, value in chosen.items() if value is not None}
    if resume:
        if data is not None or network is not None or given or size or fit:
            raise SpecError("a run goes on as it began: with --resume, give the folder alone (--out RUN --resume)")
        run = resume_run(out)
    else:
        if data is None:
            raise SpecError(f"say what to learn from: {KINDS}")
        recipe = recipe_for(data, network)
        settings = replace(recipe.settings, **given)  # type: ignore[arg-type]
        run = begin_run(out, data, network, settings, size=_parse_size(size), fit=fit or "crop")
        _tell_skipped(run.skipped)
        if recipe.options():
            text = recipe.text(len(run.trainer.parts.training.names))
            report(f"as with --network '{text}' {recipe.options()}, unless said otherwise")
    _train(run)


def _parse_size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    numbers = text.lower().replace("×", "x").split("x")
    if not 1 <= len(numbers) <= 2 or not all(number.isdecimal() and 0 < int(number) < 10**5 for number in numbers):
        raise SpecError(f"--size {text!r} is no size; write 64, or 48x64 for 48 rows of 64")
    return int(numbers[0]), int(numbers[-1])


def _tell_skipped(skipped: tuple[str, ...]) -> None:
    """List what could not be read; all of it is in the run's configuration."""
    for reason in skipped[:MOST_LISTED]:
        report(f"skipped {reason}")
    if len(skipped) > MOST_LISTED:
        report(f"skipped {len(skipped) - MOST_LISTED} more, listed in config.json")


def _train(run: "Run") -> None:
    trainer, console = run.trainer, Console(stderr=True, highlight=False)
    console.print(str(trainer.parts), soft_wrap=True)
    columns = TextColumn("epoch {task.fields[epoch]}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(
        *columns,
        TextColumn("{task.fields[now]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        total = trainer.settings.epochs * trainer.steps
        task = bar.add_task("", total=total, epoch=1, now="")

        def show(stop_if_asked: Callable[[], None]) -> None:
            progress = trainer.progress
            done = progress.epoch * trainer.steps + progress.step
            bar.update(task, completed=done, epoch=progress.epoch + 1, now=_now(trainer))
            stop_if_asked()

        try:
            more = not trainer.is_done
            while more:
                with _interrupts_between_steps() as stop_if_asked:
                    more = trainer.run(partial(show, stop_if_asked))
                    run.save()
                _tell(console, trainer.progress.history[-1], trainer.settings.epochs)
        except _StopAsked:
            run.save()
            report(f"stopped; to go on: convolens train --out {run.folder} --resume")
            raise KeyboardInterrupt from None
        except TrainingError as error:
            raise TrainingError(f"{error}; the last good state is in {run.folder}") from None
    found = run.finish()
    wrong = round((1 - found["test_accuracy"]) * found["test_items"])
    typer.echo(
        f"test accuracy {found['test_accuracy']:.2%} ({wrong} of {found['test_items']} wrong), "
        f"{found['seconds']:.1f} s of training, kept in {run.folder}"
    )


def _now(trainer: "Trainer") -> str:
    """Tell how the epoch goes so far."""
    progress, seen = trainer.progress, trainer.seen
    if not seen:
        return ""
    shares = f"loss {progress.loss / seen:.3f}, accuracy {progress.right / seen:.1%}"
    return f"{shares}, {trainer.speed:,.0f} items/s"


@contextmanager
def _interrupts_between_steps() -> Iterator[Callable[[], None]]:
    """Let Ctrl-C wait until the function that is given is called; a second one does not wait."""
    asked = False

    def ask(_signal: int, _frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    def stop_if_asked() -> None:
        if asked:
            raise _StopAsked

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop_if_asked
        stop_if_asked()
    finally:
        signal.signal(signal.SIGINT, before)


def _tell(console: Console, entry: dict[str, float], epochs: int) -> None:
    console.print(
        f"epoch {entry['epoch']:.0f}/{epochs}: loss {entry['loss']:.4f}, accuracy {entry['accuracy']:.2%}; "
        f"validation {entry['validation_loss']:.4f}, {entry['validation_accuracy']:.2%}; {entry['seconds']:.1f} s"
    )
