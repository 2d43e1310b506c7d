"""CIFAR-10 in its binary version: a byte for the class, then three planes of 32 × 32 bytes."""

import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from convolens.errors import FileError
from convolens.images.files import open_input
from convolens.nn.data import Dataset
from convolens.nn.sources.arrays import labelled
from convolens.ops.arrays import Array

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (3, 32, 32)
_TRAINING, _TEST, _END = "data_batch", "test_batch", ".bin"
_MOST = 10**9  # bytes unpacked; CIFAR-10 has 184 million


def is_cifar_folder(folder: Path) -> bool:
    """Tell whether it holds batches of CIFAR-10, of either version."""
    return any(folder.glob(f"{_TRAINING}*"))


def read_cifar(source: Path) -> Dataset:
    """
    Read a folder with ``data_batch_1.bin`` and the like, or the archive of it as it is.

    Raises
    ------
    FileError
        If there is none, it is damaged, or the version for Python, whose pickles are never read.

    References
    ----------
    A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    """
    batches = dict(_files(source) if source.is_dir() else _members(source))
    if any(Path(name).suffix != _END for name in batches):
        raise FileError(
            f"{source}: is the version of CIFAR-10 for Python, and its pickles are never read; "
            "take the binary version, cifar-10-binary.tar.gz"
        )
    learned = [_records(source, name, batches[name]) for name in sorted(batches) if name.startswith(_TRAINING)]
    if not learned:
        raise FileError(f"{source}: there is no {_TRAINING}_1{_END} in it; take CIFAR-10's binary version")
    test = _records(source, _TEST + _END, batches[_TEST + _END]) if _TEST + _END in batches else None
    images, classes = (np.concatenate(every) for every in zip(*learned, strict=True))
    return labelled(source, (images, classes), test, CLASSES)


def _records(source: Path, name: str, data: bytes) -> tuple[Array, Array]:
    length = 1 + int(np.prod(SHAPE))
    if not data or len(data) % length:
        raise FileError(
            f"{source}: {name} has {len(data)} bytes, no whole number of records of {length}; it is damaged"
        )
    table = np.frombuffer(data, np.uint8).reshape(-1, length)
    wrong = np.flatnonzero(table[:, 0] >= len(CLASSES))
    if wrong.size:
        raise FileError(
            f"{source}: record {wrong[0] + 1} of {name} has class {table[wrong[0], 0]}, out of range (0 to 9)"
        )
    return table[:, 1:].reshape(-1, *SHAPE), table[:, 0]


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith((_TRAINING, _TEST)):
            with open_input(path) as file:
                yield path.name, file.read()


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Read the batches in an archive; nothing is unpacked onto the disk."""
    left = _MOST
    with open_input(archive) as file:
        try:
            with tarfile.open(fileobj=file) as members:
                for member in members:
                    name = Path(member.name).name
                    content = members.extractfile(member) if member.isfile() else None
                    if name.startswith((_TRAINING, _TEST)) and content is not None:
                        left -= member.size
                        if left < 0:
                            raise tarfile.TarError(f"its batches have more than {_MOST} bytes")
                        yield name, content.read()
        except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise FileError(f"{archive}: is no archive, or is damaged or cut short ({error})") from None
