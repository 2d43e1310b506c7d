"""From a file to an `Image`: PNG, JPEG, TIFF and WebP, upright, at their full depth."""

import os
import warnings
from typing import BinaryIO

from convolens.errors import ConvolensError, ImageError
from convolens.images.files import open_input
from convolens.images.image import Image

MAX_PIXELS = 500_000_000
"""The largest picture, in pixels, that `read_image` decodes unless told otherwise."""

_LONGEST_REASON = 300
_TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_image(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Image:
    """
    Read a PNG, JPEG, TIFF or WebP file.

    Parameters
    ----------
    path : path
        The file to read.
    max_pixels : int, default 500 million
        Larger pictures are refused before anything is decoded.

    Returns
    -------
    Image
        Upright: an EXIF orientation has been carried out. 8-bit, 16-bit and floating-point samples keep their
        data type. Palettes become RGB, bilevel becomes 8-bit grey, CMYK becomes sRGB (through its profile
        where it has one), and a transparent colour becomes alpha.

    Raises
    ------
    FileError
        If the file cannot be opened.
    ImageError
        If it is not such an image, is damaged or cut short, has no pixels or too many, or holds several
        pictures.

    See Also
    --------
    write_image

    Notes
    -----
    16-bit colour in PNG and in compressed TIFF is read exactly, not cut to 8 bits.
    """
    with open_input(path) as file:
        return decode_image(file, path, max_pixels=max_pixels)


def decode_image(file: BinaryIO, name: object, *, max_pixels: int = MAX_PIXELS) -> Image:
    """Read a picture, as `read_image` does, from a file that is open and seekable; ``name`` is for messages."""
    signature = file.read(4)
    file.seek(0)
    if not signature:
        raise ImageError(f"{name}: the file is empty")
    try:
        with warnings.catch_warnings(action="ignore"):
            if signature in _TIFF_SIGNATURES:
                from convolens.images.tiff import read_tiff

                return read_tiff(file, max_pixels)
            from convolens.images.pillow import read_with_pillow

            return read_with_pillow(file, max_pixels)
    except ConvolensError as error:
        raise ImageError(f"{name}: {_short(error)}") from error
    except MemoryError:
        raise
    except Exception as error:
        # Decoders answer damage with nearly every kind of exception: OSError, SyntaxError, struct.error …
        message = f"{name}: cannot be decoded; the file is damaged or cut short ({_short(error)})"
        raise ImageError(" ".join(message.split())) from error


def _short(error: Exception) -> str:
    """Return what is wrong, without all of a damaged file's numbers that a decoder may quote."""
    text = str(error)
    return text if len(text) <= _LONGEST_REASON else f"{text[: _LONGEST_REASON - 1]}…"
