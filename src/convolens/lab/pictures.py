"""What is seen of a photograph: a kernel or an edge filter over the part that is wanted, as pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image

from convolens.errors import ImageError, SpecError
from convolens.images.edges import edge_direction, edge_magnitude
from convolens.images.filter import as_weights, filter_image, signed_scale
from convolens.kernels import NamedKernel, kernels
from convolens.lab.messages import Download, Edges, Filter, Region, Work
from convolens.lab.photographs import Pixels
from convolens.lab.states.numbers import Numbers
from convolens.spec.borders import Border, source_index

MOST_RAW = 4096
"""Pixels of which the sums themselves are sent."""

LARGEST_KERNEL = 511
"""The longest side of a kernel in the lab."""

GAIN = 3
"""How much stronger than the edge directions are painted, as the page does it: soft edges are seen too."""

_BAND = 256  # rows that are painted at once


@dataclass(frozen=True)
class Shown:
    """Pixels for a screen: their scale's ends, what they show of a photograph, and how long the engine took."""

    pixels: npt.NDArray[np.uint8] | npt.NDArray[np.float32]
    region: Region
    shrunk: int
    low: float
    high: float
    seconds: float


def kernel_of(found: Numbers | str) -> NamedKernel:
    """
    Make the kernel that a request names or brings; files are not read here, whatever the text says.

    >>> kernel_of("gaussian:sigma=1,size=5").shape
    (5, 5)
    """
    kernel: NamedKernel = kernels[found] if isinstance(found, str) else NamedKernel("custom", found.array())
    if max(kernel.shape) > LARGEST_KERNEL:
        rows, columns = kernel.shape
        raise SpecError(
            f"kernel {kernel.label} has {rows} × {columns} cells; the lab takes {LARGEST_KERNEL} a side"
        )
    return kernel


