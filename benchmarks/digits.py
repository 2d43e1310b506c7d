"""How well and how fast ``convolens train digits`` learns, over several seeds: ``python -m benchmarks.digits``."""

import statistics
from dataclasses import replace
from typing import Annotated

import typer

import convolens as cl
from convolens.nn import Network
from convolens.nn.data import Dataset, divide, read_data
from convolens.nn.recipes import Recipe, recipe_for
from convolens.nn.train import Trainer


def main(
    seeds: Annotated[str, typer.Option(help="The first and the last.")] = "2001-2008",
    threads: Annotated[int, typer.Option(help="How many.")] = 2,
) -> None:
    """
    Train with every seed as the command does, and print a table in Markdown.

    A seed draws which items are for training, validation and test, the first weights, and all that follows. What
    the command does was chosen with seeds from 100 to 104, by items that it did not learn from. An epoch before
    the first seed, that does not count, compiles what is not compiled yet.
    """
    cl.threads(threads)
    data, recipe = read_data("digits"), recipe_for("digits")
    first, last = map(int, seeds.split("-"))
    prepare(data, recipe, 0).run()
    typer.echo(f"{recipe.text(len(data.names))}; {recipe.options()}; {threads} threads\n")
    typer.echo("| seed | items to learn from | wrong of test | test accuracy | seconds of training |")
    typer.echo("|---|---:|---:|---:|---:|")
    rows = list[tuple[float, float]]()
    for seed in range(first, last + 1):
        trainer = prepare(data, recipe, seed)
        while trainer.run():
            pass
        test, seconds = trainer.parts.test, trainer.progress.seconds
        accuracy, items = trainer.evaluate(test)[1], len(test.classes)
        rows.append((accuracy, seconds))
        counts = f"{len(trainer.parts.training.classes)} | {round((1 - accuracy) * items)} of {items}"
        typer.echo(f"| {seed} | {counts} | {accuracy:.2%} | {seconds:.2f} |")
    for name, of in (("median", statistics.median), ("mean", statistics.mean), ("least", min), ("most", max)):
        accuracy, seconds = (of(column) for column in zip(*rows, strict=True))
        typer.echo(f"| {name} | | | {accuracy:.2%} | {seconds:.2f} |")


def prepare(data: Dataset, recipe: Recipe, seed: int) -> Trainer:
    """Divide the data, draw the network, and make what trains it."""
    parts = divide(data, seed=seed)
    network = Network.from_text(recipe.text(len(data.names)), parts.training.inputs.shape[1:], seed=seed)
    return Trainer(network, parts, replace(recipe.settings, seed=seed))


if __name__ == "__main__":
    typer.run(main)
