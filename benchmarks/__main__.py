"""The command line of the benchmark."""

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.machine import cores
from benchmarks.picture import draw
from benchmarks.report import case_row, markdown, tables
from benchmarks.run import chosen_peers, document, run, save, select

app = typer.Typer(
    add_completion=False, help="Measure Convolens against its peers.", pretty_exceptions_enable=False
)


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    group: Annotated[list[str] | None, typer.Option(help="Only this group; may be given several times.")] = None,
    case: Annotated[list[str] | None, typer.Option(help="Only this case; may be given several times.")] = None,
    threads: Annotated[str, typer.Option(help="Numbers of threads, one after the other.")] = "1,2",
    peers: Annotated[str, typer.Option(help="Peers separated by commas, or 'all', or 'none'.")] = "all",
    quick: Annotated[bool, typer.Option("--quick", help="Few rounds.")] = False,
    output: Annotated[Path, typer.Option(help="Folder for run.json, report.md and ratios.png.")] = Path(
        "build/bench"
    ),
) -> None:
    """Run cases; without a choice, all of them."""
    if context.invoked_subcommand:
        return
    try:
        counts, names = [int(count) for count in threads.split(",")], chosen_peers(peers)
        if not all(1 <= count <= cores() for count in counts):
            raise ValueError(f"threads must be between 1 and this process's {cores()} cores, not {threads}")
        chosen = select(group or [], case or [])
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    console, lines = Console(), []
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    for line in run(chosen, names, counts, quick=quick):
        lines.append(line)
        if "case" in line:
            console.print("  ".join(cell for cell in (line["group"], *case_row(line)) if cell), highlight=False)
            save(document(lines, command), output)  # a run that is broken off has not been for nothing
    show(document(lines, command), output, console)


@app.command()
def report(
    path: Annotated[Path, typer.Argument(help="A run.json.", exists=True, dir_okay=False)],
) -> None:
    """Write a run as Markdown, with a verdict on every target."""
    sys.stdout.write(markdown(json.loads(path.read_text())))


def show(found: dict[str, object], output: Path, console: Console) -> None:
    """Print the tables; write JSON, Markdown and the picture."""
    for table in tables(found):
        console.print(table)
    save(found, output)
    (output / "report.md").write_text(markdown(found))
    draw(found, output / "ratios.png")
    console.print(f"Written to {output}")


if __name__ == "__main__":
    app()
