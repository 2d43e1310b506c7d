"""A convolution as a matrix, in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from convolens.errors import SpecError
from convolens.lab import states
from convolens.lab.pages import module_text
from convolens.lab.records import plain
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.presets import MATRIX_VIEW
from convolens.lab.widgets.exhibit import Exhibit, example
from convolens.ops.arrays import as_array


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
    preset : str, optional
        An example to begin with; whatever else is given changes it.
    locked, hidden : sequence of str
        Controls that whoever looks at it cannot change, or does not see.

    Raises
    ------
    ConvolensError
        If something does not fit.

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
    _esm = module_text("matrix-view")

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
        state = states.MatrixView() if preset is None else example(MATRIX_VIEW, preset)
        options = {
            "view": view, "stride": stride, "dilation": dilation, "padding": padding, "border": border,
            "operation": operation, "transposed": transposed,
        }  # fmt: skip
        changes: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
        changes |= {"locked": list(locked), "hidden": list(hidden)}
        if image is not None:
            changes["input"] = plain(Numbers.of(image, "image"))
        if weight is not None:
            changes["weight"] = plain(_slices(weight))
        if layer is None:
            changes["layer"] = None
        elif len(layer):
            names = ("channels", "kernels", "rows", "columns", "size", "stride")
            if len(layer) != len(names):
                raise SpecError(f"layer needs {len(names)} numbers, {', '.join(names)}, not {tuple(layer)}")
            changes["layer"] = dict(zip(names, layer, strict=True))
        super().__init__(states.MatrixView.from_json({**state.to_json(), **changes}))

    @property
    def image(self) -> npt.NDArray[Any]:
        """The input as it stands, edited or not."""
        return self._read().input.array()

    @property
    def weight(self) -> npt.NDArray[Any]:
        """The kernels as they stand, (kernels, channels, size…)."""
        return self._read().weights()

    @property
    def output(self) -> npt.NDArray[Any]:
        """What the engine computes of them, (kernels, size…)."""
        return self._read().result()

    @property
    def matrix(self) -> npt.NDArray[Any]:
        """The matrix A of ``output.ravel() == A @ image.ravel()``."""
        return self._read().matrix()


def _slices(weight: npt.ArrayLike) -> Numbers:
    array = as_array(weight, "weight")
    if array.ndim not in (3, 4):
        raise SpecError(
            f"weight must be (kernels, channels, cells) or (kernels, channels, rows, columns), found shape "
            f"{array.shape}"
        )
    return Numbers.of(array.reshape(-1, *array.shape[2:]), "weight")
