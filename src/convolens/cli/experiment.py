"""``convolens experiment``: a claim about convolutional networks, tried on data."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from convolens.nn.experiments import Outcome


def experiment_command(
    name: Annotated[
        str | None,
        typer.Argument(help="fixed-vs-learned, padding, pooling, parameters or shift; without it, a list."),
    ] = None,
    *,
    data: Annotated[str, typer.Option(help="Pictures to learn from, as for train.")] = "digits",
    seeds: Annotated[int, typer.Option(min=1, help="How many times everything is done.")] = 5,
    epochs: Annotated[int | None, typer.Option(min=1, help="How often to see every item. [default: 8]")] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder for the picture and the numbers.")] = Path(
        "experiments"
    ),
) -> None:
    """
    Try what is said of convolutional networks: a table, a picture and the numbers as JSON.

    NAME.png and NAME.json in the folder are replaced.
    """
    from convolens.cli.results import make_folder
    from convolens.errors import unknown_name
    from convolens.images.files import atomic_output, check_output
    from convolens.nn.data import read_data
    from convolens.nn.experiments import EXPERIMENTS, Trial

    console = Console(highlight=False)
    if name is None:
        for each in EXPERIMENTS.values():
            typer.echo(f"{each.name:18}{each.summary}")
        return
    if name not in EXPERIMENTS:
        raise unknown_name("experiment", name, EXPERIMENTS)
    trial = Trial(read_data(data), seeds)
    if epochs is not None:
        trial.settings = replace(trial.settings, epochs=epochs)
    make_folder(out)
    picture, numbers = (check_output(out / f"{name}{ending}", overwrite=True) for ending in (".png", ".json"))
    progress = Console(stderr=True, highlight=False)
    with progress.status("dividing the data") as status:
        trial.tell = status.update
        outcome = EXPERIMENTS[name].run(trial)
    _print(console, outcome)
    with atomic_output(picture, overwrite=True) as file:
        outcome.figure.savefig(file, dpi=110)
    facts = {"experiment": name, "data": data, "seeds": seeds, "captions": outcome.captions, **outcome.numbers}
    with atomic_output(numbers, overwrite=True) as file:
        file.write((json.dumps(facts, indent=2) + "\n").encode())
    console.print(f"Picture and numbers: {out / name}.png, .json", soft_wrap=True)


def _print(console: Console, outcome: "Outcome") -> None:
    table = Table(title=outcome.title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for number, heading in enumerate(outcome.header):
        table.add_column(heading, justify="right" if number else "left", no_wrap=not number)
    for row in outcome.rows:
        table.add_row(*row)
    console.print(table)
    for caption in outcome.captions:
        console.print(caption, markup=False)
