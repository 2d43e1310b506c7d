"""``convolens lab``: the exhibits in the browser, or as a static site."""

from pathlib import Path
from typing import Annotated

import typer

from convolens.cli.options import FLAG, Overwrite
from convolens.lab.limits import Limits

PASSWORD = "CONVOLENS_LAB_PASSWORD"


def lab_command(
    *,
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Where to listen. Others than this machine need the link's token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="0 is any free one.")] = 8600,
    password: Annotated[
        bool,
        typer.Option(
            "--password", metavar=FLAG, help=f"Ask for a password that opens it, too, or take ${PASSWORD}."
        ),
    ] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")] = True,
    max_pixels: Annotated[
        int, typer.Option(min=1, metavar="PIXELS", help="The largest photograph that is taken.")
    ] = 100_000_000,
    max_memory: Annotated[
        int,
        typer.Option(
            min=1,
            max=1 << 20,
            metavar="GIB",
            help="The memory that each process that computes may take, on Linux.",
        ),
    ] = 4,
    export: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write it as a static site instead, and end.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """
    See the operation: change numbers, drag kernels, drop in photographs, in the browser.

    Ends with Ctrl-C. Example: [bold]convolens lab --export site[/bold]
    """
    if export is not None:
        from convolens.lab.export import export_site

        written = export_site(export, overwrite=overwrite)
        typer.echo(f"written: {written[0]}, and {len(written) - 1} more beside it")
        return
    limits = Limits(upload_pixels=max_pixels, memory_bytes=max_memory << 30)
    _serve(host, port, limits, with_password=password, browser=browser)


def _serve(host: str, port: int, limits: Limits, *, with_password: bool, browser: bool) -> None:
    import os
    import webbrowser

    from convolens.errors import FileError, SpecError

    try:
        from convolens.lab.server import serve
    except ModuleNotFoundError as error:
        raise FileError(
            f"the lab needs {error.name}, which is not installed: pip install 'convolens[lab]'"
        ) from error
    from convolens.lab.pages import module_text

    module_text("page")  # an error, where it was never built
    password = None
    if with_password:
        password = os.environ.get(PASSWORD) or typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        if len(password) < 8:
            raise SpecError("the password must have at least 8 characters")

    def started(link: str) -> None:
        typer.echo(f"The lab is open at {link}\nCtrl-C ends it.")
        if browser:
            webbrowser.open(link)

    serve(host, port, limits=limits, password=password, started=started)
    typer.echo("The lab is closed.")
