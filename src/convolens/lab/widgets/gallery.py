"""A photograph under kernels in a notebook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import traitlets

from convolens.images.image import Image
from convolens.images.writing import check_fits, encode_image
from convolens.kernels import NamedKernel, parse_kernel
from convolens.lab import states
from convolens.lab.pages import module_text
from convolens.lab.records import plain
from convolens.lab.states.numbers import Numbers
from convolens.lab.widgets.exhibit import Exhibit
from convolens.ops.arrays import as_array


class Gallery(Exhibit[states.Gallery]):
    """
    A photograph under a kernel: before and after, every named kernel at once, any pixel worked out.

    Parameters
    ----------
    photograph : array_like, shape (H, W) or (H, W, 3), uint8, optional
        What is looked at; a sample by default.
    kernel : array_like, NamedKernel or str, default "sobel-x"
        Weights of two dimensions, or a name with its parameters, as in ``"gaussian:sigma=2"``.
    locked, hidden : sequence of str
        Controls that whoever looks at it cannot change, or does not see.
    **options
        Other fields of the state: ``view``, ``measure``, ``channels``, ``display``, ``flip``, ``border``.

    Raises
    ------
    ConvolensError
        If something does not fit.

    Examples
    --------
    >>> widget = Gallery(np.zeros((4, 6), np.uint8), "gaussian:sigma=2", display="clip")
    >>> widget.kernel.shape
    (13, 13)
    """

    state_class = states.Gallery
    _esm = module_text("gallery")
    picture = traitlets.Bytes().tag(sync=True)

    def __init__(
        self,
        photograph: npt.ArrayLike | None = None,
        kernel: npt.ArrayLike | NamedKernel | str = "sobel-x",
        *,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
        **options: Any,
    ) -> None:
        changes: dict[str, Any] = {"locked": list(locked), "hidden": list(hidden), **options}
        changes["kernel"] = _named(kernel)
        if photograph is not None:
            changes["photograph"] = "own"
        super().__init__(states.Gallery.from_json(changes))
        if photograph is not None:
            self.picture = _png(photograph)

    @property
    def kernel(self) -> npt.NDArray[Any]:
        """The weights as they stand, edited or not."""
        found = self._read().kernel
        return parse_kernel(found).weights if isinstance(found, str) else found.array()

    @kernel.setter
    def kernel(self, kernel: npt.ArrayLike | NamedKernel | str) -> None:
        self.state = {**self.state, "kernel": _named(kernel)}


def _named(kernel: npt.ArrayLike | NamedKernel | str) -> Any:
    """Write a kernel of the catalogue as its text, and any other as numbers."""
    if isinstance(kernel, str):
        parse_kernel(kernel)
        return kernel
    weights = kernel.weights if isinstance(kernel, NamedKernel) else np.atleast_2d(as_array(kernel, "kernel"))
    return plain(Numbers.of(weights, "kernel"))


def _png(photograph: npt.ArrayLike) -> bytes:
    """Write a photograph as a PNG file for the browser."""
    image = Image(as_array(photograph, "photograph"))
    check_fits("picture.png", image, "PNG")
    file = io.BytesIO()
    encode_image(file, image, "PNG")
    return file.getvalue()
