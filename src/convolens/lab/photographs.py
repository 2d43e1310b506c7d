"""Photographs from strangers, checked before they are decoded, and those that the lab brings along."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convolens.errors import FileError, ImageError, unknown_name
from convolens.images.image import Image
from convolens.images.reading import decode_image
from convolens.lab.frames import Buffer
from convolens.lab.headers import claimed_pixels
from convolens.lab.limits import Limits
from convolens.lab.messages import Sample

Pixels = NDArray[Any]

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"RIFF": "WEBP",
}
_OTHERS = {
    b"GIF8": "a GIF",
    b"%PDF": "a PDF document",
    b"PK": "a ZIP archive",
    b"BM": "a BMP picture",
    b"<": "SVG, HTML or XML text",
    b"\xef\xbb\xbf<": "SVG, HTML or XML text",
    b"\0\0\0": "a HEIC or AVIF picture, or a video",
}
_BAND = 256  # rows laid over white at a time


@dataclass(frozen=True)
class _Recipe:
    """How a sample comes to be: as a function of scikit-image, or made here."""

    sample: Sample
    make: Callable[[], Pixels]
    needs: str = "skimage"


def _photograph(name: str) -> Callable[[], Pixels]:
    def make() -> Pixels:
        from skimage import data

        pixels: Pixels = getattr(data, name)()
        return pixels

    return make


def _zone_plate() -> Pixels:
    """Rings that grow finer outward, up to the finest wave that cells can hold."""
    across = np.linspace(-256, 256, 512)
    phase = np.pi / 512 * np.add.outer(across**2, across**2)
    return np.rint(127.5 + 127.5 * np.cos(phase)).astype(np.uint8)


_RECIPES = {
    recipe.sample.name: recipe
    for recipe in (
        _Recipe(Sample("astronaut", "Astronaut Eileen Collins (NASA)", 512, 512, 3), _photograph("astronaut")),
        _Recipe(Sample("camera", "Photographer", 512, 512, 1), _photograph("camera")),
        _Recipe(Sample("cat", "Chelsea the cat", 300, 451, 3), _photograph("chelsea")),
        _Recipe(Sample("coffee", "A cup of coffee", 400, 600, 3), _photograph("coffee")),
        _Recipe(Sample("coins", "Coins from Pompeii", 303, 384, 1), _photograph("coins")),
        _Recipe(Sample("moon", "The Moon", 512, 512, 1), _photograph("moon")),
        _Recipe(Sample("text", "A page of text", 172, 448, 1), _photograph("text")),
        _Recipe(Sample("brick", "A brick wall", 512, 512, 1), _photograph("brick")),
        _Recipe(Sample("rings", "Rings that grow finer", 512, 512, 1), _zone_plate, needs=""),
    )
}


def samples() -> tuple[Sample, ...]:
    """List the samples that are there: those of scikit-image where it is installed."""
    found = importlib.util.find_spec("skimage") is not None
    return tuple(recipe.sample for recipe in _RECIPES.values() if found or not recipe.needs)


def open_sample(name: str) -> Pixels:
    """
    Return the pixels of a sample.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    FileError
        If scikit-image, which carries it, is not installed.

    Examples
    --------
    >>> open_sample("rings").shape
    (512, 512)
    """
    if name not in _RECIPES:
        raise unknown_name("sample", name, _RECIPES)
    try:
        return _RECIPES[name].make()
    except ImportError as error:
        raise FileError(
            f"sample {name!r} comes with scikit-image, which is not installed: pip install 'convolens[samples]'"
        ) from error


def open_upload(data: Buffer, name: str, limits: Limits) -> Pixels:
    """
    Decode the bytes of a picture file that somebody sent.

    Returns
    -------
    ndarray, shape (H, W) or (H, W, 3)
        Upright, in the file's own data type; what is transparent lies over white. Nothing else of the file is
        kept.

    Raises
    ------
    ImageError
        If it is too large, of another format, damaged, has something behind its end, or has other colours.
    """
    name = shown_name(name)
    size = memoryview(data).nbytes
    if size > limits.upload_bytes:
        raise ImageError(f"{name}: has {size:,} bytes; the lab takes files of up to {limits.upload_bytes:,}")
    head = bytes(data[:16])
    format = next((known for signature, known in _SIGNATURES.items() if head.startswith(signature)), None)
    if format is None or (format == "WEBP" and head[8:12] != b"WEBP"):
        found = next((other for start, other in _OTHERS.items() if head.lstrip().startswith(start)), None)
        what = "the file is empty" if not head else f"is {found or 'no picture that is known here'}"
        raise ImageError(f"{name}: {what}; PNG, JPEG, TIFF and WebP are read")
    _refuse_stowaways(data, format, name)
    most = min(limits.upload_pixels, claimed_pixels(data))  # by which the lane was chosen
    return _over_white(decode_image(io.BytesIO(data), name, max_pixels=int(most)), name)


def shown_name(name: str) -> str:
    """
    Return what of a file's name is fit to be shown: its last part, on one line, not long.

    >>> shown_name("../../etc/pass\\nwd.png")
    'pass wd.png'
    """
    last = PurePath(name.replace("\\", "/")).name
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in last).split())
    return plain[:80] or "photograph"


def _refuse_stowaways(data: Buffer, format: str, name: str) -> None:
    """Refuse a PNG or WebP file with something behind its end: it is two files in one."""
    end = len(data)
    if format == "PNG":
        end = _end_of_png(data)
    elif format == "WEBP":
        length = struct.unpack_from("<I", data, 4)[0]
        end = 8 + length + length % 2
    if end < len(data):
        raise ImageError(f"{name}: {len(data) - end:,} bytes lie behind the end of the picture; save it anew")


def _end_of_png(data: Buffer) -> int:
    """Find where the last chunk ends; a file that is cut short ends where it ends."""
    start = 8
    while start + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, start)
        start += 12 + int(length)
        if kind == b"IEND":
            return start
    return len(data)


def _over_white(image: Image, name: str) -> Pixels:
    """Lay a picture over white, band by band; its colours must be grey or RGB."""
    pixels = image.pixels
    if pixels.ndim == 3 and pixels.shape[2] != 3:
        raise ImageError(f"{name}: has {pixels.shape[2]} channels; grey and RGB are shown")
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise ImageError(f"{name}: holds numbers that are not finite")
    if image.alpha is None:
        return pixels
    white = np.iinfo(pixels.dtype).max if pixels.dtype.kind in "iu" else 1.0
    result = np.empty_like(pixels)
    for top in range(0, len(pixels), _BAND):
        band = slice(top, top + _BAND)
        opacity = image.alpha[band] / white
        opacity = opacity if pixels.ndim == 2 else opacity[..., np.newaxis]
        colours = pixels[band] if image.premultiplied else pixels[band] * opacity
        laid = colours + (1 - opacity) * white
        result[band] = laid if pixels.dtype.kind == "f" else np.rint(laid.clip(0, white))
    return result


def luminance_of(pixels: Pixels) -> Pixels:
    """Return the luminance of RGB; grey comes back as it is."""
    from convolens.images.image import luminance

    return luminance(dataclasses.replace(Image(pixels))).pixels