def filtered(request: Filter, photograph: Pixels) -> Shown:
    """
    Lay the kernel of a request over a photograph, or its region.

    Raises
    ------
    ConvolensError
        If kernel, border or region do not fit.
    """
    if request.kernel is None:
        return _shown(request, photograph, 0, lambda patch: patch, raw=request.display == "raw")
    kernel, border = kernel_of(request.kernel), border_of(request)
    weights, gain = as_weights(kernel), gain_of(request)

    def run(patch: Pixels) -> Pixels:
        return filter_image(patch, kernel, border=border, flip=request.flip, response=request.display, gain=gain)

    shown = _shown(request, photograph, max(kernel.shape) // 2, run, raw=request.display == "raw")
    if request.display != "signed":
        return shown
    zero, scale = signed_scale(weights, photograph.dtype)
    ends = ((limit - zero) / (gain * scale) for limit in _range(photograph.dtype))
    low, high = (float(end) for end in ends)
    return Shown(shown.pixels, shown.region, shown.shrunk, low, high, shown.seconds)


def edges(request: Edges, photograph: Pixels) -> Shown:
    """Measure the edges of a photograph, or its region."""
    border = border_of(request)
    if request.measure == "magnitude":
        return _shown(
            request, photograph, 1, lambda patch: edge_magnitude(patch, operator=request.operator, border=border)
        )
    shown = _shown(
        request,
        photograph,
        1,
        lambda patch: edge_direction(patch, operator=request.operator, border=border),
        angles=True,
    )
    return Shown(shown.pixels, shown.region, shown.shrunk, -180.0, 180.0, shown.seconds)


def whole(request: Download, photograph: Pixels) -> Pixels:
    """Compute the region of a download at the photograph's own size and depth; directions are painted."""
    region, border = region_of(request, photograph), border_of(request)
    pixels: Pixels = photograph
    if request.measure == "direction":
        return _painted(request, photograph, region, border)
    if request.measure == "magnitude":
        pixels = edge_magnitude(photograph, operator=request.operator, border=border)
    elif request.kernel is not None:
        kernel = kernel_of(request.kernel)
        pixels = filter_image(
            photograph, kernel, border=border, flip=request.flip, response=request.display, gain=gain_of(request)
        )
    return pixels[region.row : region.row + region.rows, region.column : region.column + region.columns]


def _painted(request: Download, grey: Pixels, region: Region, border: Border) -> Pixels:
    """Paint directions as the light falls: brighter is upward, orange to the right, grey where nothing changes."""
    painted = np.empty((region.rows, region.columns, 3), np.uint8)
    _, white = _range(grey.dtype)
    for first in range(0, region.rows, _BAND):
        band = Region(region.row + first, region.column, min(_BAND, region.rows - first), region.columns)
        patch, inner = _patch(grey, band, 1, border)
        steepness = edge_magnitude(patch, operator=request.operator, border=border)[inner]
        degrees = edge_direction(patch, operator=request.operator, border=border)[inner]
        light = np.minimum(1, GAIN * steepness.astype(float) / white)
        angles = np.radians(degrees)
        across, upward = light * np.cos(angles), light * np.sin(angles)
        for channel, warm in enumerate((90, 10, -90)):
            painted[first : first + band.rows, :, channel] = np.rint(128 + warm * across + 88 * upward)
    return painted


def gain_of(request: Filter) -> int:
    """Return the gain of a request, which only signed sums have."""
    return request.gain if request.display == "signed" else 1


def border_of(request: Work) -> Border:
    """Return the border of a request; whole numbers are such whether they were written as 0 or as 0.0."""
    value = request.border_value
    whole = isinstance(value, float) and value.is_integer()
    return (
        Border(request.border, int(value) if whole else value)
        if request.border == "constant"
        else Border(request.border)
    )


def region_of(request: Work, photograph: Pixels) -> Region:
    """Return the region of a request, or the whole photograph."""
    rows, columns = photograph.shape[:2]
    region = request.region
    if region is None:
        return Region(0, 0, rows, columns)
    if region.row + region.rows > rows or region.column + region.columns > columns:
        raise ImageError(
            f"the region {region.rows}×{region.columns} at {region.row}, {region.column} reaches beyond the "
            f"photograph, which is {rows}×{columns}"
        )
    return region


def _shown(
    request: Work,
    photograph: Pixels,
    reach: int,
    run: Callable[[Pixels], Pixels],
    *,
    raw: bool = False,
    angles: bool = False,
) -> Shown:
    """Compute the region of a request, and make it fit a screen; a kernel reaches so many cells to each side."""
    region = region_of(request, photograph)
    if raw and region.rows * region.columns > MOST_RAW:
        raise ImageError(
            f"sums themselves are sent of at most {MOST_RAW} pixels, not of {region.rows}×{region.columns}; "
            "ask for a smaller region"
        )
    patch, inner = _patch(photograph, region, reach, border_of(request))
    start = perf_counter()
    result = run(patch)[inner]
    seconds = perf_counter() - start
    low, high = (float(end) for end in _range(photograph.dtype))
    if raw:
        return Shown(result.astype(np.float32), region, 1, low, high, seconds)
    shrunk = math.ceil(max(region.rows, region.columns) / request.fit)
    if angles:  # have no mean
        return Shown(result[::shrunk, ::shrunk].astype(np.float32), region, shrunk, low, high, seconds)
    return Shown(_smaller(_eight_bits(result), shrunk), region, shrunk, low, high, seconds)


def _patch(photograph: Pixels, region: Region, reach: int, border: Border) -> tuple[Pixels, tuple[slice, slice]]:
    """Cut out what the region's windows see, the border with it, and say where in it the region lies."""
    rows = np.arange(region.row - reach, region.row + region.rows + reach)
    columns = np.arange(region.column - reach, region.column + region.columns + reach)
    here = (
        slice(region.row, region.row + region.rows),
        slice(region.column, region.column + region.columns),
    )
    height, width = photograph.shape[:2]
    low, high = _range(photograph.dtype)
    held = photograph.dtype.kind == "f" or (isinstance(border.value, int) and low <= border.value <= high)
    if len(rows) * len(columns) >= height * width or not held:
        return photograph, here
    row_index, column_index = source_index(rows, height, border), source_index(columns, width, border)
    patch = photograph[row_index[:, np.newaxis], column_index]
    patch[row_index < 0] = border.value
    patch[:, column_index < 0] = border.value
    return patch, (slice(reach, reach + region.rows), slice(reach, reach + region.columns))


def _range(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the pixel values that are black and white."""
    if dtype.kind == "f":
        return 0.0, 1.0
    limits = np.iinfo(dtype)
    return limits.min, limits.max


def _eight_bits(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Return pixels of any type as a screen shows them."""
    dtype = pixels.dtype
    if dtype == np.uint8:
        return pixels.view(np.uint8)
    if dtype.kind == "f":
        return np.asarray(np.rint(pixels.clip(0, 1) * 255), np.uint8)
    high_bits = pixels >> (8 * dtype.itemsize - 8)
    middle = 128 if dtype.kind == "i" else 0
    shown: npt.NDArray[np.uint8] = (high_bits.astype(np.int16) + middle).astype(np.uint8)
    return shown


def _smaller(pixels: npt.NDArray[np.uint8], shrunk: int) -> npt.NDArray[np.uint8]:
    """Shrink by a whole number: each pixel is the mean of a square."""
    if shrunk == 1:
        return pixels
    return np.asarray(PIL.Image.fromarray(np.ascontiguousarray(pixels)).reduce(shrunk))
