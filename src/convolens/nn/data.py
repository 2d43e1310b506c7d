"""Data to learn from: items with their classes, in parts for training, validation and test, in batches."""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from convolens.errors import SpecError
from convolens.ops.arrays import Array


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
    test : Dataset, optional
        More items, where the data come with a part for the test.
    skipped : tuple of str
        What could not be read, and why.
    """

    inputs: Array
    classes: Array
    names: tuple[str, ...]
    test: "Dataset | None" = None
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.classes) or self.classes.ndim != 1:
            raise SpecError(f"{len(self.inputs)} items need one class each, not {self.classes.shape}")
        if not np.isfinite(self.inputs).all():
            raise SpecError("items hold NaN or infinity; mend or leave out those that do")
        if len(self.classes) and not 0 <= self.classes.min() <= self.classes.max() < len(self.names):
            raise SpecError(
                f"class numbers go from 0 to {len(self.names) - 1}, "
                f"but {self.classes.min()} to {self.classes.max()} were given"
            )
        if self.test is not None and self.test.inputs.shape[1:] != self.inputs.shape[1:]:
            raise SpecError(
                f"items for the test are {self.test.inputs.shape[1:]}, those to learn from {self.inputs.shape[1:]}"
            )

    def take(self, which: Array) -> "Dataset":
        """Return some of the items."""
        return Dataset(self.inputs[which], self.classes[which], self.names)

    @property
    def checksum(self) -> int:
        """Tell these data from others."""
        begun = self.test.checksum if self.test is not None else 0
        return zlib.crc32(self.classes.tobytes(), zlib.crc32(np.ascontiguousarray(self.inputs).data, begun))


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
    drawn : str
        How the parts came about, in words.
    """

    training: Dataset
    validation: Dataset
    test: Dataset
    mean: float
    deviation: float
    drawn: str = "at random"

    @property
    def counts(self) -> dict[str, int]:
        """Count the items of each part."""
        parts = {"training": self.training, "validation": self.validation, "test": self.test}
        return {name: len(part.classes) for name, part in parts.items()}

    def __str__(self) -> str:
        """State the parts in one line."""
        return f"{', '.join(f'{count} items for {name}' for name, count in self.counts.items())}; {self.drawn}"


def read_data(
    source: str | os.PathLike[str], *, size: tuple[int, int] | None = None, fit: str = "crop"
) -> Dataset:
    """
    Read data by name or from files.

    Parameters
    ----------
    source : str or path
        - ``digits``: the 1797 handwritten digits of 8 × 8 cells that scikit-learn carries;
        - ``mnist``, ``fashion-mnist``, ``cifar-10``: fetched once through pooch, and checked;
        - an ``.npz`` file with arrays ``x`` (N, C, size…), or (N, H, W) of one channel, and ``y`` (N); those for
          the test, if they are apart, in ``x_test`` and ``y_test``; signals, (N, C, length) or (N, length), are
          called ``signals`` (and ``signals_test``) in place of ``x``;
        - a folder of IDX files named as MNIST's are, or the path of one file of images; gzip, too;
        - the folder or archive of CIFAR-10's binary version;
        - a folder with a folder of images for each class, or with ``train`` and ``test`` that hold these.
    size : pair of int, optional
        Height and width that images in folders are brought to; without it they must be of one size.
    fit : {"crop", "stretch"}
        How: whether the middle of the right proportions is taken, or everything is stretched.

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
    from convolens.nn.sources import read_source  # which builds what is defined here

    return read_source(source, size, fit)


def divide(data: Dataset, *, validation: float = 0.1, test: float = 0.2, seed: int = 0) -> Parts:
    """
    Divide data at random, each class by itself, and give numbers mean 0 and deviation 1.

    Parameters
    ----------
    data : Dataset
        All of them. If they come with a part for the test, it stays that.
    validation, test : float
        Shares of each class, rounded to whole items.
    seed : int, default 0
        What the draw begins with.

    Raises
    ------
    SpecError
        If a part would have no items, or there is one class only.
    """
    if not len(data.classes):
        raise SpecError("there are no items to learn from")
    if len(set(data.classes.tolist())) < 2:
        raise SpecError("there is one class only, and nothing to tell apart; give items of two or more")
    share = 0.0 if data.test is not None else test
    random = np.random.default_rng([seed, 1])
    drawn: tuple[list[Array], ...] = ([], [], [])
    for number in range(len(data.names)):
        members = random.permutation(np.flatnonzero(data.classes == number))
        cuts = round(len(members) * share), round(len(members) * (share + validation))
        dealt = members[cuts[1] :], members[cuts[0] : cuts[1]], members[: cuts[0]]
        for which, some in zip(drawn, dealt, strict=True):
            which.append(some)
    learned, looked_at, kept = (data.take(np.sort(np.concatenate(which))) for which in drawn)
    if data.test is not None:
        kept = data.test.take(np.arange(len(data.test.classes)))
    counts = [len(part.classes) for part in (learned, looked_at, kept)]
    if not min(counts):
        raise SpecError(
            f"{sum(counts)} items divide into {counts[0]} for training, {counts[1]} for validation "
            f"and {counts[2]} for test; each needs some"
        )
    mean = float(learned.inputs.mean(dtype=np.float64))
    deviation = float(learned.inputs.std(dtype=np.float64)) or 1.0
    for part in (learned, looked_at, kept):  # which are copies
        part.inputs[...] = (part.inputs - mean) / deviation
    return Parts(learned, looked_at, kept, mean, deviation, _how(data, validation, share, seed))


def _how(data: Dataset, validation: float, test: float, seed: int) -> str:
    if data.test is None:
        return (
            f"of each class {1 - validation - test:.0%}, {validation:.0%} and {test:.0%}, drawn with seed {seed}"
        )
    return (
        f"of each class {validation:.0%} for validation, drawn with seed {seed}; the test part is the data's own"
    )


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
