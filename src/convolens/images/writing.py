"""From an `Image` to a file: PNG, JPEG, TIFF or WebP, by the ending of its name."""

import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from convolens.errors import ImageError
from convolens.images.deep import write_png
from convolens.images.files import atomic_output
from convolens.images.image import Image

ENDINGS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
_ENCODER_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True, "exact": True, "method": 2, "quality": 20},  # more effort takes twice the memory
}


def output_format(path: str | os.PathLike[str]) -> str:
    """
    Return the format that the ending of a file's name asks for.

    >>> output_format("photo.JPG")
    'JPEG'
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        found = f"ends in {ending!r}" if ending else "has no ending"
        raise ImageError(f"{path}: {found}; known are {', '.join(ENDINGS)}")
    return ENDINGS[ending]


def write_image(path: str | os.PathLike[str], image: Image, *, overwrite: bool = False) -> None:
    """
    Write a picture, whole or not at all.

    Parameters
    ----------
    path : path
        Its ending chooses the format: .png, .jpg, .jpeg, .tif, .tiff or .webp.
    image : Image
        Pixels of a data type that the format holds: 8-bit in JPEG and WebP, 8-bit and 16-bit in PNG, any in
        TIFF. Nothing is converted in silence.
    overwrite : bool, default False
        Whether an existing file may be replaced.

    Raises
    ------
    ImageError
        If the format cannot hold the picture.
    FileError
        If the file exists or cannot be written.

    Notes
    -----
    PNG, TIFF and WebP are written without loss, JPEG with quality 95 and full colour resolution. Colour
    profile and resolution are kept (WebP knows no resolution). EXIF data is kept; TIFF keeps its
    texts (description, camera, date, artist, copyright). XMP and comments are not kept.
    WebP stores grey as RGB.
    """
    format = output_format(path)
    check_fits(path, image, format)
    with atomic_output(path, overwrite=overwrite) as file:
        encode_image(file, image, format)


def encode_image(file: BinaryIO, image: Image, format: str, *, compression: int = 6) -> None:
    """
    Write a picture that `check_fits` lets pass into a file that is open and seekable.

    ``compression`` is how hard zlib tries, from 1 to 9, to make PNG and TIFF small.
    """
    if format == "TIFF":
        from convolens.images.tiff import write_tiff

        write_tiff(file, image, compression)
    elif image.pixels.dtype.newbyteorder("=") == np.uint16:
        write_png(
            file,
            image.channels().astype(np.uint16, copy=False),
            icc_profile=image.icc_profile,
            exif=image.exif,
            dpi=image.dpi,
            compression=compression,
        )
    else:
        _write_with_pillow(file, image, format, compression)


def check_fits(path: str | os.PathLike[str], image: Image, format: str) -> None:
    """Refuse a picture that the format cannot hold."""
    if format == "TIFF":
        return
    dtype, size = image.pixels.dtype.newbyteorder("="), image.size
    dtypes = (np.uint8, np.uint16) if format == "PNG" else (np.uint8,)
    if dtype not in dtypes:
        depth = "8 or 16 bits" if format == "PNG" else "8 bits"
        raise ImageError(f"{path}: {format} holds {depth} per channel, the picture is {dtype}; write .tif")
    colours = image.pixels.shape[2] if image.pixels.ndim == 3 else 1
    if colours not in (1, 3):
        raise ImageError(f"{path}: {format} holds grey or RGB, the picture is {size}; write .tif")
    if format == "JPEG" and image.alpha is not None:
        raise ImageError(f"{path}: JPEG holds no alpha; write .png, .webp or .tif")
    if image.premultiplied:
        raise ImageError(f"{path}: {format} holds no colours multiplied by alpha; write .tif")
    limit = {"JPEG": 65_535, "WEBP": 16_383}.get(format)
    if limit and max(image.pixels.shape[:2]) > limit:
        raise ImageError(f"{path}: {format} is limited to {limit:,} pixels a side, the picture is {size}")


def _write_with_pillow(file: BinaryIO, image: Image, format: str, compression: int) -> None:
    import PIL.Image

    channels = image.channels()
    if channels.ndim == 3 and channels.shape[2] == 1:
        channels = channels[..., 0]
    options = dict(_ENCODER_OPTIONS.get(format, {"compress_level": compression}))
    if image.icc_profile:
        options["icc_profile"] = image.icc_profile
    if image.exif:
        options["exif"] = image.exif
    if image.dpi and format != "WEBP":
        options["dpi"] = image.dpi
    PIL.Image.fromarray(np.ascontiguousarray(channels)).save(file, format=format, **options)
