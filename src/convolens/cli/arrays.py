"""Inputs for ``convolens explain``: numbers as text, a file of numbers, or a photograph."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import FileError, SpecError

Array = npt.NDArray[Any]

_NUMBERS = re.compile(r"[-+−\d.,;\seE/]+")
_LARGEST_TEXT = 256 * 2**20


def read_input(given: str) -> tuple[Array, bool]:
    """
    Return an array, and whether its channels come last, as those of a photograph do.

    Parameters
    ----------
    given : str
        ``"1 2 0; 0 1 2"`` (one row without a semicolon is a signal), a .npy, .csv or .json file, or a photograph.

    Raises
    ------
    SpecError
        If the text has rows of different lengths or something that is no number.
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
    if _NUMBERS.fullmatch(given) and not Path(given).is_file():
        rows = [row.replace(",", " ").split() for row in re.split(r"[;\n]", given) if row.strip()]
        return _flat_if_one_row(_table(rows, "the input")), False
    path = Path(given)
    match path.suffix.lower():
        case ".npy":
            return _read_npy(path), False
        case ".csv":
            return _flat_if_one_row(_table(list(csv.reader(_text(path).splitlines())), given)), False
        case ".json":
            return _read_json(path), False
    from convolens.images import read_image

    pixels = read_image(path).pixels
    return pixels, pixels.ndim == 3


def _flat_if_one_row(array: Array) -> Array:
    return array[0] if len(array) == 1 else array


def _table(rows: list[list[str]], name: str) -> Array:
    rows = [[cell.strip().replace("−", "-") for cell in row] for row in rows if row]
    lengths = sorted({len(row) for row in rows})
    if len(lengths) != 1:
        raise SpecError(f"{name} has rows of {' and '.join(map(str, lengths)) or 'no'} numbers; all need as many")
    try:
        return np.array([[int(cell) for cell in row] for row in rows])
    except (ValueError, OverflowError):
        pass
    try:
        return np.array([[float(cell) for cell in row] for row in rows])
    except ValueError as error:
        raise SpecError(f"{name} holds something that is no number: {error}") from None


def _text(path: Path) -> str:
    from convolens.images.files import open_input

    with open_input(path) as file:
        text = file.read(_LARGEST_TEXT + 1)
    if len(text) > _LARGEST_TEXT:
        raise FileError(f"{path}: more than {_LARGEST_TEXT} bytes of text; save it as .npy")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(f"{path}: is not text") from None


def _read_json(path: Path) -> Array:
    try:
        array = np.array(json.loads(_text(path)))
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: must hold lists of numbers, all equally long ({error})") from None
    if array.dtype.kind not in "biuf" or not array.ndim:
        raise FileError(f"{path}: must hold lists of numbers, such as [[1, 2], [3, 4]]")
    return array


def _read_npy(path: Path) -> Array:
    from convolens.images.files import open_input

    with open_input(path):  # says what is wrong with the file itself
        pass
    try:
        # Mapped, not read: only the windows that are looked at are loaded, and nothing is ever unpickled.
        array: Array = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, EOFError, OSError) as error:
        raise FileError(f"{path}: is not a NumPy file of numbers ({error})") from None
    return array
