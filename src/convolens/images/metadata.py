"""What a file says about its picture: size, the way up, EXIF and resolution."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convolens.errors import ImageError

if TYPE_CHECKING:
    from PIL.Image import Exif

ORIENTATION = 0x0112
SIDEWAYS = (5, 6, 7, 8)  # orientations whose rows stand upright as columns
IMAGE_DESCRIPTION = 0x010E
# Description, make, model, software, date, artist, copyright: what a TIFF tells of the picture.
DESCRIPTIVE_TAGS = (IMAGE_DESCRIPTION, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
_SUB_DIRECTORIES = (0x8769, 0x8825)  # Exif and GPS


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


def stored_view(orientation: int) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """
    Return the inverse of `upright_view`: it views an upright array as a file of that orientation stores it.

    >>> upright = np.array([[1, 2, 3], [4, 5, 6]])
    >>> all((upright_view(n)(stored_view(n)(upright)) == upright).all() for n in range(1, 9))
    True
    """
    return upright_view({6: 8, 8: 6}.get(orientation, orientation))


def exif_bytes(exif: Exif, *, tiff: bool = False, dropped: Collection[int] = ()) -> bytes | None:
    """Serialise EXIF data but for orientation, thumbnail, ``dropped`` tags; of a TIFF, texts and camera data."""
    from PIL.Image import Exif

    kept = Exif()
    for tag, value in exif.items():
        left_out = tag in (ORIENTATION, *_SUB_DIRECTORIES, *dropped)
        if not left_out and (tag in DESCRIPTIVE_TAGS or not tiff):
            kept[tag] = value
    for tag in _SUB_DIRECTORIES:
        if directory := exif.get_ifd(tag):
            kept[tag] = dict(directory)
    try:
        return kept.tobytes() if len(kept) else None
    except Exception:  # a camera's malformed entry is no reason to refuse its photograph
        return None


def resolution(dpi: Any, *, swapped: bool) -> tuple[float, float] | None:
    """Return dots per inch across and down, ``swapped`` where turning upright exchanged them; None if unknown."""
    if not dpi or not all(np.isfinite(float(value)) and value > 0 for value in dpi):
        return None
    across, down = (float(value) for value in dpi)
    return (down, across) if swapped else (across, down)
