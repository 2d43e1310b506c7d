"""A convolution as a matrix, in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from convolens.errors import SpecError
from convolens.lab import states
from convolens.lab.records import shown
from convolens.lab.states.numbers import Numbers
from convolens.lab.widgets.arguments import given, slices
from convolens.lab.widgets.exhibit import Exhibit, Held

AXES = {3: "(kernels, channels, cells)", 4: "(kernels, channels, rows, columns)"}


class MatrixView(Exhibit[states.MatrixView]):
    """
    A convolution as a Toeplitz matrix, as im2col, as Winograd's tiles and through the FFT, with what each takes.

    Parameters
    ----------
    image : array_like, optional
        (channels, cells) or (channels, rows, columns): up to 3 channels of 24 or 8 × 8 cells. By default 1 to 16.
    weight : array_like, optional
        (kernels, channels, cells) or (kernels, channels, rows, columns): up to 3 kernels of 9 or 5 × 5 cells. By
        default 1 to 9.
    view : {"toeplitz", "im2col", "winograd", "fft"}, optional
        What it is drawn as.
    stride, dilation : int, optional
        Up to 4, along every dimension.
    padding : {"valid", "same", "full"}, optional
        How much border there is.
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, optional
        What lies in it; the constant is 0.
    operation : {"correlation", "convolution"}, optional
        What is done.
    transposed : bool, optional
        Draw the matrix transposed: the way back.
    layer : tuple of int or None, optional
        The layer whose operations are counted and timed: channels, kernels, rows, columns, side of the kernel,
        stride. None is the one that is drawn; by default it stays as it is.
    preset, locked, hidden
        As for every exhibit.

    Examples
    --------
    >>> widget = MatrixView([[1, 2, 3, 4, 5]], [[[1, 0, -1]]])
    >>> widget.matrix
    array([[ 1,  0, -1,  0,  0],
           [ 0,  1,  0, -1,  0],
           [ 0,  0,  1,  0, -1]])
    >>> widget.output
    array([[-2, -2, -2]])
    """

    state_class = states.MatrixView
    image = Held("input", "The input as it stands, edited or not; it can be set.")
    weight = Held(
        "weight",
        "The kernels as they stand, (kernels, channels, size…); they can be set.",
        lambda weight, state: slices(weight, AXES, channels=state.input.shape[0]),
        states.MatrixView.weights,
    )

    def __init__(
        self,
        image: npt.ArrayLike | None = None,
        weight: npt.ArrayLike | None = None,
        *,
        view: str | None = None,
        stride: int | None = None,
        dilation: int | None = None,
        padding: str | None = None,
        border: str | None = None,
        operation: str | None = None,
        transposed: bool | None = None,
        layer: Sequence[int] | None = (),
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        state = self._begun(preset)
        channels = state.input if image is None else Numbers.of(image, "image")
        changes = {"input": channels} | given(
            view=view, stride=stride, dilation=dilation, padding=padding, border=border, operation=operation,
            transposed=transposed,
        )  # fmt: skip
        if weight is not None:
            changes["weight"] = slices(weight, AXES, channels=channels.shape[0])
        super().__init__(changes | _layer(layer), preset=preset, locked=locked, hidden=hidden)

    @property
    def output(self) -> npt.NDArray[Any]:
        """What the engine computes of them, (kernels, size…)."""
        return self._read().result()

    @property
    def matrix(self) -> npt.NDArray[Any]:
        """The matrix A of ``output.ravel() == A @ image.ravel()``."""
        return self._read().matrix()


def _layer(layer: Sequence[int] | None) -> dict[str, Any]:
    """Name the numbers of a layer; none of them changes nothing."""
    if layer is None:
        return {"layer": None}
    names = ("channels", "kernels", "rows", "columns", "size", "stride")
    if isinstance(layer, (str, bytes)) or not isinstance(layer, Sequence) or len(layer) not in (0, len(names)):
        raise SpecError(f"layer needs {len(names)} numbers, {', '.join(names)}, found {shown(layer)}")
    return {"layer": dict(zip(names, layer, strict=True))} if layer else {}
