"""The command line of the benchmark."""

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.combine import combine, measured
from benchmarks.machine import cores
from benchmarks.overview import draw_overview
from benchmarks.picture import draw
from benchmarks.report import case_row, markdown, tables
from benchmarks.run import chosen_peers, document, pieces, run, save, select

Record = dict[str, Any]

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
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in the output folder; what it has is kept.")
    ] = False,
    output: Annotated[
        Path, typer.Option(help="Folder for run.json, report.md, ratios.png and overview.png.")
    ] = Path("build/bench"),
) -> None:
    """Run cases; without a choice, all of them. They appear as they are measured, and are written at once."""
    if context.invoked_subcommand:
        return
    try:
        counts, names = [int(count) for count in threads.split(",")], chosen_peers(peers)
        if not all(1 <= count <= cores() for count in counts):
            raise ValueError(f"threads must be between 1 and this process's {cores()} cores, not {threads}")
        chosen = select(group or [], case or [])
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    console, lines = Console(), list[Record]()
    earlier = [read(output / "run.json")] if resume and (output / "run.json").exists() else []
    todo = pieces(chosen, counts, {found for run in earlier for found in measured(run)})
    total, asked = sum(len(names) for _, _, names in todo), {group for _, group, _ in todo}
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])

    def so_far() -> Record:
        return combined([*earlier, document(lines, command)])

    so_far()  # if what there is comes from another machine, better to know now
    for line in run(todo, names, quick=quick):
        lines.append(line)
        if "case" in line:
            number = sum(line.get("group") in asked for line in lines)  # the cached first call comes unasked
            cells = (f"[{number}/{total}]", line["group"], *case_row(line))
            console.print("  ".join(cell for cell in cells if cell), highlight=False, markup=False)
            save(so_far(), output)  # a run that is broken off has not been for nothing
    show(so_far(), output, console)


@app.command()
def report(
    paths: Annotated[list[Path], typer.Argument(help="The run.json of one or more runs.", exists=True)],
    output: Annotated[
        Path | None, typer.Option(help="Folder for the files of a run; else Markdown goes out.")
    ] = None,
) -> None:
    """
    Write runs as one page, with a verdict on every target.

    They have to come from the same machine and versions; of a case that was measured twice, the last run counts.
    """
    found = combined([read(path) for path in paths])
    if output:
        show(found, output, Console())
    else:
        sys.stdout.write(markdown(found))


def read(path: Path) -> Record:
    """Read a run; a folder means its run.json."""
    found: Record = json.loads((path / "run.json" if path.is_dir() else path).read_text())
    return found


def combined(runs: list[Record]) -> Record:
    """Combine runs, or say on the command line why they cannot be."""
    try:
        return combine(runs)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def show(found: Record, output: Path, console: Console) -> None:
    """Print the tables; write JSON, Markdown and the pictures."""
    for table in tables(found):
        console.print(table)
    save(found, output)
    (output / "report.md").write_text(markdown(found))
    draw(found, output / "ratios.png")
    draw_overview(found, output / "overview.png")
    console.print(f"Written to {output}")


if __name__ == "__main__":
    app()
