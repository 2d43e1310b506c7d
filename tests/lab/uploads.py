"""Files that somebody may send: good ones, and hostile ones."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import PIL.Image
import tifffile


def picture_file(pixels: Any, format: str = "PNG", **options: Any) -> bytes:
    """Encode pixels with Pillow."""
    file = io.BytesIO()
    PIL.Image.fromarray(np.asarray(pixels, np.uint8)).save(file, format, **options)
    return file.getvalue()


def png_bomb(rows: int = 100_000, columns: int = 100_000, *, colours: int = 1) -> bytes:
    """Write a small PNG that claims to be huge: its pixels are a short run of zeros."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 2 if colours == 3 else 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(1 << 20), 9))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def lying_tiff(**claims: tuple[int, int]) -> bytes:
    """Write a TIFF of one tile that claims another width or length: how many numbers, and which or where."""
    file = io.BytesIO()
    tifffile.imwrite(file, np.ones((160, 160), np.uint16), tile=(160, 160), metadata=None)
    data = bytearray(file.getvalue())
    for name, claim in claims.items():
        start = data.index(struct.pack("<HHII", {"width": 256, "length": 257}[name], 4, 1, 160)) + 4
        data[start : start + 8] = struct.pack("<II", *claim)
    return bytes(data)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GREY = np.arange(30 * 40, dtype=np.uint8).reshape(30, 40)

HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty"),
    "bomb": (png_bomb(), "is 100000×100000 = 10,000,000,000 pixels; the limit is"),
    "cut short": (picture_file(np.random.default_rng(0).integers(0, 255, (64, 64)))[:-900], "cannot be decoded"),
    "cut in its head": (picture_file(GREY)[:20], "cannot be decoded"),
    "svg": (SVG, "is SVG, HTML or XML text; PNG, JPEG, TIFF and WebP are read"),
    "svg behind blanks": (b"\n  " + SVG, "is SVG, HTML or XML text"),
    "html": (b"<!doctype html><script>alert(1)</script>", "is SVG, HTML or XML text"),
    "gif": (picture_file(GREY, "GIF"), "is a GIF"),
    "bmp": (picture_file(GREY, "BMP"), "is a BMP picture"),
    "zip": (b"PK\3\4" + bytes(40), "is a ZIP archive"),
    "png and html": (picture_file(GREY) + b"<script>alert(1)</script>", "25 bytes lie behind the end"),
    "webp and zip": (picture_file(GREY, "WEBP") + b"PK\3\4", "4 bytes lie behind the end"),
    "riff that is sound": (b"RIFF\x24\0\0\0WAVEfmt " + bytes(28), "is no picture that is known here"),
    "random": (bytes(range(1, 200)), "is no picture that is known here"),
    "png of zeros": (b"\x89PNG\r\n\x1a\n" + bytes(100), "is not a PNG"),
    "tiff of nothing": (b"II*\0" + bytes(100), "hostile"),
    "many pages": (
        picture_file(GREY, "TIFF", save_all=True, append_images=[PIL.Image.fromarray(GREY)] * 16),
        "holds more than 16 pictures",
    ),
    "tiff without tiles": (
        lying_tiff(width=(1, 9000), length=(1, 9000)),
        "of its 3,249 strips or tiles 1 are there",
    ),
    "tiff with many widths": (
        lying_tiff(width=(1000, 1000), length=(1, 0)),
        "has no pixels: its size is 0×(65537, ",
    ),
    "animation": (
        picture_file(GREY, "WEBP", save_all=True, append_images=[PIL.Image.fromarray(GREY[::-1])]),
        "holds 2 pictures",
    ),
}
