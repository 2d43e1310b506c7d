"""How large a picture file says that its picture is, read from its head alone, before anything is decoded."""

from __future__ import annotations

import math
import struct

from convolens.lab.frames import Buffer

_MOST_SEGMENTS = 1000  # of a JPEG file that are passed over
_MOST_TAGS = 100  # of a TIFF file that are read
_WIDTH, _LENGTH = 256, 257  # TIFF tags
_TIFF_NUMBERS = {3: "H", 4: "I"}


def claimed_pixels(data: Buffer) -> float:
    """
    Return how many pixels a PNG, JPEG, TIFF or WebP file says it has.

    Infinity stands for what does not say so at once, BigTIFF and TIFF of several pictures among it.

    >>> claimed_pixels(b"GIF89a")
    inf
    """
    head = bytes(data[:16])
    try:
        if head.startswith(b"\x89PNG"):
            width, height = struct.unpack_from(">II", data, 16)
        elif head.startswith(b"\xff\xd8"):
            width, height = _jpeg_size(data)
        elif head.startswith(b"RIFF"):
            width, height = _webp_size(data, head[12:])
        elif head.startswith((b"II*\0", b"MM\0*")):
            width, height = _tiff_size(data, "<" if head.startswith(b"II") else ">")
        else:
            return math.inf
    except (struct.error, KeyError):  # cut short, or written otherwise
        return math.inf
    return float(width * height)


def _jpeg_size(data: Buffer) -> tuple[float, float]:
    """Pass over what stands before the frame."""
    start = 2
    for _ in range(_MOST_SEGMENTS):
        marker, length = struct.unpack_from(">HH", data, start)
        if 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):  # tables, and what is reserved
            height, width = struct.unpack_from(">HH", data, start + 5)
            return width, height
        start += 2 + length
    return math.inf, math.inf


def _webp_size(data: Buffer, kind: bytes) -> tuple[int, int]:
    if kind == b"VP8 ":  # with losses
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (both,) = struct.unpack_from("<I", data, 21)
        return (both & 0x3FFF) + 1, (both >> 14 & 0x3FFF) + 1
    low, high, rows = struct.unpack_from("<HBI", data, 24)  # of a canvas: 24 bits each
    return (high << 16 | low) + 1, (rows & 0xFFFFFF) + 1


def _tiff_size(data: Buffer, order: str) -> tuple[float, float]:
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, start)
    (another,) = struct.unpack_from(f"{order}I", data, start + 2 + 12 * count)
    if another or count > _MOST_TAGS:
        return math.inf, math.inf
    found = {}
    for place in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(f"{order}HH", data, place)
        if tag in (_WIDTH, _LENGTH):
            (found[tag],) = struct.unpack_from(order + _TIFF_NUMBERS[kind], data, place + 8)
    return found[_WIDTH], found[_LENGTH]
