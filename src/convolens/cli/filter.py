"""``convolens filter``: a kernel over pictures."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from convolens.cli.options import FLAG, Border, MaxPixels, Overwrite, parse_border_option


class Response(StrEnum):
    """How sums become pixels."""

    clip = "clip"
    signed = "signed"
    absolute = "absolute"
    raw = "raw"


class Operator(StrEnum):
    """How an edge is measured."""

    sobel = "sobel"
    scharr = "scharr"
    prewitt = "prewitt"


class Ending(StrEnum):
    """Kinds of files to write."""

    png = "png"
    jpg = "jpg"
    tif = "tif"
    webp = "webp"
    npy = "npy"


def filter_command(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="IN...", help="Pictures, folders, or quoted patterns like 'in/*.jpg'."),
    ],
    output: Annotated[
        str,
        typer.Option("--output", "-o", help="A picture (.png .jpg .tif .webp), a .npy file, or a folder."),
    ],
    kernel: Annotated[
        str | None,
        typer.Option(
            "--kernel",
            "-k",
            help="A name, 'gaussian:sigma=2', '-1 0 1; -2 0 2; -1 0 1', or a .npy, .csv or .json file.",
        ),
    ] = None,
    edges: Annotated[
        Operator | None,
        typer.Option(metavar="OPERATOR", help="sobel, scharr or prewitt: measure edges, in place of a kernel."),
    ] = None,
    direction: Annotated[
        bool,
        typer.Option(
            "--direction", metavar=FLAG, help="With --edges: their direction in degrees, to .npy or .tif."
        ),
    ] = False,
    response: Annotated[
        Response,
        typer.Option(
            metavar="RESPONSE",
            help="clip: the sums, held within the data type; signed: grey is zero; absolute: without sign; "
            "raw: exact sums, to .npy or .tif.",
        ),
    ] = Response.clip,
    gain: Annotated[
        float,
        typer.Option(
            metavar="NUMBER",
            help="With --response signed: how many times as far from grey; 4 suits photographs.",
        ),
    ] = 1,
    border: Border = "reflect",
    flip: Annotated[
        bool, typer.Option("--flip", metavar=FLAG, help="Turn the kernel by 180° (true convolution).")
    ] = False,
    grey: Annotated[
        bool, typer.Option("--grey", metavar=FLAG, help="Filter the luminance alone; the result is grey.")
    ] = False,
    format: Annotated[
        Ending | None,
        typer.Option(
            metavar="ENDING", help="png, jpg, tif, webp or npy: what to write into a folder; by default as read."
        ),
    ] = None,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", metavar=FLAG, help="Look into the folders of a folder, too.")
    ] = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = None,
) -> int:
    """
    Lay a kernel over pictures.

    Each result has the size, depth, alpha and colour profile of its picture.

    Examples: [bold]convolens filter photo.jpg -k gaussian:sigma=2 -o soft.jpg[/bold] ·
    [bold]convolens filter photos/ -k sobel-x --response signed --gain 4 -o out/[/bold]
    """
    from convolens.cli.batch import Job, plan_jobs, run_jobs
    from convolens.cli.results import Task, make_folder, make_result
    from convolens.errors import SpecError
    from convolens.kernels import parse_kernel

    if (kernel is None) == (edges is None):
        raise SpecError("give either --kernel or --edges; 'convolens kernels' lists the names")
    if direction and edges is None:
        raise SpecError("--direction belongs to --edges: add --edges sobel")
    if edges is not None and response in (Response.signed, Response.absolute):
        raise SpecError(f"--response {response} belongs to --kernel: the steepness of an edge has no sign")
    if gain != 1 and response is not Response.signed:
        raise SpecError("--gain belongs to --response signed, which keeps zero grey: add it")
    task = Task(
        kernel=None if kernel is None else parse_kernel(kernel),
        operator=None if edges is None else edges.value,
        direction=direction,
        response=response.value,
        gain=gain,
        border=parse_border_option(border),
        flip=flip,
        grey=grey,
    )
    jobs = plan_jobs(inputs, output, recursive=recursive, ending=f".{format}" if format else None)

    def work(job: Job) -> None:
        if job.target != Path(output):
            make_folder(job.target.parent)
        make_result(job.source, job.target, task, overwrite=overwrite, max_pixels=max_pixels)

    failed = run_jobs(jobs, work)
    done = len(jobs) - failed
    if done:
        where = jobs[0].target if len(jobs) == 1 else Path(output)
        typer.echo(f"{done} of {len(jobs)} written to {where}" if len(jobs) > 1 else f"written: {where}")
    return 2 if failed else 0
