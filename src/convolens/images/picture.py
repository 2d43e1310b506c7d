"""A walk over a picture of either kind, array or `Image`, and a result of the same kind."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolens.errors import DTypeError, SpecError
from convolens.images.fused import fused_filter
from convolens.images.image import Image, room_for, split_alpha
from convolens.images.sums import Fusable
from convolens.images.tiles import Tile, Weights, check_filterable, tiles
from convolens.ops.arrays import check_out, deliver
from convolens.spec.borders import Border


def over_picture(
    image: ArrayLike | Image,
    kernels: Sequence[Weights],
    shown: Callable[[Tile, np.dtype[Any]], NDArray[Any]],
    *,
    border: Border,
    flip: bool = False,
    keep_alpha: bool,
    response: Fusable | None = None,
    exact: bool = False,
    scale: float = 1.0,
    out: NDArray[Any] | None = None,
) -> NDArray[Any] | Image:
    """
    Lay kernels over a picture, tile by tile.

    Parameters
    ----------
    image : array_like or Image
        In an array of 2 or 4 channels the last is alpha. Booleans count as uint8, 0 and 1.
    kernels : sequence of arrays
        As for `tiles`.
    shown : function
        Makes what is kept of a tile; it is given the tile, and the data type of the picture.
    border, flip
        As for `tiles`.
    keep_alpha : bool
        Whether the result has the picture's alpha.
    response, exact, scale
        What ``shown`` makes of a tile, in the words of `fused_filter`, where there are such.
    out : ndarray, optional
        Takes the result of an array; not of an `Image`.

    Returns
    -------
    ndarray or Image
        Of the kind of ``image``, and of the data type that ``shown`` gives.

    Notes
    -----
    Pixels and alpha of the result lie in one array, so no more than input and output is ever held.
    """
    if isinstance(image, (str, os.PathLike)):
        raise DTypeError(f"a picture is an array or an Image, not a file's name; use read_image({str(image)!r})")
    if isinstance(image, Image) and out is not None:
        raise SpecError("out takes the result of an array; an Image is filtered into a new one")
    array = image.pixels if isinstance(image, Image) else np.asarray(image)
    check_filterable(array.dtype, array.shape)
    if array.dtype == np.bool_:
        array = array.view(np.uint8)
    pixels, alpha = (array, image.alpha) if isinstance(image, Image) else split_alpha(array)
    place = None if out is None or np.may_share_memory(out, array) else out
    if response is not None:
        if out is not None:
            check_out(out, array.shape, array.dtype)
        whole = image.joined_channels() if isinstance(image, Image) else array
        options = (border, flip, response, exact, scale, place)
        found = whole if whole is None else fused_filter(whole, kernels, *options)
        if found is not None:
            if alpha is not None:
                found[..., -1] = alpha
            return _like(image, deliver(found, found.dtype, out))
    kept = alpha if keep_alpha else None
    room: tuple[NDArray[Any], NDArray[Any]] | None = None
    for tile in tiles(pixels, kernels, border=border, flip=flip):
        part = shown(tile, pixels.dtype)
        if room is None:
            together = kept is not None and kept.dtype == part.dtype
            if out is not None:
                check_out(out, array.shape if together or alpha is None else pixels.shape, part.dtype)
            room = room_for(pixels.shape, part.dtype, kept if together else None, place)
        room[1][tile.cells] = part
    assert room is not None  # a picture has a pixel
    channels, filtered = room
    if isinstance(image, Image):
        result = image.with_pixels(filtered, kept if channels is filtered else channels[..., -1])
        return result if keep_alpha else result.without_alpha()
    return deliver(channels.reshape(array.shape) if alpha is None else channels, channels.dtype, out)


def _like(image: ArrayLike | Image, channels: NDArray[Any]) -> NDArray[Any] | Image:
    """Return pixels and alpha in one array as ``image`` has them."""
    if not isinstance(image, Image):
        return channels
    if image.alpha is None:
        return image.with_pixels(channels)
    return image.with_pixels(channels[..., 0] if image.pixels.ndim == 2 else channels[..., :-1], channels[..., -1])
