"""Data to learn from: items with their classes, in parts for training, validation and test, in batches."""

import gzip
import importlib.util
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convolens.errors import FileError, SpecError
from convolens.images.files import file_error, open_input
from convolens.ops.arrays import Array, as_array


@dataclass(frozen=True, eq=False)
class Dataset:
    """
    Items and their classes.

    Attributes
    ----------
    inputs : ndarray of float32, shape (N, C, size…)
        The items.
    classes : ndarray of int64, shape (N,)
        From 0.
    names : tuple of str
        Of the classes.
    """

    inputs: Array
    classes: Array
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.classes) or self.classes.ndim != 1:
            raise SpecError(f"{len(self.inputs)} items need one class each, not {self.classes.shape}")
        if not np.isfinite(self.inputs).all():
            raise SpecError("items hold NaN or infinity; mend or leave out those that do")

    def take(self, which: Array) -> "Dataset":
        """Return some of the items."""
        return Dataset(self.inputs[which], self.classes[which], self.names)

    @property
    def checksum(self) -> int:
        """Tell these data from others."""
        return zlib.crc32(self.classes.tobytes(), zlib.crc32(self.inputs.tobytes()))


@dataclass(frozen=True)
class Parts:
    """
    Data in three parts.

    Attributes
    ----------
    training, validation, test : Dataset
        To learn from; to look at meanwhile; to look at once, at the end.
    mean, deviation : float
        Of the numbers to learn from; all parts were shifted and scaled by them.
    """

    training: Dataset
    validation: Dataset
    test: Dataset
    mean: float
    deviation: float


def read_data(source: str | os.PathLike[str]) -> Dataset:
    """
    Read data by name or from a file.

    Parameters
    ----------
    source : str or path
        ``digits``, the 1797 handwritten digits of 8 × 8 cells that scikit-learn carries; or an ``.npz`` file with
        arrays ``x`` (N, C, size…), or (N, H, W) of one channel, and ``y`` (N).

    Raises
    ------
    FileError
        If there is no such file, or it holds something else. Nothing is ever unpickled.
    SpecError
        If items and classes do not fit together.

    References
    ----------
    E. Alpaydin, C. Kaynak, "Optical recognition of handwritten digits", 1998, doi:10.24432/C50P49.
    """
    if os.fspath(source) == "digits":
        return _digits()
    if Path(source).suffix.lower() != ".npz":
        raise FileError(f"{source}: is neither 'digits' nor an .npz file with arrays x and y")
    with open_input(source) as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                x, y = arrays["x"], arrays["y"]
        except (ValueError, KeyError, OSError, zlib.error, EOFError, NotImplementedError) as error:
            raise FileError(f"{source}: cannot be read as an .npz file with arrays x and y: {error}") from None
        except Exception as error:  # zipfile has a class of its own for what is no zip
            raise FileError(f"{source}: is no .npz file: {error}") from None
    if y.dtype.kind not in "iu" or (y.size and y.min() < 0):
        raise SpecError(f"{source}: y must be class numbers from 0, not {y.dtype}")
    inputs = as_array(x, "x").astype(np.float32)
    names = tuple(map(str, range(int(y.max()) + 1 if y.size else 0)))
    return Dataset(inputs[:, None] if inputs.ndim == 3 else inputs, y.astype(np.int64), names)


def _digits() -> Dataset:
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


def divide(data: Dataset, *, validation: float = 0.1, test: float = 0.2, seed: int = 0) -> Parts:
    """
    Divide data at random, each class by itself, and give numbers mean 0 and deviation 1.

    Parameters
    ----------
    data : Dataset
        All of them.
    validation, test : float
        Shares of each class, rounded to whole items.
    seed : int, default 0
        What the draw begins with.

    Raises
    ------
    SpecError
        If a part would have no items, or there is one class only.
    """
    if len(set(data.classes.tolist())) < 2:
        raise SpecError("there is one class only, and nothing to tell apart; give items of two or more")
    random = np.random.default_rng([seed, 1])
    parts: tuple[list[Array], ...] = ([], [], [])
    for number in range(len(data.names)):
        members = random.permutation(np.flatnonzero(data.classes == number))
        cuts = round(len(members) * test), round(len(members) * (test + validation))
        for part, some in zip(
            parts, (members[cuts[1] :], members[cuts[0] : cuts[1]], members[: cuts[0]]), strict=True
        ):
            part.append(some)
    learned, looked_at, kept = (np.sort(np.concatenate(part)) for part in parts)
    if not min(map(len, (learned, looked_at, kept))):
        raise SpecError(
            f"{len(data.classes)} items divide into {len(learned)} for training, {len(looked_at)} for validation "
            f"and {len(kept)} for test; each needs some"
        )
    mean = float(data.inputs[learned].mean(dtype=np.float64))
    deviation = float(data.inputs[learned].std(dtype=np.float64)) or 1.0
    scaled = Dataset(((data.inputs - mean) / deviation).astype(np.float32), data.classes, data.names)
    return Parts(scaled.take(learned), scaled.take(looked_at), scaled.take(kept), mean, deviation)


def batches(count: int, size: int, random: np.random.Generator) -> list[Array]:
    """
    Deal items out at random; the last batch may be smaller, but not a single item, which has no variance.

    >>> [len(batch) for batch in batches(10, 3, np.random.default_rng(0))]
    [3, 3, 4]
    """
    cuts = list(range(size, count, size))
    if cuts and count - cuts[-1] == 1:
        cuts.pop()
    return np.split(random.permutation(count), cuts)


def in_turn(count: int, size: int) -> Iterator[slice]:
    """Go through items in their order."""
    return (slice(start, start + size) for start in range(0, count, size))
