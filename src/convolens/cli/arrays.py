"""Inputs for ``convolens explain``: numbers as text, a file of numbers, or a photograph."""

import os
import re
from pathlib import Path

from convolens.errors import SpecError
from convolens.kernels.tables import SUFFIXES, Array, numbers_from_text, read_numbers

_NUMBERS = re.compile(r"[-+−\d.,;\seE/]+")


def read_input(given: str, *, grey: bool = False) -> tuple[Array, bool]:
    """
    Return an array, and whether its channels come last, as those of a photograph do.

    Parameters
    ----------
    given : str
        ``"1 2 0; 0 1 2"`` (one row without a semicolon is a signal), a .npy, .csv or .json file, or a photograph.
    grey : bool, default False
        Take the luminance of a photograph.

    Raises
    ------
    SpecError
        If the text has rows of different lengths or something that is no number, or ``grey`` is asked of it.
    FileError, ImageError
        If the file cannot be read.

    Examples
    --------
    >>> read_input("1 2 0; 0 1 2")
    (array([[1, 2, 0],
           [0, 1, 2]]), False)
    """
    if not given.strip():
        raise SpecError("the input is empty; give numbers such as '1 2 0; 0 1 2; 2 0 1', or a file")
    path = Path(given)
    if grey and not _may_be_photograph(path):
        raise SpecError(f"--grey is for photographs, {given!r} is numbers or no file")
    if _NUMBERS.fullmatch(given) and not path.is_file():
        return _flat_if_one_row(numbers_from_text(given, "the input")), False
    match path.suffix.lower():
        case ".npy" | ".json":
            return read_numbers(path), False
        case ".csv":
            return _flat_if_one_row(read_numbers(path)), False
    from convolens.images import luminance, read_image

    if not _may_be_photograph(path):
        raise SpecError(f"{given!r} is neither numbers, such as '1 2 0; 0 1 2; 2 0 1', nor a file")
    image = read_image(path)
    pixels = (luminance(image) if grey else image).pixels
    return pixels, pixels.ndim == 3


def _may_be_photograph(path: Path) -> bool:
    from convolens.images.writing import ENDINGS

    ending = path.suffix.lower()
    return ending in ENDINGS or (ending not in SUFFIXES and os.path.lexists(path))


def _flat_if_one_row(array: Array) -> Array:
    return array[0] if len(array) == 1 else array
