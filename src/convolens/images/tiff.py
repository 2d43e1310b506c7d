"""TIFF at any depth: through tifffile what Pillow cannot hold, through Pillow everyday photographs."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convolens.errors import ImageError
from convolens.images.image import Image
from convolens.images.metadata import (
    DESCRIPTIVE_TAGS,
    IMAGE_DESCRIPTION,
    ORIENTATION,
    SIDEWAYS,
    check_size,
    exif_bytes,
    resolution,
    upright_view,
)
from convolens.images.pillow import read_with_pillow

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_ICC_PROFILE = 34675
_ASSOCIATED, _UNASSOCIATED = 1, 2  # kinds of alpha among the extra samples
_MOST_PAGES = 16
_READ_DIRECTLY = ("MINISBLACK", "MINISWHITE", "RGB")


def read_tiff(file: BinaryIO, max_pixels: int) -> Image:
    """Read a TIFF or BigTIFF that holds one picture; ``file`` is open and seekable."""
    from tifffile import COMPRESSION, TiffFile

    with _quiet(), TiffFile(file) as container:
        page = _only_picture(container)
        check_size(page.imagelength, page.imagewidth, max_pixels)
        if _is_for_pillow(page):
            return read_with_pillow(file, max_pixels, dropped=_technical_tags(page))
        _check_pieces(page)
        try:
            array = page.asarray()
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
            # LZW and its kin: Pillow decodes them, at some depths.
            image = read_with_pillow(file, max_pixels, dropped=_technical_tags(page))
            if image.pixels.dtype != page.dtype:
                raise ImageError(
                    f"holds {page.dtype} samples compressed as {COMPRESSION(page.compression).name}, "
                    "which cannot be decoded here; save it uncompressed or with Deflate"
                ) from error
            return image
        return _assemble(page, array)


def _only_picture(container: TiffFile) -> TiffPage:
    """Find the picture of a file beside its smaller copies, if any; a small file may hold very many pages."""
    pages = [page.aspage() for page in islice(container.pages, _MOST_PAGES + 1)]
    if len(pages) > _MOST_PAGES:
        raise ImageError(f"holds more than {_MOST_PAGES} pictures; give a file with one")
    pictures = [page for page in pages if not page.is_reduced]
    if len(pictures) != 1:
        raise ImageError(f"holds {len(pictures)} pictures; give a file with one")
    return pictures[0]


def _check_pieces(page: TiffPage) -> None:
    """Refuse a picture most of which is not there: it would be made of zeros, in as much time and memory."""
    wanted, found = math.prod(page.chunked), len(page.dataoffsets)
    if found < wanted:
        raise ImageError(f"is damaged or cut short: of its {wanted:,} strips or tiles {found:,} are there")


@contextmanager
def _quiet() -> Iterator[None]:
    # tifffile tells of damage through logging as well; the error that we raise says it once.
    logger, reader = logging.getLogger("tifffile"), threading.get_ident()

    def of_other_threads(record: logging.LogRecord) -> bool:
        return record.thread != reader

    logger.addFilter(of_other_threads)
    try:
        yield
    finally:
        logger.removeFilter(of_other_threads)


def _is_for_pillow(page: TiffPage) -> bool:
    from tifffile import PHOTOMETRIC

    eight_bit_photo = page.dtype == np.uint8 and page.samplesperpixel <= 4 and page.planarconfig == 1
    special = PHOTOMETRIC(page.photometric).name not in _READ_DIRECTLY
    return eight_bit_photo or page.bitspersample < 8 or special


def _assemble(page: TiffPage, array: NDArray[Any]) -> Image:
    from tifffile import PHOTOMETRIC

    if page.axes == "SYX":
        array = np.moveaxis(array, 0, -1)
    elif page.axes not in ("YX", "YXS"):
        raise ImageError(f"holds an array of axes {page.axes} and shape {array.shape}; give a flat picture")
    if array.dtype.kind not in "uif":
        raise ImageError(f"holds samples of type {array.dtype}; integers and floating-point numbers are filtered")
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    orientation = int(page.tags.valueof(ORIENTATION, default=1))
    array = np.ascontiguousarray(upright_view(orientation)(array))
    extra = tuple(int(kind) for kind in page.extrasamples)
    alpha = None
    if array.ndim == 3 and extra and extra[-1] in (_ASSOCIATED, _UNASSOCIATED):
        array, alpha = array[..., :-1], array[..., -1]
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if page.photometric == PHOTOMETRIC.MINISWHITE and array.dtype.kind == "u":
        array = np.iinfo(array.dtype).max - array
    return Image(
        array,
        alpha=alpha,
        premultiplied=_ASSOCIATED in extra,
        icc_profile=page.tags.valueof(_ICC_PROFILE),
        exif=_description(page),
        dpi=_resolution(page, swapped=orientation in SIDEWAYS),
        format="TIFF",
    )


def _description(page: TiffPage) -> bytes | None:
    from PIL.Image import Exif

    exif = Exif()
    for tag in DESCRIPTIVE_TAGS:
        value = page.tags.valueof(tag)
        if isinstance(value, str):
            exif[tag] = value
    return exif_bytes(exif, dropped=_technical_tags(page))


def _technical_tags(page: TiffPage) -> tuple[int, ...]:
    # tifffile, ImageJ and OME describe the array itself: its shape, its axes. That need not fit what is written.
    return (IMAGE_DESCRIPTION,) if page.is_shaped or page.is_imagej or page.is_ome else ()


def _resolution(page: TiffPage, *, swapped: bool) -> tuple[float, float] | None:
    if "XResolution" not in page.tags or "YResolution" not in page.tags or page.resolutionunit == 1:
        return None
    return resolution(page.get_resolution(unit="INCH"), swapped=swapped)


def write_tiff(file: BinaryIO, image: Image, compression: int) -> None:
    """Write a TIFF, or a BigTIFF where 4 GB do not suffice; integers compressed without loss."""
    import tifffile

    channels = image.channels()
    colours = image.pixels.shape[2] if image.pixels.ndim == 3 else 1
    is_rgb = colours == 3
    extra = ["unspecified"] * (0 if is_rgb else colours - 1)
    if image.alpha is not None:
        extra.append("assocalpha" if image.premultiplied else "unassalpha")
    is_integer = channels.dtype.kind in "iu" and channels.dtype.itemsize <= 2
    tifffile.imwrite(
        file,
        channels,
        photometric="rgb" if is_rgb else "minisblack",
        planarconfig="contig" if channels.ndim == 3 else None,
        extrasamples=extra or None,
        compression="zlib" if is_integer else None,
        compressionargs={"level": compression} if is_integer else None,
        predictor=is_integer,
        resolution=image.dpi,
        resolutionunit="INCH" if image.dpi else None,
        iccprofile=image.icc_profile,
        extratags=_text_tags(image.exif),
        metadata=None,
        software=False,
    )


def _text_tags(exif: bytes | None) -> list[tuple[int, str, int, str, bool]]:
    if not exif:
        return []
    from PIL.Image import Exif

    entries = Exif()
    entries.load(exif)
    return [
        (tag, "s", 0, value.encode("ascii", "replace").decode(), True)
        for tag in DESCRIPTIVE_TAGS
        if isinstance(value := entries.get(tag), str)
    ]
