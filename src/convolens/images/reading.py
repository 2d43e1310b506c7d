"""From a file to an `Image`: PNG, JPEG, TIFF and WebP, upright, at their full depth."""

from __future__ import annotations

import io
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convolens.errors import ConvolensError, ImageError
from convolens.images.deep import is_deep, read_deep
from convolens.images.files import open_input
from convolens.images.image import Image, split_alpha

if TYPE_CHECKING:
    from PIL.Image import Exif
    from PIL.Image import Image as PillowImage
    from PIL.ImageFile import ImageFile

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
MAX_PIXELS = 500_000_000
"""The largest picture, in pixels, that `read_image` decodes unless told otherwise."""

ORIENTATION = 0x0112
# Description, make, model, software, date, artist, copyright: what a TIFF tells of the picture.
DESCRIPTIVE_TAGS = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
_SUB_DIRECTORIES = (0x8769, 0x8825)  # Exif and GPS
_TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ROWS = 256  # decoded rows handed from Pillow to NumPy at a time, so that no whole third copy exists

_pillow_limit = threading.Lock()


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
        signature = file.read(4)
        file.seek(0)
        if not signature:
            raise ImageError(f"{path}: the file is empty")
        try:
            with warnings.catch_warnings(action="ignore"):
                if signature in _TIFF_SIGNATURES:
                    from convolens.images.tiff import read_tiff

                    return read_tiff(file, max_pixels)
                return read_with_pillow(file, max_pixels)
        except ConvolensError as error:
            raise ImageError(f"{path}: {error}") from error
        except MemoryError:
            raise
        except Exception as error:
            # Decoders answer damage with nearly every kind of exception: OSError, SyntaxError, struct.error …
            message = f"{path}: cannot be decoded; the file is damaged or cut short ({error})"
            raise ImageError(" ".join(message.split())) from error


def read_with_pillow(file: BinaryIO, max_pixels: int) -> Image:
    """Read what Pillow decodes; ``file`` is an open, seekable file."""
    with _pixel_limit_off():
        image = _open(file)
        source_format = image.format
        if source_format not in (*FORMATS, "MPO"):
            raise ImageError(f"is a {source_format} file; PNG, JPEG, TIFF and WebP are read")
        check_size(image.height, image.width, max_pixels)
        pictures = getattr(image, "n_frames", 1)
        if source_format != "MPO" and pictures > 1:  # MPO is JPEG with previews behind it
            raise ImageError(f"holds {pictures} pictures; give a file with one")
        info = image.info
        icc_profile = info.get("icc_profile")
        if is_deep(image):
            byte_order = ">" if source_format == "PNG" else "="
            pixels, alpha = split_alpha(read_deep(lambda: _open(file), _array, byte_order))
        else:
            plain, icc_profile = _plain_mode(image, icc_profile)
            pixels, alpha = split_alpha(_array(plain))
        exif = image.getexif()  # after the pixels: it decodes them itself where EXIF comes last
        orientation = exif.get(ORIENTATION, 1)
    if pixels.dtype == np.uint16 and alpha is None and "transparency" in info:
        alpha = _alpha_from_colour(pixels, info["transparency"])
    upright = upright_view(orientation)
    return Image(
        np.ascontiguousarray(upright(pixels)),
        alpha=None if alpha is None else np.ascontiguousarray(upright(alpha)),
        icc_profile=icc_profile or None,
        exif=exif_bytes(exif, tiff=source_format == "TIFF"),
        dpi=_resolution(info.get("dpi"), swapped=orientation >= 5),
        format="JPEG" if source_format == "MPO" else source_format,
    )


def check_size(height: int, width: int, max_pixels: int) -> None:
    """Refuse a picture without pixels, or with too many to decode."""
    if height < 1 or width < 1:
        raise ImageError(f"has no pixels: its size is {height}×{width}")
    if height * width > max_pixels:
        raise ImageError(
            f"is {height}×{width} = {height * width:,} pixels; the limit is {max_pixels:,}: "
            "raise max_pixels (--max-pixels) if the file is to be trusted"
        )


