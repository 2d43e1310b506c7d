"""The command ``convolens``: its subcommands, and what they share."""

import io
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from convolens.cli.cache import cache_command
from convolens.cli.code import code_command
from convolens.cli.demo import demo_command
from convolens.cli.experiment import experiment_command
from convolens.cli.explain import explain_command
from convolens.cli.failures import exit_code_of
from convolens.cli.filter import filter_command
from convolens.cli.info import info_command
from convolens.cli.kernels import kernels_command
from convolens.cli.lab import lab_command
from convolens.cli.look import look_command
from convolens.cli.run import run_command
from convolens.cli.shape import shape_command
from convolens.cli.sheet import sheet_command
from convolens.cli.train import train_command
from convolens.cli.tune import tune_command

# Matrices are written in place, and may begin with "-": such an argument is not taken for an option.
NUMBERS = {"ignore_unknown_options": True}

app = typer.Typer(
    name="convolens",
    help="Convolution: apply it to pictures, see every product and sum, and know what it costs.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("demo")(demo_command)
app.command("lab")(lab_command)
app.command("filter")(filter_command)
app.command("sheet")(sheet_command)
app.command("kernels", context_settings=NUMBERS)(kernels_command)
app.command("explain", context_settings=NUMBERS)(explain_command)
app.command("shape")(shape_command)
app.command("code")(code_command)
app.command("train")(train_command)
app.command("look")(look_command)
app.command("run")(run_command)
app.command("experiment")(experiment_command)
app.command("tune")(tune_command)
app.command("info")(info_command)
app.command("cache")(cache_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with ``arguments`` (by default those of the process) and return its exit code."""

    def run() -> object:
        # Not app(…), which would answer an interrupt or a closed pipe itself, with words and codes of its own.
        command = typer.main.get_command(app)
        with command.make_context("convolens", list(sys.argv[1:] if arguments is None else arguments)) as context:
            return command.invoke(context)

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # file names may hold what the terminal cannot show
    return exit_code_of(run)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"convolens {version('convolens')}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
