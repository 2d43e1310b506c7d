"""Exhibit 2: kernels over a photograph, one large or all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy.typing as npt

from convolens.errors import SpecError
from convolens.kernels import parse_kernel
from convolens.lab.records import Within
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.sliding_window import BorderName
from convolens.lab.states.state import State

Place = Annotated[int, Within(0, 1 << 20)]


@dataclass(frozen=True, kw_only=True)
class Gallery(State):
    """
    A photograph, and what a kernel or an edge filter makes of it.

    Attributes
    ----------
    photograph : str
        Name of a sample, or "own": then it is the viewer's, and no part of the state.
    view : {"one", "all"}
        One kernel, large, or all named kernels.
    measure : {"kernel", "magnitude", "direction"}
        What the kernel answers, or how steep edges are, or in which direction the picture gets brighter.
    kernel : str or Numbers
        A name of the catalogue with its parameters, as in ``"gaussian:sigma=2"``, or weights.
    operator : {"sobel", "scharr", "prewitt"}
        By what edges are measured.
    channels : {"each", "luminance"}
        Every colour by itself, or their luminance alone.
    display : {"clip", "signed", "absolute"}
        How sums become pixels, as for `convolens.filter_image`.
    gain : int
        How many times as far from grey signed sums are shown.
    flip : bool
        Turn the kernel: true convolution.
    border
        What lies outside; a constant is 0.
    divider : int
        How many percent of the photograph as it was are seen, from the left.
    pixel : tuple of int or None
        The row and column that are worked out.
    channel : int
        Whose numbers are shown: red, green or blue.
    """

    exhibit: ClassVar[str] = "gallery"
    controls: ClassVar[tuple[str, ...]] = (
        "photograph", "view", "kernel", "numbers", "channels", "display", "border", "pixel", "response", "code",
        "export", "link", "undo",
    )  # fmt: skip

    photograph: Annotated[str, Within(1, 64)] = "cat"
    view: Literal["one", "all"] = "one"
    measure: Literal["kernel", "magnitude", "direction"] = "kernel"
    kernel: Numbers | Annotated[str, Within(1, 200)] = "sobel-x"
    operator: Literal["sobel", "scharr", "prewitt"] = "sobel"
    channels: Literal["each", "luminance"] = "luminance"
    display: Literal["clip", "signed", "absolute"] = "signed"
    gain: Annotated[int, Within(1, 64)] = 4
    flip: bool = False
    border: BorderName = "reflect"
    divider: Annotated[int, Within(0, 100)] = 50
    pixel: tuple[Place, Place] | None = None
    channel: Annotated[int, Within(0, 2)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.kernel, str) and len(self.kernel.shape) != 2:
            raise SpecError(f"state.kernel has shape {self.kernel.shape}; it must have two dimensions")

    def weights(self) -> npt.NDArray[Any]:
        """
        Return the weights of the kernel.

        Raises
        ------
        SpecError, UnknownNameError
            If its text names none.
        """
        return parse_kernel(self.kernel).weights if isinstance(self.kernel, str) else self.kernel.array()
