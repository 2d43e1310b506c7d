"""Numbers as people give them: written as text, or in a .npy, .csv or .json file."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import ConvolensError, FileError, SpecError

Array = npt.NDArray[Any]

SUFFIXES = (".npy", ".csv", ".json")
_LARGEST_TEXT = 256 * 2**20  # bytes
_INT64 = np.iinfo(np.int64)


def numbers_from_text(text: str, where: str, *, longest: int | None = None) -> Array:
    """
    Read a matrix written as text: rows parted by ``;`` or line ends, cells by spaces or commas.

    Parameters
    ----------
    text : str
        Whole numbers, decimals, and fractions such as ``1/9``.
    where : str
        What the text is, for messages.
    longest : int, optional
        The most rows, and cells a row, that are allowed.

    Returns
    -------
    ndarray
        int64 where all numbers are whole and fit, else float64.

    Raises
    ------
    SpecError
        If a cell is no number, rows differ in length, there are none, or too many.

    Examples
    --------
    >>> numbers_from_text("1 -2; 3, 1/4", "the text")
    array([[ 1.  , -2.  ],
           [ 3.  ,  0.25]])
    """
    rows = [re.split(r"\s*,\s*|\s+", row.strip()) for row in re.split(r"[;\n]", text) if row.strip()]
    return _array(where, rows, longest)


def read_numbers(path: Path, *, longest: int | None = None) -> Array:
    """
    Read an array from a file, as data alone: nothing is unpickled.

    Parameters
    ----------
    path : Path
        A .npy file (mapped, not read), a .csv file of rows, or a .json file: nested lists of numbers, or an object
        that has them under "weights". Cells of the last two are written as in :func:`numbers_from_text`.
    longest : int, optional
        The longest side that is allowed.

    Raises
    ------
    SpecError
        As for :func:`numbers_from_text`.
    FileError
        If the file is missing, cannot be read, or is not what its name says.
    """
    suffix = path.suffix.lower()
    try:
        if path.exists() and not path.is_file():
            raise FileError(f"{path}: is a folder or device; give a file")
        match suffix:
            case ".npy":
                return _read_npy(path, longest)
            case ".csv":
                rows = csv.reader(_text(path).splitlines())
                return _array(str(path), [row for row in rows if any(cell.strip() for cell in row)], longest)
            case ".json":
                return _read_json(path, longest)
    except ConvolensError:
        raise
    except FileNotFoundError:
        raise FileError(f"{path}: no such file") from None
    except (OSError, EOFError, ValueError, RecursionError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise FileError(f"{path}: cannot read numbers from this {suffix} file: {why}") from None
    raise FileError(
        f"{path}: a file of numbers must be one of {', '.join(SUFFIXES)}, found {suffix or 'no suffix'}"
    )


def _read_npy(path: Path, longest: int | None) -> Array:
    # Mapped, not read: a header that promises too much is refused before memory is taken, and Python objects
    # cannot be mapped, so nothing is ever unpickled.
    array: Array = np.lib.format.open_memmap(path, mode="r")
    if longest is not None and max(array.shape, default=0) > longest:
        raise SpecError(f"{path}: shape {array.shape} has a side over {longest}, the longest allowed here")
    return array


def _read_json(path: Path, longest: int | None) -> Array:
    found = json.loads(_text(path))
    lists = found.get("weights") if isinstance(found, dict) else found
    if not isinstance(lists, list):
        raise SpecError(f'{path}: must hold lists of numbers, [[…], …], or an object {{"weights": [[…], …]}}')
    return _array(str(path), lists, longest)


def _text(path: Path) -> str:
    if path.stat().st_size > _LARGEST_TEXT:
        raise FileError(f"{path}: more than {_LARGEST_TEXT} bytes of text; save it as .npy")
    return path.read_text(encoding="utf-8-sig")


def _array(where: str, lists: list[Any], longest: int | None) -> Array:
    cells: list[int | float] = []
    shape = _gather(lists, cells, where, "", longest)
    whole = all(isinstance(cell, int) for cell in cells)
    return np.array(cells, np.int64 if whole else np.float64).reshape(shape)


def _gather(entry: Any, cells: list[int | float], where: str, row: str, longest: int | None) -> tuple[int, ...]:
    """Append the numbers of nested lists to ``cells``, and return the shape of the lists."""
    if not isinstance(entry, list):
        cells.append(_number(entry, f"{where}: {row}"))
        return ()
    if not entry:
        raise SpecError(f"{where} is empty")
    if longest is not None and len(entry) > longest:
        raise SpecError(f"{where}: {len(entry)} cells in a line; there may be at most {longest} a side")
    first: tuple[int, ...] = ()
    for index, part in enumerate(entry, start=1):
        shape = _gather(part, cells, where, row or f"row {index}", longest)
        if index == 1:
            first = shape
        if shape != first:
            found, wanted = _cells(shape), _cells(first)
            raise SpecError(f"{where}: row {index} has {found}, but row 1 has {wanted}; all rows must be as long")
    return (len(entry), *first)


def _cells(shape: tuple[int, ...]) -> str:
    return f"{'×'.join(map(str, shape))} cells" if shape else "no list"


def _number(cell: Any, where: str) -> int | float:
    """One cell: ``-1``, ``0.5``, ``1e-3``, ``1/9``, or a number already."""
    word = (cell if isinstance(cell, str) else json.dumps(cell)).strip().replace("−", "-")
    if re.fullmatch(r"[-+]?\d{1,19}", word, re.ASCII) and _INT64.min <= int(word) <= _INT64.max:
        return int(word)
    try:
        numerator, slash, denominator = word.partition("/")
        return float(numerator) / float(denominator) if slash else float(word)
    except ZeroDivisionError:
        raise SpecError(f"{where} divides by zero: {word!r}") from None
    except ValueError:
        raise SpecError(f"{where} holds {word!r}, which is not a number") from None
