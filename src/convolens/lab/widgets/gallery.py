"""A photograph under kernels in a notebook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from convolens.errors import SpecError
from convolens.images.image import Image
from convolens.images.writing import check_fits, encode_image
from convolens.kernels import NamedKernel
from convolens.lab import states
from convolens.lab.widgets.arguments import kernel_or_text
from convolens.lab.widgets.exhibit import BytesTrait, Exhibit, Held
from convolens.ops.arrays import as_array


class Gallery(Exhibit[states.Gallery]):
    """
    A photograph under a kernel: before and after, every named kernel at once, any pixel worked out.

    Parameters
    ----------
    photograph : array_like, shape (H, W) or (H, W, 3), uint8, optional
        What is looked at; a sample by default.
    kernel : array_like, NamedKernel or str, optional
        Weights of two dimensions, or a name with its parameters, as in ``"gaussian:sigma=2"``. By default sobel-x.
    **options
        Other fields of the state: ``view``, ``measure``, ``channels``, ``display``, ``flip``, ``border``.
    preset, locked, hidden
        As for every exhibit.

    Examples
    --------
    >>> widget = Gallery(np.zeros((4, 6), np.uint8), "gaussian:sigma=2", display="clip")
    >>> widget.kernel.shape
    (13, 13)
    """

    state_class = states.Gallery
    picture = BytesTrait().tag(sync=True, size=1, content="those of a file of the photograph")
    kernel = Held(
        "kernel",
        "The weights as they stand, edited or not; they can be set.",
        lambda kernel, _: kernel_or_text(kernel),
        states.Gallery.weights,
    )

    def __init__(
        self,
        photograph: npt.ArrayLike | None = None,
        kernel: npt.ArrayLike | NamedKernel | str | None = None,
        *,
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
        **options: Any,
    ) -> None:
        changes = options if kernel is None else options | {"kernel": kernel_or_text(kernel)}
        buffers = {} if photograph is None else {"picture": _png(photograph)}
        if buffers:
            changes = changes | {"photograph": "own"}
        super().__init__(changes, preset=preset, locked=locked, hidden=hidden, **buffers)


def _png(photograph: npt.ArrayLike) -> bytes:
    """Write a photograph as a PNG file for the browser."""
    pixels = as_array(photograph, "photograph")
    if pixels.ndim not in (2, 3) or 0 in pixels.shape:
        raise SpecError(f"photograph must have shape (H, W) or (H, W, 3), found shape {pixels.shape}")
    image = Image(pixels)
    check_fits("picture.png", image, "PNG")
    file = io.BytesIO()
    encode_image(file, image, "PNG")
    return file.getvalue()
