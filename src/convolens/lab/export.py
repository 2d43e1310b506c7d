"""The lab as a static site: files for any web host, or for none, as they work from a folder too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from convolens.errors import FileError
from convolens.images.files import atomic_output, file_error, refuse_standard_output
from convolens.lab.pages import static_page
from convolens.lab.states import STATES


def export_site(folder: Path, *, overwrite: bool = False) -> list[Path]:
    """
    Write every exhibit as a page that holds all it needs, and a page that lists them.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    overwrite : bool, default False
        Whether it may hold something already; files of the same names are replaced, others stay.

    Returns
    -------
    list of Path
        What was written, index.html first.

    Raises
    ------
    FileError
        If something cannot be written, or the folder is not empty.
    """
    refuse_standard_output(folder)
    pages = {name: static_page(exhibit) for name, exhibit in _names()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_used = any(folder.iterdir())
    except FileExistsError as error:
        raise FileError(f"{folder}: is a file, and a folder is wanted; choose another name") from error
    except OSError as error:
        raise file_error(folder, error) from error
    if is_used and not overwrite:
        raise FileError(f"{folder}: there is something in it already; choose another folder, or use --overwrite")
    written = []
    for name, text in pages.items():
        with atomic_output(folder / name, overwrite=overwrite) as file:
            file.write(text.encode())
        written.append(folder / name)
    return written


def _names() -> Iterator[tuple[str, str]]:
    yield "index.html", ""
    for exhibit in STATES:
        yield f"{exhibit}.html", exhibit
