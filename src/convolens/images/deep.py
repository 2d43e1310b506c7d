"""
Sixteen bits per channel in colour, which Pillow decodes to eight and does not write.

Reading asks Pillow's decoder for the first byte of every sample, then for the second, and joins the two:
its raw modes ``RGB;16B`` and ``RGB;16L`` each keep the byte that would be the high one in their byte order.
Writing PNG needs no more than NumPy and zlib.
"""

import struct
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageFile import ImageFile

_UP = 2  # the PNG filter that stores the difference to the row above
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # channels → PNG colour type
_SLICE = 1 << 24  # bytes filtered and compressed at a time

PixelsOf = Callable[["PillowImage"], NDArray[Any]]


def read_deep(opened: Callable[[], "ImageFile"], pixels_of: PixelsOf, byte_order: str) -> NDArray[Any]:
    """
    Decode 16-bit grey with alpha, RGB or RGBA exactly.

    Parameters
    ----------
    opened : function
        Opens the file anew; called once a pass.
    pixels_of : function
        Turns a Pillow image into an array.
    byte_order : {'>', '='}
        Order of the two bytes that the decoder is given: ``'>'`` in PNG, the machine's own behind libtiff.

    Returns
    -------
    uint16 array, shape (H, W, C)
    """
    if _raw_mode(opened()).startswith("LA"):
        # Two samples of 16 bits are as long as four of 8: one pass hands over every byte.
        return pixels_of(_with_raw_mode(opened(), "RGBA")).view(f"{byte_order}u2").astype(np.uint16)
    first = pixels_of(_with_raw_mode(opened(), f"{opened().mode};16B"))
    both = np.empty((*first.shape, 2), np.uint8)
    both[..., 0] = first
    del first
    both[..., 1] = pixels_of(_with_raw_mode(opened(), f"{opened().mode};16L"))
    return both.view(f"{byte_order}u2")[..., 0].astype(np.uint16, copy=False)


def is_deep(image: "ImageFile") -> bool:
    """Whether Pillow would drop the lower half of the samples of this open file."""
    return ";16" in _raw_mode(image) and not image.mode.startswith("I")


def _raw_mode(image: "ImageFile") -> str:
    arguments = image.tile[0].args if image.tile else ""
    return str(arguments if isinstance(arguments, str) else arguments[0] if arguments else "")


def _with_raw_mode(image: "ImageFile", raw_mode: str) -> "ImageFile":
    image.tile = [
        tile._replace(args=raw_mode if isinstance(tile.args, str) else (raw_mode, *(tile.args or ())[1:]))
        for tile in image.tile
    ]
    return image


def write_png(
    file: BinaryIO,
    samples: NDArray[np.uint16],
    *,
    icc_profile: bytes | None = None,
    exif: bytes | None = None,
    dpi: tuple[float, float] | None = None,
    compression: int,
) -> None:
    """
    Write a PNG of 16 bits per channel.

    Parameters
    ----------
    file : binary file
        Open for writing.
    samples : uint16 array, shape (H, W) or (H, W, C), C from 1 to 4
        Grey, grey and alpha, RGB, or RGBA.
    icc_profile : bytes, optional
        The colour profile.
    exif : bytes, optional
        Camera data.
    dpi : pair of float, optional
        Dots per inch, across and down.
    compression : int
        How hard zlib tries, from 1 to 9.

    References
    ----------
    *Portable Network Graphics (PNG) Specification*, third edition, W3C (2025), §9 and §11.
    """
    height, width = samples.shape[:2]
    channels = samples.shape[2] if samples.ndim == 3 else 1
    file.write(b"\x89PNG\r\n\x1a\n")
    _write_chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0))
    if icc_profile:
        _write_chunk(file, b"iCCP", b"ICC Profile\0\0" + zlib.compress(icc_profile))
    if dpi:
        per_metre = [round(value / 0.0254) for value in dpi]
        _write_chunk(file, b"pHYs", struct.pack(">IIB", *per_metre, 1))
    if exif:
        _write_chunk(file, b"eXIf", exif.removeprefix(b"Exif\0\0"))
    _write_rows(file, samples.reshape(height, width * channels), compression)
    _write_chunk(file, b"IEND", b"")


def _write_rows(file: BinaryIO, samples: NDArray[np.uint16], compression: int) -> None:
    compressor = zlib.compressobj(compression)
    height, width = samples.shape
    above = np.zeros((1, 2 * width), np.uint8)
    rows_at_once = max(1, _SLICE // (2 * width))
    for top in range(0, height, rows_at_once):
        rows = samples[top : top + rows_at_once].astype(">u2").view(np.uint8)
        lines = np.full((len(rows), 1 + rows.shape[1]), _UP, np.uint8)
        np.subtract(rows, np.concatenate([above, rows[:-1]]), out=lines[:, 1:])
        above = rows[-1:]
        data = compressor.compress(lines.data)
        if data:
            _write_chunk(file, b"IDAT", data)
    _write_chunk(file, b"IDAT", compressor.flush())


def _write_chunk(file: BinaryIO, kind: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))
