"""A large picture under a small window, tile by tile, each with the cells around it that the window needs."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convolens.errors import DTypeError, SpecError
from convolens.ops.integers import magnitude
from convolens.ops.prepared import prepare_conv
from convolens.spec.borders import Border, source_index

TILE_SIDE = 1024  # 8 MB of float64 a tile: what small kernels need beyond input and output stays small

# Up to this many weights, integers are summed without detours through other bases: a sum half-way between two
# integers, as averages over 4 × 4 pixels often are, must be so in the computer too, to be rounded the right way.
PLAINLY_SUMMED = 81

Weights = NDArray[Any]  # int64 or float64, shape (kh, kw)
Cells = tuple[slice | int, ...]


@dataclass(frozen=True)
class Tile:
    """
    A part of the result; neighbouring parts may overlap.

    Attributes
    ----------
    cells : tuple
        Index of the part in an array of the picture's shape.
    responses : ndarray, shape (kernels, rows, columns)
        What each kernel answers there: int64 or float64.
    """

    cells: Cells
    responses: NDArray[Any]


def tiles(
    pixels: NDArray[Any],
    kernels: Sequence[Weights],
    *,
    border: Border,
    flip: bool = False,
    side: int = TILE_SIDE,
) -> Iterator[Tile]:
    """
    Correlate every channel with kernels of one shape, a tile at a time.

    Parameters
    ----------
    pixels : ndarray, shape (H, W) or (H, W, C)
        The picture.
    kernels : sequence of int64 or float64 arrays, all of one shape (kh, kw)
        Their cell ``(kh // 2, kw // 2)`` lies on the pixel.
    border : Border
        What lies outside the picture. It is taken from the whole picture, so no seam shows between tiles.
    flip : bool, default False
        Convolve: turn the kernels by 180° about the same cell.
    side : int, default 1024
        Side of a square tile at most; tiles of low or narrow pictures are longer. All tiles have one shape.

    Yields
    ------
    Tile
        Sums of integers are exact; all others are computed in float64. Of integers under up to 81 weights they
        are plain sums, and so exact as well where the weights are binary fractions.

    Notes
    -----
    Memory beyond the picture: up to seven arrays of ``(side + kh) × (side + kw)`` numbers of 8 bytes, the tile
    and its FFTs, whatever the picture's size.
    """
    dtype = _computing_dtype(pixels, kernels, border)
    reaches = [reach(length, flip) for length in kernels[0].shape]
    plain = pixels.dtype.kind != "f" and kernels[0].size <= PLAINLY_SUMMED
    convolution = prepare_conv(np.stack(kernels)[:, np.newaxis].astype(dtype), flip=flip, exact=plain)
    planes = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    for spans in _spans(pixels.shape[:2], kernels[0].shape, side):
        for channel in range(planes.shape[2]):
            block = _padded(planes[..., channel], spans, reaches, border, dtype)
            cells = spans if pixels.ndim == 2 else (*spans, channel)
            yield Tile(cells, convolution(block[np.newaxis]))


def _spans(size: tuple[int, ...], kernel: tuple[int, ...], side: int) -> Iterator[tuple[slice, slice]]:
    """
    Cut a picture into parts of one shape: ``side`` × ``side`` cells or less, unless it is low or narrow.

    Longer parts of such pictures need no more cells, those around them included, than a square one.

    >>> [(rows.start, rows.stop) for rows, _ in _spans((7, 3), (1, 1), side=3)]
    [(0, 3), (3, 6), (4, 7)]
    """
    (height, width), (high, wide) = size, kernel
    cells = (side + high) * (side + wide)
    columns = min(width, cells // (min(height, side) + high) - wide)
    rows = min(height, cells // (columns + wide) - high)
    return itertools.product(_parts(height, rows), _parts(width, columns))


def _parts(size: int, most: int) -> list[slice]:
    # All of one length, the last moved back onto its neighbour: one length means one FFT of a large kernel.
    count = -(-size // most)
    length = -(-size // count)
    return [slice(stop - length, stop) for stop in (min(n * length, size) for n in range(1, count + 1))]


def _computing_dtype(pixels: NDArray[Any], kernels: Sequence[Weights], border: Border) -> np.dtype[Any]:
    of_floats = pixels.dtype.kind == "f"
    if not of_floats and not math.isfinite(border.value):
        raise SpecError(f"what lies outside a picture of integers is finite; the border is {border.value}")
    whole = float(border.value).is_integer()
    if of_floats or not whole or any(kernel.dtype.kind == "f" for kernel in kernels):
        return np.dtype(np.float64)
    largest = max(magnitude(pixels), abs(int(border.value)))
    heaviest = max(sum(abs(weight) for weight in kernel.ravel().tolist()) for kernel in kernels)
    if largest * max(heaviest, 1) >= 2**63:
        raise DTypeError(
            f"sums of {pixels.dtype} pixels under weights of absolute sum {heaviest} can pass 2⁶³; "
            "use smaller weights, or a picture of floating-point numbers"
        )
    return np.dtype(np.int64)


def reach(length: int, flip: bool) -> tuple[int, int]:
    """How many cells a kernel of this length covers before the pixel, and after it."""
    before, after = length // 2, length - 1 - length // 2
    return (after, before) if flip else (before, after)


def _padded(
    plane: NDArray[Any],
    spans: tuple[slice, slice],
    reaches: Sequence[tuple[int, int]],
    border: Border,
    dtype: np.dtype[Any],
) -> NDArray[Any]:
    rows, columns = (
        source_index(np.arange(span.start - before, span.stop + after), size, border)
        for span, (before, after), size in zip(spans, reaches, plane.shape, strict=True)
    )
    block = plane[_as_slice(rows)][:, _as_slice(columns)].astype(dtype)
    if border.mode == "constant":
        block[rows < 0] = border.value
        block[:, columns < 0] = border.value
    return block


def _as_slice(index: NDArray[np.intp]) -> slice | NDArray[np.intp]:
    # Inside the picture the cells follow one another, and a slice is read without a copy.
    first, last = int(index[0]), int(index[-1])
    consecutive = first >= 0 and last - first == len(index) - 1 and bool((np.diff(index) == 1).all())
    return slice(first, last + 1) if consecutive else index


def check_filterable(dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Refuse arrays that are no picture: wrong rank, no pixels, or values that cannot be weighted."""
    if len(shape) not in (2, 3) or 0 in shape:
        raise SpecError(
            f"a picture has shape (H, W) or (H, W, C), none of them 0; got {shape}; "
            "filter a stack one picture at a time"
        )
    if dtype.kind not in "buif" or dtype.itemsize > 8:
        raise DTypeError(
            f"pixels are booleans, integers, or float16, float32 or float64; got {dtype}: "
            "convert the picture with astype first"
        )
