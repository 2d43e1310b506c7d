"""``convolens sheet``: one photograph under many kernels."""

import re
from pathlib import Path
from typing import Annotated

import typer

from convolens.cli.options import Border, MaxPixels, Overwrite, parse_border_option


def sheet_command(
    image: Annotated[Path, typer.Argument(metavar="IN", help="The photograph.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The picture to write: .png, .jpg, .tif or .webp.")
    ],
    names: Annotated[
        str | None,
        typer.Option(
            "--kernels",
            help="Names parted by commas, as in 'box,gaussian:sigma=2'; by default the whole catalogue.",
        ),
    ] = None,
    kernel: Annotated[
        list[str] | None,
        typer.Option(
            "--kernel", "-k", help="A kernel in any form that 'convolens filter' takes; may be repeated."
        ),
    ] = None,
    border: Border = "reflect",
    tile: Annotated[int, typer.Option(min=32, max=1024, help="Largest side of a tile, in pixels.")] = 208,
    columns: Annotated[int | None, typer.Option(min=1, help="Tiles in a row.")] = None,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = None,
) -> None:
    """
    Make a contact sheet: a small copy of a photograph under many kernels, each labelled.

    Example: [bold]convolens sheet photo.jpg -o sheet.png --kernels box,gaussian,sobel-x[/bold]
    """
    from convolens.images import read_image, write_image
    from convolens.images.files import check_output
    from convolens.images.reading import MAX_PIXELS
    from convolens.images.sheet import contact_sheet
    from convolens.images.writing import output_format

    output_format(output)
    check_output(output, overwrite=overwrite)
    # A comma before "name=" belongs to a kernel's parameters, as in gabor:sigma=3,wavelength=8.
    chosen = [] if names is None else [name.strip() for name in re.split(r",(?!\s*\w+\s*=)", names)]
    chosen += kernel or []
    photo = read_image(image, max_pixels=max_pixels or MAX_PIXELS)
    sheet = contact_sheet(photo, chosen or None, border=parse_border_option(border), tile=tile, columns=columns)
    write_image(output, sheet, overwrite=overwrite)
    typer.echo(f"written: {output}")
