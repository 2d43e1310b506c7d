"""How large a picture file says that its picture is, read from its head alone, before anything is decoded."""

from __future__ import annotations

import io
import math
import warnings

from convolens.lab.frames import Buffer

_HEAD = 1 << 18  # bytes: room for what cameras write before the size, and soon read whatever stands there
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")


def claimed_pixels(data: Buffer) -> float:
    """
    Return how many pixels a PNG, JPEG, TIFF or WebP file says it has.

    Infinity stands for what does not say so at once, however it goes on.

    >>> claimed_pixels(b"GIF89a")
    inf
    """
    import PIL.Image

    try:
        with (
            warnings.catch_warnings(action="ignore"),
            PIL.Image.open(io.BytesIO(data[:_HEAD]), formats=_FORMATS) as image,
        ):
            return float(image.width * image.height)
    except Exception:  # decoders answer damage with nearly every kind of exception
        return math.inf
