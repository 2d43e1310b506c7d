"""A photograph under kernels in a notebook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError, unknown_name
from convolens.images.image import Image
from convolens.images.writing import encode_image
from convolens.kernels import NamedKernel
from convolens.lab import states
from convolens.lab.photographs import samples
from convolens.lab.records import shown
from convolens.lab.widgets.arguments import kernel_or_text
from convolens.lab.widgets.exhibit import BytesTrait, Exhibit, Held
from convolens.ops.arrays import as_array

PAGE_SAMPLES = ("cat", "shapes", "rings")
"""What the page has without Python."""


class Gallery(Exhibit[states.Gallery]):
    """
    A photograph under a kernel: before and after, every named kernel at once, any pixel worked out.

    Parameters
    ----------
    photograph : array_like, shape (H, W) or (H, W, 3), or str, optional
        What is looked at: floats from 0 to 1, whole numbers from 0 to 255 (of uint16 to 65535), or bool; or
        the name of a sample, such as "rings". By default "cat".
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
    photograph = Held(
        "photograph",
        'The sample that is looked at, or "own"; it can be set to the name of a sample.',
        lambda name, _: _sample(name),
        lambda state: state.photograph,
    )
    kernel = Held(
        "kernel",
        "The weights as they stand, edited or not; they can be set.",
        lambda kernel, _: kernel_or_text(kernel),
        states.Gallery.weights,
    )

    def __init__(
        self,
        photograph: npt.ArrayLike | str | None = None,
        kernel: npt.ArrayLike | NamedKernel | str | None = None,
        *,
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
        **options: Any,
    ) -> None:
        changes = options if kernel is None else options | {"kernel": kernel_or_text(kernel)}
        buffers = {}
        if isinstance(photograph, str):
            changes = changes | {"photograph": _sample(photograph)}
        elif photograph is not None:
            changes, buffers = changes | {"photograph": "own"}, {"picture": _png(photograph)}
        super().__init__(changes, preset=preset, locked=locked, hidden=hidden, **buffers)


def _sample(name: object) -> str:
    """Take the name of a sample: of those that the page makes, or that Python has."""
    if not isinstance(name, str):
        raise SpecError(
            f"photograph can become a sample, by its name, found {shown(name)}; make a new Gallery of it"
        )
    known = dict.fromkeys([*PAGE_SAMPLES, *(sample.name for sample in samples())])
    if name not in known:
        raise unknown_name("sample", name, known)
    return name


def _png(photograph: npt.ArrayLike) -> bytes:
    """Write a photograph as a PNG file for the browser."""
    pixels = as_array(photograph, "photograph")
    if pixels.ndim not in (2, 3) or 0 in pixels.shape or pixels.shape[2:] not in ((), (1,), (3,)):
        raise SpecError(f"photograph must have shape (H, W) or (H, W, 3), found shape {pixels.shape}")
    file = io.BytesIO()
    encode_image(file, Image(_levels(pixels)), "PNG")
    return file.getvalue()


def _levels(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Write pixels as PNG holds them: uint8 and uint16 as they are, all others as levels from 0 to 255."""
    if pixels.dtype.newbyteorder("=") in (np.uint8, np.uint16):
        return pixels
    most = 255 if pixels.dtype.kind in "iu" else 1
    low, high = pixels.min(), pixels.max()
    if not 0 <= low <= high <= most:  # NaN is not, either
        raise SpecError(
            f"photograph of {pixels.dtype} must hold numbers from 0 to {most}, found {low:g} to {high:g}; "
            "give floats from 0 to 1, or whole numbers from 0 to 255"
        )
    return np.rint(pixels * (255.0 / most)).astype(np.uint8)
