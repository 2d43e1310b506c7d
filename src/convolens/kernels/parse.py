"""Kernels from what a person gives: a catalogue name, numbers as text, a file, or an array."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy.typing as npt

from convolens.errors import SpecError
from convolens.kernels.catalogue import kernels
from convolens.kernels.checks import LARGEST_SIDE
from convolens.kernels.named import NamedKernel
from convolens.kernels.recipe import Recipe
from convolens.kernels.tables import SUFFIXES, numbers_from_text, read_numbers

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
    if isinstance(given, Recipe):
        raise SpecError(f"kernels.{given.__name__} makes kernels; call it: {given.example}")
    if isinstance(given, os.PathLike):
        return _from_file(Path(given))
    if not isinstance(given, str):
        return NamedKernel("custom", given)  # type: ignore[arg-type]  # __post_init__ makes it an array
    text = given.strip()
    if Path(text).suffix.lower() in SUFFIXES:
        return _from_file(Path(text))
    if not text:
        raise SpecError("the kernel is empty; give a name, numbers such as '-1 0 1; -2 0 2; -1 0 1', or a file")
    if re.search(r"[;\n]", text) or _NUMBER.fullmatch(re.split(r"[\s,]", text)[0]):
        return NamedKernel("custom", numbers_from_text(text, "kernel text", longest=LARGEST_SIDE))
    # No name of the catalogue has a separator or a dot, so this is a file of some other kind.
    if os.sep in text or "." in text.partition(":")[0]:
        return _from_file(Path(text))
    return kernels[text]


def _from_file(path: Path) -> NamedKernel:
    return NamedKernel(path.stem, read_numbers(path, longest=LARGEST_SIDE))
