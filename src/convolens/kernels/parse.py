"""Kernels from what a person gives: a catalogue name, numbers as text, a file, or an array."""

import csv
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import ConvolensError, FileError, SpecError
from convolens.kernels.catalogue import kernels
from convolens.kernels.checks import LARGEST_SIDE
from convolens.kernels.named import NamedKernel

_LARGEST_TEXT_FILE = 64 * 2**20
_NUMBER = re.compile(r"[-+−]?([\d.]+(e[-+]?\d+)?(/\S*)?|nan|inf|infinity)", re.IGNORECASE)
"""A first word that announces numbers, right or wrong, and no name."""


def parse_kernel(given: str | os.PathLike[str] | npt.ArrayLike | NamedKernel) -> NamedKernel:
    """
    Understand a kernel in any form in which a person writes one.

    Parameters
    ----------
    given : str, path or array_like
        - a name of the catalogue, with parameters if it takes any: ``"sobel-x"``, ``"gaussian:sigma=2,size=9"``
        - numbers, rows parted by ``;`` or line ends, cells by spaces or commas, fractions allowed:
          ``"-1 0 1; -2 0 2; -1 0 1"``, ``"1/9 1/9 1/9; 1/9 1/9 1/9; 1/9 1/9 1/9"``
        - a file: ``.npy``, ``.csv``, or ``.json`` with a list of rows or an object that has it under "weights"
        - an array or nested lists of 2 dimensions.

    Returns
    -------
    NamedKernel
        The catalogue's kernel; from a file, one named by the file's stem; otherwise one named "custom".
        Whole numbers give int64 weights, all others float64.

    Raises
    ------
    UnknownNameError
        If the text is no name of the catalogue; the nearest names are offered.
    SpecError
        If rows differ in length, a cell is no finite number, there are none, or there are not 2 dimensions.
    DTypeError
        If the numbers are not real.
    FileError
        If the file is missing, cannot be read, or is not what its name says.

    Notes
    -----
    Files are read as data alone: a .npy file that holds Python objects is refused.

    Examples
    --------
    >>> parse_kernel("-1 0 1; -2 0 2; -1 0 1")
    custom: 3 × 3, rank 1, sum 0
      -1   0   1
      -2   0   2
      -1   0   1
    >>> parse_kernel("1/4, 1/2, 1/4").weights.tolist()
    [[0.25, 0.5, 0.25]]
    >>> parse_kernel("box:size=5").sum
    1.0
    """
    if isinstance(given, NamedKernel):
        return given
    if isinstance(given, os.PathLike):
        return _from_file(Path(given))
    if not isinstance(given, str):
        return NamedKernel("custom", given)  # type: ignore[arg-type]  # __post_init__ makes it an array
    text = given.strip()
    if Path(text).suffix.lower() in _READERS:
        return _from_file(Path(text))
    if not text:
        raise SpecError("the kernel is empty; give a name, numbers such as '-1 0 1; -2 0 2; -1 0 1', or a file")
    if re.search(r"[;\n]", text) or _NUMBER.fullmatch(re.split(r"[\s,]", text)[0]):
        rows = [re.split(r"\s*,\s*|\s+", row.strip()) for row in re.split(r"[;\n]", text) if row.strip()]
        return NamedKernel("custom", _array("kernel text", rows))
    # No name of the catalogue has a separator or a dot, so this is a file of some other kind.
    if os.sep in text or "." in text.partition(":")[0]:
        return _from_file(Path(text))
    return kernels[text]


def _from_file(path: Path) -> NamedKernel:
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        known = ", ".join(_READERS)
        raise FileError(f"{path}: a kernel file must be one of {known}, found {suffix or 'no suffix'}")
    try:
        weights = _READERS[suffix](path)
    except ConvolensError:
        raise
    except FileNotFoundError:
        raise FileError(f"{path}: no such kernel file") from None
    except (OSError, EOFError, ValueError, RecursionError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise FileError(f"{path}: cannot read a kernel from this {suffix} file: {why}") from None
    return NamedKernel(path.stem, weights)


def _read_npy(path: Path) -> npt.NDArray[Any]:
    # Mapped, not read: a header that promises too much is refused before memory is taken, and Python objects
    # cannot be mapped, so nothing is ever unpickled.
    weights: npt.NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    if max(weights.shape, default=0) > LARGEST_SIDE:
        raise SpecError(f"{path}: shape {weights.shape} has a side over {LARGEST_SIDE}, the most for a kernel")
    return weights


def _read_csv(path: Path) -> npt.NDArray[Any]:
    rows = [row for row in csv.reader(_text(path).splitlines()) if any(cell.strip() for cell in row)]
    return _array(str(path), rows)


def _read_json(path: Path) -> npt.NDArray[Any]:
    found = json.loads(_text(path))
    rows = found.get("weights") if isinstance(found, dict) else found
    if not (isinstance(rows, list) and all(isinstance(row, list) for row in rows)):
        raise SpecError(f'{path}: must hold a list of rows, [[…], …], or an object {{"weights": [[…], …]}}')
    words = [[cell if isinstance(cell, str) else json.dumps(cell) for cell in row] for row in rows]
    return _array(str(path), words)


_READERS = {".npy": _read_npy, ".csv": _read_csv, ".json": _read_json}


def _text(path: Path) -> str:
    if path.stat().st_size > _LARGEST_TEXT_FILE:
        raise FileError(f"{path}: {path.stat().st_size} bytes are too many for a kernel")
    return path.read_text(encoding="utf-8-sig")


def _array(where: str, rows: list[list[str]]) -> npt.NDArray[Any]:
    """Rows of words as an array: int64 where all are whole numbers, float64 otherwise."""
    if not rows:
        raise SpecError(f"{where} is empty")
    lengths = [len(row) for row in rows]
    for index, length in enumerate(lengths, start=1):
        if length != lengths[0]:
            raise SpecError(
                f"{where}: row {index} has {length} cells, but row 1 has {lengths[0]}; all rows must be as long"
            )
    if max(len(rows), lengths[0]) > LARGEST_SIDE:
        raise SpecError(f"{where}: {len(rows)} × {lengths[0]} cells; a kernel has at most {LARGEST_SIDE} a side")
    values = [[_cell(where, index, word.strip()) for word in row] for index, row in enumerate(rows, start=1)]
    whole = all(isinstance(value, int) for value in _flat(values))
    return np.array(values, dtype=np.int64 if whole else np.float64)


def _cell(where: str, row: int, word: str) -> int | float:
    """One cell: ``-1``, ``0.5``, ``1e-3``, ``1/9``."""
    word = word.replace("−", "-")
    if re.fullmatch(r"[-+]?\d{1,18}", word, re.ASCII):
        return int(word)
    try:
        numerator, slash, denominator = word.partition("/")
        return float(numerator) / float(denominator) if slash else float(word)
    except ZeroDivisionError:
        raise SpecError(f"{where}: row {row} divides by zero: {word!r}") from None
    except ValueError:
        raise SpecError(f"{where}: row {row} holds {word!r}, which is not a number") from None


def _flat(rows: list[list[int | float]]) -> Iterable[int | float]:
    return (value for row in rows for value in row)
