"""``convolens demo``: every kernel over one photograph, and one pixel worked out by hand."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from convolens.images import Image

RUNS = 3  # times each kernel is laid over the photograph; the median is printed
EXAMPLE = "sobel-x"


def demo_command(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write into.")] = Path("demo"),
    image: Annotated[Path | None, typer.Option(help="A photograph of your own.")] = None,
) -> None:
    """
    Lay every kernel over a photograph, time each, and work out one pixel by hand.

    The result is a labelled contact sheet, contact-sheet.png in the output folder; it replaces an earlier one.
    """
    from rich.console import Console

    from convolens.cli.results import make_folder
    from convolens.images import read_image, write_image
    from convolens.images.files import check_output
    from convolens.images.sheet import contact_sheet

    target = output / "contact-sheet.png"
    photo = sample_photo() if image is None else read_image(image)
    make_folder(output)
    is_own_input = image is not None and target.exists() and target.samefile(image)
    check_output(target, overwrite=not is_own_input)
    console = Console()
    _print_times(console, photo)
    _print_pixel(console, photo)
    write_image(target, contact_sheet(photo), overwrite=not is_own_input)
    console.print(f"\nThe contact sheet: {target}", soft_wrap=True, highlight=False)


def sample_photo() -> Image:
    """
    Return the photograph of astronaut Eileen Collins (NASA, public domain) that scikit-image carries.

    Raises
    ------
    FileError
        If scikit-image is not installed.
    """
    from convolens.errors import FileError
    from convolens.images import Image

    try:
        from skimage import data
    except ImportError as error:
        raise FileError(
            "the sample photograph comes with scikit-image, which is not installed: "
            "pip install 'convolens[samples]', or give --image FILE"
        ) from error
    return Image(data.astronaut())  # type: ignore[no-untyped-call]


def _print_times(console: Console, photo: Image) -> None:
    from rich.console import Console
    from rich.progress import track
    from rich.table import Table

    from convolens.images import filter_image
    from convolens.kernels import kernels

    table = Table(title=f"Every kernel over {photo.size} {photo.pixels.dtype}", title_justify="left")
    table.add_column("kernel")
    for name in ("size", "rank", "median ms", "ns a pixel"):
        table.add_column(name, justify="right")
    gallery = list(kernels.values())
    progress = Console(stderr=True)
    for kernel in track(gallery, "Filtering", console=progress, transient=True, disable=not progress.is_terminal):
        times = []
        for _ in range(RUNS):
            start = perf_counter()
            filter_image(photo, kernel)
            times.append(perf_counter() - start)
        seconds = median(times)
        rows, columns = kernel.shape
        per_pixel = seconds / photo.pixels.size * 1e9
        table.add_row(
            kernel.name, f"{rows} × {columns}", str(kernel.rank), f"{seconds * 1e3:.1f}", f"{per_pixel:.1f}"
        )
    console.print(table)
    console.print(f"Median of {RUNS} runs. A pixel is one number of one channel.", highlight=False)


def _print_pixel(console: Console, photo: Image) -> None:
    """Print the strongest response in the picture's middle, worked out by hand, and what the engine returned."""
    import numpy as np

    from convolens.explain import explain
    from convolens.images import filter_image, luminance
    from convolens.kernels import kernels

    kernel, grey = kernels[EXAMPLE], luminance(photo).pixels
    response = filter_image(grey, kernel, response="raw")
    height, width = response.shape
    middle = response[height // 4 : height - height // 4, width // 4 : width - width // 4]
    row, column = (int(n) for n in np.unravel_index(np.abs(middle).argmax(), middle.shape))
    cell = (row + height // 4, column + width // 4)
    trace = explain(grey, kernel, padding="same", border="reflect", cell=cell)
    console.print(
        f"\nOne pixel by hand: {EXAMPLE} at row {cell[0]}, column {cell[1]} of the luminance\n", style="bold"
    )
    console.print(str(trace[cell]), highlight=False, soft_wrap=True, markup=False)
    console.print(f"The filtered picture holds {response[cell]} there.", highlight=False)
