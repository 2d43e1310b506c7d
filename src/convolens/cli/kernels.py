"""``convolens kernels``: the catalogue as a table, or one kernel with everything about it."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from convolens.cli.options import FLAG
from convolens.kernels import kernels, parse_kernel


def kernels_command(
    name: Annotated[
        str | None,
        typer.Argument(help="A kernel: a name, 'gaussian:sigma=2', '-1 0 1; -2 0 2; -1 0 1', or a file."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", metavar=FLAG, help="Print JSON instead.")] = False,
) -> None:
    """List the named kernels, or show one: weights, formula, source, what it responds to and why."""
    if name is not None:
        kernel = parse_kernel(name)
        typer.echo(_json(kernel.as_dict()) if as_json else kernel.text(Console().width))
    elif as_json:
        typer.echo(_json([kernel.as_dict() for kernel in kernels.values()]))
    else:
        _print_table()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _print_table() -> None:
    """The whole catalogue, one row a kernel, a rule between families."""
    table = Table(caption="Rank 1 is separable. An even area is multiplied by the sum.")
    table.add_column("Name", no_wrap=True)
    for heading in ("Size", "Rank", "Sum"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Responds to")
    family = None
    for kernel in kernels.values():
        if family not in (None, kernel.family):
            table.add_section()
        family = kernel.family
        rows, columns = kernel.shape
        size = f"{rows} × {columns}"
        table.add_row(kernel.name, size, str(kernel.rank), f"{kernel.sum:.6g}", kernel.responds_to)
    Console().print(table)
