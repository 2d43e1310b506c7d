"""How many pixels a file claims is read from its head, whatever lies behind it."""

import io
import math
from typing import Any

import numpy as np
import pytest
import tifffile

from convolens.lab.headers import claimed_pixels
from lab.uploads import GREY, HOSTILE, picture_file, png_bomb

FILES: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {}),
    "jpeg": ("JPEG", {}),
    "progressive jpeg": ("JPEG", {"progressive": True, "comment": b"\xff\xc0" * 2000}),
    "tiff": ("TIFF", {}),
    "webp": ("WEBP", {}),
    "webp without loss": ("WEBP", {"lossless": True}),
    "webp with metadata": ("WEBP", {"icc_profile": b"profile"}),
}


@pytest.mark.parametrize("colours", [1, 3, 4])
@pytest.mark.parametrize("name", FILES)
def test_claims(name: str, colours: int) -> None:
    """What Pillow writes claims what it has."""
    format, options = FILES[name]
    colours = min(colours, 3) if format == "JPEG" else colours  # which has no alpha
    pixels = np.random.default_rng(0).integers(0, 256, (60, 51, colours)).squeeze()
    assert claimed_pixels(picture_file(pixels, format, **options)) == 60 * 51


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_claims_of_tiff(byteorder: Any) -> None:
    """Both orders of bytes are read."""
    tifffile.imwrite(file := io.BytesIO(), np.ones((30, 40), np.uint16), byteorder=byteorder)
    assert claimed_pixels(file.getvalue()) == 1200


def test_no_pixels_are_needed() -> None:
    """A file that is cut short behind its head claims as much, one cut in it an unknown number."""
    assert claimed_pixels(memoryview(png_bomb(10_000, 15_000))[:60]) == 150_000_000
    for format in ("PNG", "JPEG", "TIFF", "WEBP"):
        assert claimed_pixels(picture_file(GREY, format)[:16]) == math.inf
    assert claimed_pixels(b"\xff\xd8" + b"\xff\xe0\0\2" * 100_000) == math.inf


@pytest.mark.parametrize("name", HOSTILE)
def test_strangers(name: str) -> None:
    """Whatever is sent has a number."""
    assert claimed_pixels(HOSTILE[name][0]) >= 0
