"""What Pillow decodes: PNG, JPEG, WebP, and everyday TIFF."""

from __future__ import annotations

import io
import struct
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convolens.errors import ImageError
from convolens.images.deep import is_deep, read_deep
from convolens.images.image import Image, split_alpha
from convolens.images.metadata import (
    ORIENTATION,
    SIDEWAYS,
    check_size,
    exif_bytes,
    resolution,
    stored_view,
    upright_view,
)

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageFile import ImageFile

Conversion = Callable[["PillowImage"], "PillowImage"]

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
_ROWS = 256  # rows converted and handed from Pillow to NumPy at a time: a whole third copy never exists

_pillow_limit = threading.Lock()


def read_with_pillow(file: BinaryIO, max_pixels: int, *, dropped: Collection[int] = ()) -> Image:
    """Read what Pillow decodes; ``file`` is open and seekable, ``dropped`` are EXIF tags to leave out."""
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
        deep = None
        if is_deep(image):
            byte_order = ">" if source_format == "PNG" else "="
            deep = read_deep(lambda: _open(file), _array, byte_order)
        else:
            image.load()
        exif = image.getexif()  # after the pixels: EXIF may stand behind them, and turning upright takes its tag
        orientation = exif.get(ORIENTATION, 1)
        if deep is None:
            conversion, icc_profile = _plain_mode(image, icc_profile)
            channels = _array(image, conversion, orientation)
        else:
            channels = np.ascontiguousarray(upright_view(orientation)(deep))
    pixels, alpha = split_alpha(channels)
    if pixels.dtype == np.uint16 and alpha is None and "transparency" in info:
        alpha = _alpha_from_colour(pixels, info["transparency"])
    return Image(
        pixels,
        alpha=alpha,
        icc_profile=icc_profile or None,
        exif=exif_bytes(exif, tiff=source_format == "TIFF", dropped=dropped),
        dpi=resolution(info.get("dpi"), swapped=orientation in SIDEWAYS),
        format="JPEG" if source_format == "MPO" else source_format,
    )


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
        file.seek(0)
        head = file.read(24)
        if head.startswith(b"\x89PNG") and head[12:16] == b"IHDR":
            width, height = struct.unpack(">II", head[16:])
            check_size(height, width, height * width)  # Pillow takes no PNG without pixels for one
        raise ImageError("is not a PNG, JPEG, TIFF or WebP image") from error


def _plain_mode(image: PillowImage, icc_profile: bytes | None) -> tuple[Conversion, bytes | None]:
    """Choose how to convert modes that cannot be filtered as they are: palette, CMYK, transparency."""
    mode = image.mode
    transparent = mode == "PA" or "transparency" in image.info
    if mode == "CMYK":
        return _from_cmyk(icc_profile), None
    if mode in ("P", "PA", "RGB"):
        return _into("RGBA" if transparent else "RGB"), icc_profile
    if mode in ("1", "L"):
        return _into("LA" if transparent and mode == "L" else "L"), icc_profile
    if mode not in ("LA", "RGBA", "I;16", "I;16B", "I;16L", "I;16N", "F"):
        raise ImageError(f"has colours of kind {mode}; convert it to grey, RGB or RGBA first")
    return _into(mode), icc_profile


def _into(mode: str) -> Conversion:
    return lambda image: image if image.mode == mode else image.convert(mode)


def _from_cmyk(icc_profile: bytes | None) -> Conversion:
    if not icc_profile:
        return _into("RGB")
    from PIL import ImageCms

    to_srgb = ImageCms.buildTransform(io.BytesIO(icc_profile), ImageCms.createProfile("sRGB"), "CMYK", "RGB")

    def convert(image: PillowImage) -> PillowImage:
        converted = ImageCms.applyTransform(image, to_srgb)
        assert converted is not None  # None stands for a conversion in place, which was not asked for
        return converted

    return convert


def _array(image: PillowImage, conversion: Conversion | None = None, orientation: int = 1) -> NDArray[Any]:
    """Convert a band of rows after the other, and put each where it stands in the upright picture."""
    image.load()
    width, height = image.size
    pixels: NDArray[Any] | None = None
    for top in range(0, height, _ROWS):
        bottom = min(top + _ROWS, height)
        band = image.crop((0, top, width, bottom))
        rows = np.asarray(conversion(band) if conversion else band)
        if pixels is None:
            size = (height, width) if orientation not in SIDEWAYS else (width, height)
            pixels = np.empty((*size, *rows.shape[2:]), rows.dtype.newbyteorder("="))
        stored_view(orientation)(pixels)[top:bottom] = rows
    assert pixels is not None  # a picture has a row
    return pixels


def _alpha_from_colour(pixels: NDArray[Any], transparent: Any) -> NDArray[Any]:
    hidden = pixels == np.asarray(transparent)
    if hidden.ndim == 3:
        hidden = hidden.all(axis=2)
    return np.where(hidden, 0, 65535).astype(np.uint16)
