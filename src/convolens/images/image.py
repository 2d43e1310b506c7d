"""A picture in memory: its pixels, and what a file says about them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from convolens.errors import ImageError

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, eq=False)
class Image:
    """
    A picture, upright, with what must survive a round trip through a file.

    Attributes
    ----------
    pixels : ndarray, shape (H, W) or (H, W, C)
        Grey, or colour channels last, in the file's own data type: uint8, uint16, float32 …
    alpha : ndarray, shape (H, W), or None
        Opacity, apart from the colours, in the data type of the pixels.
    premultiplied : bool
        Whether the colours are multiplied by alpha already (some TIFF files).
    icc_profile : bytes or None
        The colour profile.
    exif : bytes or None
        Camera data, without the orientation: the pixels stand upright already.
    dpi : pair of float or None
        Dots per inch, across and down.
    format : str or None
        ``"PNG"``, ``"JPEG"``, ``"TIFF"`` or ``"WEBP"``: where the picture came from.
    """

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None = None
    premultiplied: bool = False
    icc_profile: bytes | None = dataclasses.field(default=None, repr=False)
    exif: bytes | None = dataclasses.field(default=None, repr=False)
    dpi: tuple[float, float] | None = None
    format: str | None = None

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if len(shape) not in (2, 3) or 0 in shape:
            raise ImageError(
                f"pixels must have shape (H, W) or (H, W, C), none of them 0; got {shape}; "
                "filter a stack of pictures one at a time"
            )
        if self.alpha is not None and self.alpha.shape != shape[:2]:
            raise ImageError(f"alpha must have the pixels' shape {shape[:2]}; got {self.alpha.shape}")

    def __repr__(self) -> str:
        alpha = " with alpha" if self.alpha is not None else ""
        origin = f", from {self.format}" if self.format else ""
        return f"<Image {self.size}, {self.pixels.dtype}{alpha}{origin}>"

    @property
    def size(self) -> str:
        """Height, width and channels in words, as in ``'512×512×3'``."""
        return "×".join(str(n) for n in self.pixels.shape)

    def with_pixels(self, pixels: NDArray[Any], alpha: NDArray[Any] | None = None) -> Image:
        """
        Return the same picture with other pixels.

        A colour profile is made for a number of channels, so it goes when that number changes; alpha, unless it
        is given, goes when size or data type change.
        """
        same_channels = pixels.shape[2:] == self.pixels.shape[2:]
        same_cells = pixels.shape[:2] == self.pixels.shape[:2] and pixels.dtype == self.pixels.dtype
        kept = self.alpha if alpha is None and same_cells else alpha
        return dataclasses.replace(
            self,
            pixels=pixels,
            alpha=kept,
            premultiplied=self.premultiplied and kept is not None,
            icc_profile=self.icc_profile if same_channels else None,
        )

    def without_alpha(self) -> Image:
        """Return the same picture, opaque."""
        return dataclasses.replace(self, alpha=None, premultiplied=False)

    def channels(self) -> NDArray[Any]:
        """
        Return pixels and alpha in one array, as files hold them: (H, W), or (H, W, C) with alpha last.

        Nothing is copied where they lie in one array already, as `split_alpha` and `room_for` leave them.
        """
        if (joined := self.joined_channels()) is not None:
            return joined
        assert self.alpha is not None  # pixels alone are one array
        return np.dstack([self.pixels, self.alpha])

    def joined_channels(self) -> NDArray[Any] | None:
        """View pixels and alpha as the one array that they lie in; None where they lie apart."""
        if self.alpha is None:
            return self.pixels
        step, colours = self.pixels.itemsize, (*self.pixels.shape, 1)[2]
        strides = (*self.alpha.strides, step)
        apart = self.alpha.__array_interface__["data"][0] - self.pixels.__array_interface__["data"][0]
        is_behind = apart == colours * step and self.pixels.strides == strides[: self.pixels.ndim]
        if not is_behind or self.alpha.dtype != self.pixels.dtype:
            return None
        return as_strided(self.pixels, (*self.pixels.shape[:2], colours + 1), strides, writeable=False)


def split_alpha(array: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """
    Take an array apart into pixels and alpha.

    Two channels are grey and alpha, four are RGB and alpha; any other number has no alpha. A single channel
    loses its axis.
    """
    if array.ndim != 3 or array.shape[2] not in (1, 2, 4):
        return array, None
    if array.shape[2] == 1:
        return array[..., 0], None
    pixels = array[..., 0] if array.shape[2] == 2 else array[..., :3]
    return pixels, array[..., -1]


def room_for(
    shape: tuple[int, ...], dtype: np.dtype[Any], alpha: NDArray[Any] | None, place: NDArray[Any] | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """
    Make room for pixels of that shape, or find it in ``place``, and put alpha, if there is any, behind them.

    Returns
    -------
    channels, pixels : ndarray
        The array as a whole, and the view of it that is to be filled.
    """
    if alpha is None:
        pixels = np.empty(shape, dtype) if place is None else place.reshape(shape)
        return pixels, pixels
    colours = 1 if len(shape) == 2 else shape[2]
    channels = np.empty((*shape[:2], colours + 1), dtype) if place is None else place
    channels[..., -1] = alpha
    return channels, channels[..., 0] if len(shape) == 2 else channels[..., :-1]


def luminance(image: Image) -> Image:
    """
    Return the picture in grey: Y′ = 0.2126 R + 0.7152 G + 0.0722 B, of the values as the file stores them.

    Integers are rounded. A grey picture comes back as it is.

    References
    ----------
    Recommendation ITU-R BT.709-6, *Parameter values for the HDTV standards* (2015), item 3.2.

    Examples
    --------
    >>> luminance(Image(np.full((1, 1, 3), [255, 0, 0], np.uint8))).pixels
    array([[54]], dtype=uint8)
    """
    if image.pixels.ndim == 2:
        return image
    if image.pixels.shape[2] != 3:
        raise ImageError(f"luminance is defined for red, green and blue; the picture is {image.size}")
    dtype = image.pixels.dtype
    grey = np.empty(image.pixels.shape[:2], dtype)
    for row, colours in zip(grey, image.pixels, strict=True):
        values = colours @ _LUMINANCE
        row[:] = values if dtype.kind == "f" else np.rint(values)
    return image.with_pixels(grey)
