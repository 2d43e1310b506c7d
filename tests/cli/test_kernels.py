"""``convolens kernels``: the table, one kernel, and JSON."""

import json

import pytest
import typer
from typer.testing import CliRunner, Result

from convolens.cli.kernels import kernels_command
from convolens.errors import UnknownNameError
from convolens.kernels import kernels

app = typer.Typer()
app.command()(kernels_command)


def run(*arguments: str) -> Result:
    """The command with these arguments, on a wide terminal; what it raises is raised here."""
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"}, catch_exceptions=False)


def test_the_table_lists_every_kernel() -> None:
    """One row a kernel, in gallery order, with its sentence."""
    lines = run().stdout.splitlines()
    names = [line.split()[1] for line in lines if line.startswith("│")]
    assert names == list(kernels)
    for kernel in kernels.values():
        assert any(kernel.name in line and kernel.responds_to in line for line in lines)


def test_one_kernel() -> None:
    """Weights, formula, both sentences and source."""
    text = run("gaussian:sigma=2").stdout
    assert text == f"{kernels.gaussian(sigma=2).text(200)}\n"
    assert "Koenderink" in text


def test_numbers_are_shown_too() -> None:
    """Anything that is a kernel can be looked at; text that starts with a minus comes after --."""
    assert "custom: 1 × 3, rank 1, sum 0" in run("--", "-1 0 1").stdout


def test_json() -> None:
    """One kernel or all of them, as a program reads them."""
    assert json.loads(run("sobel-x", "--json").stdout)["weights"] == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert [entry["name"] for entry in json.loads(run("--json").stdout)] == list(kernels)


def test_unknown_name() -> None:
    """The error goes up to the command line's own handler."""
    with pytest.raises(UnknownNameError, match="did you mean"):
        run("soble-x")
