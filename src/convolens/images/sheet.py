"""A contact sheet: one photograph under many kernels, each labelled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolens.errors import SpecError
from convolens.images.filter import filter_image
from convolens.images.image import Image, luminance, split_alpha
from convolens.kernels import NamedKernel, kernels, parse_kernel
from convolens.spec.borders import Border

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageFont import FreeTypeFont

GAP = 16  # pixels between tiles, and around the sheet
LABEL_HEIGHT = 52
_PAPER, _INK, _FAINT = (255, 255, 255), (24, 24, 28), (110, 110, 120)
_NEGATIVE, _POSITIVE = np.array([179, 88, 6]), np.array([33, 102, 172])  # orange and blue, as in explanations
_SWATCH = 38
_STRONGEST = 99.5  # percentile of the responses that reaches black or white in a signed tile


def contact_sheet(
    image: Image | ArrayLike,
    chosen: Sequence[NamedKernel | ArrayLike | str] | None = None,
    *,
    border: str | float | Border = "reflect",
    tile: int = 208,
    columns: int | None = None,
) -> Image:
    """
    Lay each kernel over a small copy of a photograph, and arrange the results with their names.

    Parameters
    ----------
    image : Image or array_like
        The photograph; it is shrunk to fit a tile, and stands first.
    chosen : sequence of kernels, optional
        Each in any form that `parse_kernel` understands. By default the whole catalogue.
    border : str, number or Border, default "reflect"
        What lies outside the picture.
    tile : int, default 208
        Largest side of a tile in pixels, from 32 to 1024.
    columns : int, optional
        Tiles in a row. By default about twice as many as rows.

    Returns
    -------
    Image
        uint8, RGB. Beside each name lie the weights: blue is positive, orange negative, white zero.

    Raises
    ------
    SpecError
        If there are no kernels, or more than 400, or the sizes make no sense.

    Notes
    -----
    Kernels with a signed response are laid over the luminance and shown with zero as middle grey, stretched so
    that the strongest half percent of the responses reach black or white. All others are shown as
    `filter_image` returns them.

    Examples
    --------
    >>> ramp = np.tile(np.arange(100, dtype=np.uint8), (60, 1))
    >>> contact_sheet(ramp, ["identity", "sobel-x"], tile=100)
    <Image 144×364×3, uint8>
    """
    if not 32 <= tile <= 1024:
        raise SpecError(f"tile must be from 32 to 1024 pixels; got {tile}")
    named = list(kernels.values()) if chosen is None else [parse_kernel(kernel) for kernel in chosen]
    if not 1 <= len(named) <= 400:
        raise SpecError(f"a contact sheet shows from 1 to 400 kernels; got {len(named)}")
    if columns is not None and columns < 1:
        raise SpecError(f"columns must be at least 1; got {columns}")
    columns = min(columns or _good_columns(len(named) + 1), len(named) + 1)
    photo = _small_photo(image, tile)
    height, width = photo.pixels.shape[:2]
    grey = luminance(photo)
    tiles = [_Tile(photo.pixels, "original", f"{width} × {height} pixels")]
    tiles += [
        _Tile(_shown(photo, grey, kernel, border), kernel.label, _caption(kernel), kernel) for kernel in named
    ]
    return _arrange(tiles, columns, (height, max(width, min(tile, 160))))


@dataclass(frozen=True, eq=False)
class _Tile:
    """A picture and what is written below it."""

    pixels: NDArray[Any]
    name: str
    caption: str
    kernel: NamedKernel | None = None


def _good_columns(count: int) -> int:
    """About twice as many columns as rows, with few gaps in the last row."""
    middle = math.ceil(math.sqrt(2 * count))
    return min((middle + 1, middle, middle - 1), key=lambda columns: -count % max(columns, 1))


def _small_photo(image: Image | ArrayLike, tile: int) -> Image:
    """An 8-bit copy, no side longer than ``tile``, transparent parts on white."""
    import PIL.Image

    if not isinstance(image, Image):
        pixels, alpha = split_alpha(np.asarray(image))
        image = Image(pixels, alpha)
    if image.pixels.ndim == 3 and image.pixels.shape[2] != 3:
        raise SpecError(f"a contact sheet shows grey or RGB; the picture is {image.size}")
    step = max(1, min(image.pixels.shape[:2]) // (4 * tile))  # so that a huge picture is not copied whole
    pixels = _eight_bits(image.pixels[::step, ::step])
    if image.alpha is not None:
        opacity = _eight_bits(image.alpha[::step, ::step]).astype(np.float64) / 255
        opacity = opacity[..., np.newaxis] if pixels.ndim == 3 else opacity
        pixels = np.rint(255 + (pixels.astype(np.float64) - 255) * opacity).astype(np.uint8)
    small = PIL.Image.fromarray(np.ascontiguousarray(pixels))
    small.thumbnail((tile, tile), PIL.Image.Resampling.LANCZOS)
    return Image(np.asarray(small))


def _eight_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.uint16:
        return np.rint(pixels / 257).astype(np.uint8)
    values = pixels.astype(np.float64)
    low, high = (0.0, 1.0) if pixels.dtype.kind == "f" else (values.min(), values.max())
    if not np.isfinite(values).all():
        raise SpecError("a contact sheet shows finite pixels; this picture holds NaN or infinity")
    if values.min() < low or values.max() > high:
        low, high = values.min(), values.max()
    return np.rint(255 * (values - low) / ((high - low) or 1)).astype(np.uint8)


def _shown(photo: Image, grey: Image, kernel: NamedKernel, border: str | float | Border) -> NDArray[Any]:
    if not kernel.signed:
        return filter_image(photo.pixels, kernel, border=border)
    sums = filter_image(grey.pixels, kernel, border=border, response="raw")
    strongest = np.percentile(np.abs(sums), _STRONGEST) or np.abs(sums).max() or 1
    return np.clip(np.rint(128 + 127 * (sums / strongest)), 0, 255).astype(np.uint8)


def _caption(kernel: NamedKernel) -> str:
    rows, columns = kernel.shape
    return f"{rows} × {columns}" + (" · grey is 0" if kernel.signed else "")


def _arrange(tiles: Sequence[_Tile], columns: int, size: tuple[int, int]) -> Image:
    import PIL.Image
    import PIL.ImageDraw

    height, width = size
    rows = math.ceil(len(tiles) / columns)
    sheet = PIL.Image.new(
        "RGB",
        (GAP + columns * (width + GAP), GAP + rows * (height + LABEL_HEIGHT + GAP)),
        _PAPER,
    )
    draw = PIL.ImageDraw.Draw(sheet)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        left, top = GAP + column * (width + GAP), GAP + row * (height + LABEL_HEIGHT + GAP)
        sheet.paste(PIL.Image.fromarray(tile.pixels).convert("RGB"), (left, top))
        room = width
        if tile.kernel is not None:
            swatch = _swatch(tile.kernel)
            room -= swatch.width + 6
            sheet.paste(
                swatch, (left + width - swatch.width, top + height + 8 + (_SWATCH + 2 - swatch.height) // 2)
            )
        below = top + height + 4
        draw.text((left, below), tile.name, _INK, _fitting(tile.name, room, bold=True))
        draw.text((left, below + 27), tile.caption, _FAINT, _fitting(tile.caption, room, bold=False))
    return Image(np.asarray(sheet))


def _swatch(kernel: NamedKernel) -> PillowImage:
    """The weights as a small picture."""
    import PIL.Image
    import PIL.ImageOps

    weights = np.asarray(kernel, np.float64)
    ends = np.where(weights[..., np.newaxis] < 0, _NEGATIVE, _POSITIVE)
    strength = np.sqrt(np.abs(weights) / (np.abs(weights).max() or 1))  # the root lets small weights be seen
    colours = 255 + (ends - 255) * strength[..., np.newaxis]
    picture = PIL.Image.fromarray(np.rint(colours).astype(np.uint8))
    rows, columns = weights.shape
    cell = _SWATCH / max(rows, columns)
    size = (max(3, round(columns * cell)), max(3, round(rows * cell)))
    enlarged = picture.resize(size, PIL.Image.Resampling.NEAREST if cell >= 2 else PIL.Image.Resampling.BOX)
    return PIL.ImageOps.expand(enlarged, 1, _FAINT)


def _fitting(text: str, room: int, *, bold: bool) -> FreeTypeFont:
    """The largest font, within reason, in which ``text`` is no wider than ``room``."""
    sizes = range(21, 8, -1) if bold else range(17, 8, -1)
    return next((font for size in sizes if (font := _font(size, bold)).getlength(text) <= room), _font(8, bold))


@cache
def _font(size: int, bold: bool) -> FreeTypeFont:
    import matplotlib
    from PIL import ImageFont

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"  # comes with matplotlib, on every system
    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/{name}", size)