def upright_view(orientation: int) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """
    Return the function that turns stored pixels upright.

    ``orientation`` is EXIF tag 274: 1 is upright, 2 to 4 are mirrored or turned by 180°, 5 to 8 have rows and
    columns exchanged. Any other value counts as 1.

    References
    ----------
    CIPA DC-008-2023, *Exchangeable image file format for digital still cameras: Exif Version 3.0*, §4.6.5.1.
    """
    turns: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
        2: np.fliplr,
        3: lambda a: a[::-1, ::-1],
        4: np.flipud,
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: a.swapaxes(0, 1)[:, ::-1],
        7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
        8: lambda a: a.swapaxes(0, 1)[::-1],
    }
    return turns.get(orientation, lambda a: a)


def exif_bytes(exif: Exif, *, tiff: bool = False) -> bytes | None:
    """Serialise EXIF data without orientation and thumbnail; of a TIFF, its texts and camera data."""
    from PIL.Image import Exif

    kept = Exif()
    for tag, value in exif.items():
        if tag != ORIENTATION and tag not in _SUB_DIRECTORIES and (tag in DESCRIPTIVE_TAGS or not tiff):
            kept[tag] = value
    for tag in _SUB_DIRECTORIES:
        if directory := exif.get_ifd(tag):
            kept[tag] = dict(directory)
    try:
        return kept.tobytes() if len(kept) else None
    except Exception:  # a camera's malformed entry is no reason to refuse its photograph
        return None


@contextmanager
def _pixel_limit_off() -> Iterator[None]:
    # Pillow's own limit is one global number; `check_size` replaces it with the caller's.
    import PIL.Image

    with _pillow_limit:
        limit, PIL.Image.MAX_IMAGE_PIXELS = PIL.Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            PIL.Image.MAX_IMAGE_PIXELS = limit


def _open(file: BinaryIO) -> ImageFile:
    import PIL.Image

    file.seek(0)
    try:
        return PIL.Image.open(file)
    except PIL.UnidentifiedImageError as error:
        raise ImageError("is not an image that can be read; PNG, JPEG, TIFF and WebP are") from error


def _plain_mode(image: PillowImage, icc_profile: bytes | None) -> tuple[PillowImage, bytes | None]:
    """Convert modes that cannot be filtered as they are: palette, bilevel, CMYK, a transparent colour."""
    mode = image.mode
    if mode == "1":
        return image.convert("L"), icc_profile
    if mode in ("P", "PA"):
        has_alpha = mode == "PA" or "transparency" in image.info
        return image.convert("RGBA" if has_alpha else "RGB"), icc_profile
    if mode in ("L", "RGB") and "transparency" in image.info:
        return image.convert("LA" if mode == "L" else "RGBA"), icc_profile
    if mode == "CMYK":
        return _from_cmyk(image, icc_profile), None
    if mode not in ("L", "LA", "RGB", "RGBA", "I;16", "I;16B", "I;16L", "I;16N", "F"):
        raise ImageError(f"has colours of kind {mode}; convert it to grey, RGB or RGBA first")
    return image, icc_profile


def _from_cmyk(image: PillowImage, icc_profile: bytes | None) -> PillowImage:
    if not icc_profile:
        return image.convert("RGB")
    from PIL import ImageCms

    converted = ImageCms.profileToProfile(
        image, io.BytesIO(icc_profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    return image.convert("RGB") if converted is None else converted


def _array(image: PillowImage) -> NDArray[Any]:
    image.load()
    width, height = image.size
    first = np.asarray(image.crop((0, 0, width, 1)))
    pixels = np.empty((height, *first.shape[1:]), first.dtype.newbyteorder("="))
    for top in range(0, height, _ROWS):
        bottom = min(top + _ROWS, height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return pixels


def _alpha_from_colour(pixels: NDArray[Any], transparent: Any) -> NDArray[Any]:
    hidden = pixels == np.asarray(transparent)
    if hidden.ndim == 3:
        hidden = hidden.all(axis=2)
    return np.where(hidden, 0, 65535).astype(np.uint16)


def _resolution(dpi: Any, *, swapped: bool) -> tuple[float, float] | None:
    if not dpi or not all(np.isfinite(float(value)) and value > 0 for value in dpi):
        return None
    across, down = (float(value) for value in dpi)
    return (down, across) if swapped else (across, down)
