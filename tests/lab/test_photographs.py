"""Uploads are checked before they are decoded; nothing but their pixels is kept."""

import dataclasses
import tracemalloc
from typing import Any

import numpy as np
import PIL.Image
import pytest

from convolens.errors import ImageError, UnknownNameError
from convolens.lab.limits import Limits
from convolens.lab.photographs import luminance_of, open_sample, open_upload, samples, shown_name
from lab.uploads import GREY, HOSTILE, picture_file, png_bomb

LIMITS = Limits()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(name: str) -> None:
    """Each is refused in one line that has the file's name and what is wrong with it."""
    data, said = HOSTILE[name]
    with pytest.raises(ImageError) as caught:
        open_upload(data, "hostile.png", LIMITS)
    assert str(caught.value).startswith("hostile.png: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_bombs_are_not_decoded() -> None:
    """A picture that claims to be huge costs no memory."""
    bomb = png_bomb()
    tracemalloc.start()
    with pytest.raises(ImageError):
        open_upload(bomb, "bomb.png", LIMITS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_heads_that_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that unfolds to more than its head claims, by which it was given its place, is refused."""
    monkeypatch.setattr("convolens.lab.photographs.claimed_pixels", lambda data: 1199.0)
    with pytest.raises(ImageError, match=r"is 30×40 = 1,200 pixels; the limit is 1,199"):
        open_upload(picture_file(GREY), "a.png", LIMITS)


def test_too_large() -> None:
    """Bytes and pixels have limits of their own."""
    data = picture_file(GREY)
    with pytest.raises(ImageError, match=r"^a.png: has .* bytes; the lab takes files of up to 100"):
        open_upload(data, "a.png", dataclasses.replace(LIMITS, upload_bytes=100))
    with pytest.raises(ImageError, match=r"a.png: is 30×40 = 1,200 pixels; the limit is 1,199"):
        open_upload(data, "a.png", dataclasses.replace(LIMITS, upload_pixels=1199))


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_pictures(format: str) -> None:
    """Grey and RGB of every format come in as they are."""
    options: dict[str, Any] = {"lossless": True} if format == "WEBP" else {}
    colours = np.random.default_rng(0).integers(0, 255, (8, 9, 3)).astype(np.uint8)
    found = open_upload(picture_file(colours, format, **options), "a", LIMITS)
    assert found.shape == colours.shape
    if format != "JPEG":
        np.testing.assert_array_equal(found, colours)


def test_what_is_transparent_lies_over_white() -> None:
    """Alpha is gone: half transparent black is middle grey."""
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, :, 3] = [255, 0]
    pixels[1, :, 3] = [128, 51]
    found = open_upload(picture_file(pixels), "a.png", LIMITS)
    assert found[..., 0].tolist() == [[0, 255], [127, 204]]
    grey = open_upload(picture_file(pixels[..., 2:]), "a.png", LIMITS)
    np.testing.assert_array_equal(grey, found[..., 0])


def test_samples() -> None:
    """Every sample is of the size that it is listed with."""
    for sample in samples():
        pixels = open_sample(sample.name)
        assert (*pixels.shape, 1)[:3] == (sample.rows, sample.columns, sample.channels), sample
        assert pixels.dtype == np.uint8
    assert {sample.name for sample in samples()} >= {"astronaut", "rings"}
    with pytest.raises(UnknownNameError, match=r"unknown sample '\.\./rings'; did you mean 'rings'"):
        open_sample("../rings")


def test_names_are_fit_to_be_shown() -> None:
    """No folders, no line ends, not long."""
    assert shown_name("C:\\me\\a.png") == "a.png"
    assert shown_name("/") == "photograph"
    assert shown_name("a\u202eb\0c" + "x" * 200) == "a b c" + "x" * 75


def test_luminance() -> None:
    """Colours become grey, grey stays."""
    assert luminance_of(np.full((1, 1, 3), [255, 0, 0], np.uint8)).tolist() == [[54]]
    assert luminance_of(GREY) is GREY


def test_upright() -> None:
    """A photograph that was taken sideways comes in upright."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    found = open_upload(picture_file(GREY, "PNG", exif=exif), "a.png", LIMITS)
    np.testing.assert_array_equal(found, np.rot90(GREY, -1))
