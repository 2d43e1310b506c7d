"""Contact sheets: bounded in size, whole in content, and honest about zero."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from convolens.errors import ConvolensError
from convolens.images import Image, filter_image
from convolens.images.sheet import GAP, LABEL_HEIGHT, contact_sheet
from convolens.kernels import kernels


def tile_of(sheet: Image, index: int, columns: int, size: tuple[int, int], width: int) -> NDArray[Any]:
    """Cut one tile out of a sheet."""
    row, column = divmod(index, columns)
    top = GAP + row * (size[0] + LABEL_HEIGHT + GAP)
    left = GAP + column * (width + GAP)
    return sheet.pixels[top : top + size[0], left : left + size[1]]


def test_tiles_are_filtered_pictures(rgb: NDArray[np.uint8]) -> None:
    """The original stands first, and each tile is what filter_image returns."""
    photo = np.kron(rgb, np.ones((4, 4, 1), np.uint8))
    sheet = contact_sheet(photo, ["identity", "box:size=5"], tile=68)
    for index, kernel in enumerate(["identity", "identity", "box:size=5"]):
        np.testing.assert_array_equal(tile_of(sheet, index, 3, (44, 68), 68), filter_image(photo, kernel))


def test_signed_tile_has_grey_zero() -> None:
    """Where a signed kernel answers zero, the tile is middle grey; brighter and darker stand for the sign."""
    step = np.zeros((60, 100), np.uint8)
    step[:, 30:60] = 200
    sheet = contact_sheet(step, ["sobel-x"], tile=100)
    tile = tile_of(sheet, 1, 2, (60, 100), 100)[30, :, 0]
    assert tile[5] == 128
    assert tile[29] == tile[30] == 255
    assert tile[59] == tile[60] == 1


def test_whole_catalogue_in_moderate_size() -> None:
    """A large photograph is shrunk; all kernels have a place, few places stay empty."""
    photo = np.zeros((3000, 4000, 3), np.uint8)
    sheet = contact_sheet(photo)
    height, width = sheet.pixels.shape[:2]
    assert sheet.pixels.dtype == np.uint8
    assert max(height, width) < 2500
    columns, rows = (width - GAP) // (208 + GAP), (height - GAP) // (156 + LABEL_HEIGHT + GAP)
    assert 0 <= columns * rows - (len(kernels) + 1) < columns


@pytest.mark.parametrize(
    "pixels",
    [
        np.linspace(0, 1, 600, dtype=np.float32).reshape(20, 30),
        np.linspace(-5, 9, 600).reshape(20, 30),
        np.arange(600, dtype=np.uint16).reshape(20, 30) * 100,
        np.arange(600, dtype=np.int32).reshape(20, 30) - 300,
        np.zeros((20, 30, 4), np.uint8),
        np.zeros((20, 30, 2), np.uint16),
        np.zeros((1, 1), np.uint8),
        np.zeros((1, 5000), np.uint8),
    ],
)
def test_every_kind_of_picture(pixels: NDArray[Any]) -> None:
    """Any depth, alpha and shape can be shown; transparent parts are white."""
    sheet = contact_sheet(pixels, ["gaussian", "laplacian-4"])
    assert sheet.pixels.shape[2] == 3
    if pixels.shape[-1] in (2, 4):
        assert (sheet.pixels[GAP : GAP + 20, GAP : GAP + 30] == 255).all()


@pytest.mark.parametrize(
    ("pixels", "chosen", "options", "words"),
    [
        (np.zeros((4, 4)), [], {}, "from 1 to 400"),
        (np.zeros((4, 4)), ["box"] * 401, {}, "from 1 to 400"),
        (np.zeros((4, 4)), ["box"], {"columns": 0}, "columns"),
        (np.zeros((4, 4)), ["box"], {"tile": 5}, "tile must be"),
        (np.zeros((4, 4)), ["bx"], {}, "did you mean 'box'"),
        (np.zeros((4, 4, 5)), ["box"], {}, "grey or RGB"),
        (np.zeros(4), ["box"], {}, "shape"),
        (np.full((4, 4), np.nan), ["box"], {}, "NaN"),
    ],
)
def test_refusals(pixels: Any, chosen: Any, options: Any, words: str) -> None:
    """What cannot be shown is refused with the reason."""
    with pytest.raises(ConvolensError, match=words):
        contact_sheet(pixels, chosen, **options)
