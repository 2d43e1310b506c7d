"""Exhibit 5: pooling, window by window, and what small shifts of the input do to the output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, get_args

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.lab.records import Number, Within
from convolens.lab.states import shifts
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.sliding_window import PaddingName, Pads, Steps
from convolens.lab.states.state import State, check_dimensions

IMAGE = Numbers((4, 4), (1, 3, 2, 4, 5, 6, 1, 2, 7, 2, 9, 1, 0, 1, 4, 8))
MOST_SHIFT = 8


@dataclass(frozen=True, kw_only=True)
class Pooling(State):
    """
    One channel, what pooling makes of it, and what becomes of that when the input is shifted.

    Attributes
    ----------
    view : {"windows", "shifts"}
        One pooling window by window, or several of them under shifts of the input.
    dims : int
        How many dimensions there are; the input has as many, and so do all the lists.
    input : Numbers
        What is pooled.
    kind : {"max", "average", "lp"}
        What is made of a window: its largest cell, its mean, its p-norm.
    p : float
        The power of the norm, at least 1, or infinity.
    windows : {"sliding", "global", "adaptive"}
        Windows of one size; one for the whole image; a grid of ``output_size`` regions, which has no norm.
    window, dilation : tuple of int
        One number a dimension.
    stride : tuple of int or None
        By default the window.
    padding : str or tuple of pairs
        A name, or (before, after) for each dimension.
    ceil_mode : bool
        Whether a last window may stick out.
    border, border_value
        What lies outside and takes part; with "none" nothing does.
    count_include_pad : bool
        Whether a mean counts pads as zeros where no border takes part.
    cell, pinned, covered
        The output cell that is worked out; whether it stays while the pointer moves, and later ones are covered.
    shift : tuple of int
        By how many cells the input is moved.
    entering : {"zeros", "wrap"}
        What comes in on the other side, and lies outside, under a shift.
    feature : {"none", "sobel-x", "sobel-y"}
        The kernel whose positive sums are pooled, if any. A row has only one, "sobel-x": −1, 0, 1.
    method : {"subsample", "max", "average", "blur", "max-blur"}
        Whose maps are shown under a shift; ``window`` and ``stride`` hold for all of them.
    measure : {"distance", "changed", "moved"}
        How maps before and after are compared.
    along : int
        The axis of the shifts that are compared.
    """

    exhibit: ClassVar[str] = "pooling"
    controls: ClassVar[tuple[str, ...]] = (
        "preset", "view", "dims", "kind", "windows", "size", "stride", "dilation", "padding", "border", "input",
        "player", "covered", "shift", "feature", "method", "measure", "code", "export", "link", "undo",
    )  # fmt: skip

    view: Literal["windows", "shifts"] = "windows"
    dims: Annotated[int, Within(1, 2)] = 2
    input: Numbers = IMAGE
    kind: Literal["max", "average", "lp"] = "max"
    p: Number = 2
    windows: Literal["sliding", "global", "adaptive"] = "sliding"
    window: Steps = (2, 2)
    stride: Steps | None = None
    dilation: Steps = (1, 1)
    padding: PaddingName | Pads = "valid"
    ceil_mode: bool = False
    border: Literal["none", "constant", "edge", "reflect", "symmetric", "wrap"] = "none"
    border_value: Number = 0
    count_include_pad: bool = True
    output_size: Steps = (2, 2)
    cell: Annotated[tuple[Annotated[int, Within(0, 1 << 20)], ...], Within(1, 2)] | None = None
    pinned: bool = False
    covered: bool = False
    shift: Annotated[tuple[Annotated[int, Within(-MOST_SHIFT, MOST_SHIFT)], ...], Within(1, 2)] = (0, 1)
    entering: shifts.Entering = "wrap"
    feature: shifts.Feature = "none"
    method: shifts.Method = "max"
    measure: shifts.Measure = "distance"
    along: Annotated[int, Within(0, 1)] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        listed = ("window", "dilation", "output_size", "shift", "stride", "cell", "padding")
        lists = {name: getattr(self, name) for name in listed}
        present = {name: found for name, found in lists.items() if isinstance(found, tuple)}
        check_dimensions(self.dims, {"input": self.input.shape, **present})
        if not self.p >= 1:
            raise SpecError(f"state.p must be a number of at least 1, or infinity, found {self.p}")
        if self.kind == "lp" and self.windows == "adaptive":
            raise SpecError("adaptive pooling takes the maximum or the mean of its regions, not a norm")
        if self.along >= self.dims or (self.dims == 1 and self.feature == "sobel-y"):
            raise SpecError(f"state.along is {self.along}, state.feature {self.feature!r}; a row has one axis")

    def result(self) -> npt.NDArray[Any]:
        """
        Pool with the engine.

        Raises
        ------
        SpecError
            If window, input and options do not fit together.
        """
        import convolens as cl

        x = self.input.array(self.border_value if self.border == "constant" else 0)[np.newaxis]
        kind = "avg" if self.kind == "average" else self.kind
        power: dict[str, Any] = {"p": float(self.p)} if kind == "lp" else {}
        result: npt.NDArray[Any]
        if self.windows == "global":
            result = getattr(cl, f"global_{kind}_pool")(x, dims=self.dims, **power)[0]
        elif self.windows == "adaptive":
            result = getattr(cl, f"adaptive_{kind}_pool{self.dims}d")(x, self.output_size)[0]
        else:
            result = getattr(cl, f"{kind}_pool{self.dims}d")(x, self.window, **power, **self._options())[0]
        return result

    def _options(self) -> dict[str, Any]:
        border = {"none": None, "constant": self.border_value}.get(self.border, self.border)
        counts = self.kind == "average" and border is None
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "ceil_mode": self.ceil_mode,
            "border": border,
            **({"count_include_pad": self.count_include_pad} if counts else {}),
        }

    def maps(self, method: shifts.Method, shift: tuple[int, ...]) -> npt.NDArray[Any]:
        """Shift the input, take its feature map, and thin that out."""
        image = shifts.shifted(self.input.array(), shift, self.entering)
        features = shifts.feature_map(image, self.feature, self.entering)
        return shifts.thinned(features, method, self.window, self.stride or self.window, self.entering)

    @np.errstate(invalid="ignore", over="ignore")
    def curves(self) -> dict[str, list[float]]:
        """
        Compare the maps before and after each shift from −8 to 8 along one axis, as ``measure`` says.

        The other axis is shifted as ``shift`` says. NaN where the maps hold NaN or infinities.
        """
        step = self.stride or self.window
        found: dict[str, list[float]] = {}
        for method in get_args(shifts.Method):
            before = self.maps(method, (0,) * self.dims)
            found[method] = []
            for cells in range(-MOST_SHIFT, MOST_SHIFT + 1):
                shift = tuple(cells if axis == self.along else own for axis, own in enumerate(self.shift))
                moved = [own / every for own, every in zip(shift, step, strict=True)]
                after = self.maps(method, shift)
                found[method].append(shifts.apart(self.measure, before, after, moved, self.entering))
        return found
