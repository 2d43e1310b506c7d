"""Small files of data to learn from, made as their formats have them."""

import gzip

import numpy as np

from convolens.ops.arrays import Array

RANDOM = np.random.default_rng(0)
TYPES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def as_idx(array: Array) -> bytes:
    """Write an array as an IDX file has it."""
    sizes = np.array(array.shape, ">u4").tobytes()
    kind = array.dtype.str[1:]
    return bytes([0, 0, TYPES[kind], array.ndim]) + sizes + array.astype(f">{kind}").tobytes()


def mnist_files(count: int = 20, test: int = 6) -> dict[str, bytes]:
    """Make the four files of a small data set of three classes."""
    return {
        f"{part}-{what}-ubyte.gz": gzip.compress(as_idx(array))
        for part, items in (("train", count), ("t10k", test))
        for what, array in (
            ("images-idx3", RANDOM.integers(0, 256, (items, 5, 4)).astype(np.uint8)),
            ("labels-idx1", (np.arange(items) % 3).astype(np.uint8)),
        )
    }
