"""Arrays of items and of class numbers, from NumPy's files and from scikit-learn's."""

import gzip
import importlib.util
import lzma
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from convolens.errors import FileError, SpecError
from convolens.images.files import file_error, open_input
from convolens.nn.data import Dataset
from convolens.ops.arrays import Array, as_array

_DAMAGED = (
    ValueError, KeyError, TypeError, OSError, EOFError, RuntimeError, MemoryError, OverflowError, zlib.error,
    lzma.LZMAError,
)  # fmt: skip
"""What reading an archive of arrays ends with where it is something else, or lies about its sizes."""


def read_npz(path: Path) -> Dataset:
    """
    Read arrays ``x`` and ``y``, and, where the file has a part for the test, ``x_test`` and ``y_test``.

    Where ``signals`` stands in place of ``x``, three axes are items, channels and cells.
    """
    with open_input(path) as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                name = "signals" if "signals" in arrays else "x"
                x, y = arrays[name], arrays["y"]
                test = (arrays[f"{name}_test"], arrays["y_test"]) if f"{name}_test" in arrays else None
        except _DAMAGED as error:
            raise FileError(f"{path}: cannot be read as an .npz file with arrays x and y: {error}") from None
        except zipfile.BadZipFile as error:
            raise FileError(f"{path}: is no .npz file: {error}") from None
    if name == "signals" and x.ndim not in (2, 3):
        raise SpecError(f"{path}: signals must be (N, C, length), or (N, length) of one channel, not {x.shape}")
    return labelled(path, (x, y), test, bare=2 if name == "signals" else 3)


def read_digits() -> Dataset:
    """Read the file in scikit-learn's package; importing that would take seconds."""
    found = importlib.util.find_spec("sklearn")
    if found is None or found.origin is None:
        raise FileError("digits: scikit-learn, which carries them, is missing; pip install 'convolens[samples]'")
    path = Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz"
    try:
        with gzip.open(path, "rt") as file:
            table = np.loadtxt(file, delimiter=",", dtype=np.int64)
    except OSError as error:
        raise file_error(path, error) from error
    inputs = (table[:, :-1] / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    return Dataset(inputs, table[:, -1].copy(), tuple("0123456789"))


def labelled(
    source: Path,
    given: tuple[Array, Array],
    test: tuple[Array, Array] | None = None,
    names: Sequence[str] = (),
    *,
    bare: int = 3,
) -> Dataset:
    """
    Join items and class numbers, as files have them, into data.

    Parameters
    ----------
    source : Path
        Where they came from, for messages.
    given, test : pair of ndarray
        Items, (N, C, size…), or (N, H, W) of one channel; and N numbers from 0. Those that no item has are left
        out, and the others keep their order.
    names : sequence of str
        What the numbers stand for; by default themselves.
    bare : int, default 3
        Axes of items that have none for channels, and are given one.

    Raises
    ------
    SpecError
        If they do not fit together, or a number is out of range.
    """
    x, y = given
    for items, numbers in (given, *([test] if test else [])):
        if items.ndim < 2 or 0 in items.shape[1:]:
            raise SpecError(
                f"{source}: items must be (N, C, size…), (N, H, W) or (N, features), not {items.shape}"
            )
        if numbers.dtype.kind not in "iu" or numbers.ndim != 1 or (numbers.size and numbers.min() < 0):
            raise SpecError(
                f"{source}: classes must be one list of class numbers from 0, "
                f"not {numbers.dtype} {numbers.shape}{_smallest(numbers)}"
            )
        if len(items) != len(numbers):
            raise SpecError(f"{source}: has {len(items)} items, but {len(numbers)} class numbers")
    values = np.unique(y)
    if names and values.size and values[-1] >= len(names):
        raise SpecError(f"{source}: class number {values[-1]} is out of range; there are {len(names)} classes")
    words = tuple(names[value] if names else str(value) for value in values)
    own = None
    if test is not None:
        unknown = np.setdiff1d(test[1], values)
        if unknown.size:
            raise SpecError(
                f"{source}: the test part has class {unknown[0]}, of which there is nothing to learn from"
            )
        own = Dataset(_maps(test[0], bare), np.searchsorted(values, test[1]), words)
    return Dataset(_maps(x, bare), np.searchsorted(values, y), words, own)


def _maps(items: Array, bare: int) -> Array:
    """Give items an axis for channels, and float32; bytes become numbers from 0 to 1."""
    whole = as_array(items, "x").astype(np.float32)
    if items.dtype == np.uint8:
        whole /= 255
    return whole[:, None] if whole.ndim == bare else whole


def _smallest(numbers: Array) -> str:
    return f", the smallest {numbers.min()}" if numbers.dtype.kind in "iuf" and numbers.size else ""
