"""IDX files, as MNIST comes in them: a type, sizes, and numbers; plain or through gzip."""

import gzip
import math
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from convolens.errors import FileError
from convolens.images.files import open_input
from convolens.nn.data import Dataset
from convolens.nn.sources.arrays import labelled
from convolens.ops.arrays import Array

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
TRAINING, TEST = "train", "t10k"
_GZIP = b"\x1f\x8b"
_GZIP_RATIO = 1032  # DEFLATE: 258 bytes from two bits


def is_idx_folder(folder: Path) -> bool:
    """Tell whether there are images to learn from in it, named as MNIST's are."""
    return _find(folder, TRAINING, "images") is not None


def read_idx_folder(folder: Path, names: Sequence[str] = ()) -> Dataset:
    """Read ``train-images…`` and ``train-labels…``, and for the test, if they are there, ``t10k-…``."""
    pairs = []
    for part in (TRAINING, TEST):
        images, labels = (_find(folder, part, what) for what in ("images", "labels"))
        if images is not None and labels is not None:
            pairs.append((read_idx(images), read_idx(labels)))
        elif images is not None or labels is not None:
            missing = "images" if images is None else "labels"
            raise FileError(
                f"{folder}: there is no {part}-{missing}-idx…-ubyte beside the other file of that part"
            )
    return labelled(folder, pairs[0], pairs[1] if len(pairs) > 1 else None, names)


def read_idx_files(images: Path) -> Dataset:
    """Read a file of images, and beside it that of the same name with ``labels`` and ``idx1``."""
    if "images" not in images.name:
        raise FileError(f"{images}: give the folder of the IDX files, or the file of images (…-images-idx3-ubyte)")
    labels = images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))
    return labelled(images, (read_idx(images), read_idx(labels)))


def read_idx(path: Path) -> Array:
    """
    Read an array from an IDX file.

    Raises
    ------
    FileError
        If there is none, or the file is something else, damaged, or not as long as it says.

    References
    ----------
    Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", 1998.
    """
    with open_input(path) as file:
        is_packed = file.read(2) == _GZIP
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        try:
            if not is_packed:
                return _read(path, file, length)
            with gzip.open(file) as unpacked:
                return _read(path, cast(BinaryIO, unpacked), length * _GZIP_RATIO)
        except (gzip.BadGzipFile, EOFError, zlib.error, MemoryError) as error:
            raise FileError(f"{path}: the file is damaged or cut short ({error})") from None


def _read(path: Path, file: BinaryIO, most: int) -> Array:
    """Read an array from a file of so many bytes at most; no memory is taken for more."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= 4:
        raise FileError(f"{path}: is no IDX file; it begins with {magic.hex(' ') or 'nothing'}")
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise FileError(f"{path}: the file is damaged or cut short")
    shape = tuple(np.frombuffer(sizes, ">u4").tolist())
    kind = np.dtype(TYPES[magic[2]])
    wanted = math.prod(shape) * kind.itemsize
    data = file.read(min(wanted, most) + 1)
    if len(data) != wanted:
        found = f"only {len(data)}" if len(data) < wanted else "more"
        raise FileError(f"{path}: says that it holds {shape}, {wanted} bytes, but has {found}; it is damaged")
    return np.frombuffer(data, kind).reshape(shape).astype(kind.newbyteorder("="))


def _find(folder: Path, part: str, what: str) -> Path | None:
    found = (path for path in folder.glob(f"{part}-{what}*") if path.is_file())
    return min((path for path in found if "idx" in path.name), default=None)
