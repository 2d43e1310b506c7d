"""Exhibit 6: every border of one picture, side by side, and what the same kernel makes of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, get_args

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.lab.records import Number, Within
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.sliding_window import BorderName
from convolens.lab.states.state import State, check_dimensions

PICTURE = Numbers((3, 4), (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))
BOX = Numbers((3, 3), (1,) * 9)

MOST_PICTURE = {1: 32, 2: 16}
MOST_PAD = {1: 32, 2: 8}
"""Cells a side, by dimensions: a page draws every border at once."""

Coordinate = Annotated[int, Within(-32, 64)]


@dataclass(frozen=True, kw_only=True)
class Borders(State):
    """
    A picture with every border around it, in one or two dimensions, under one kernel.

    Attributes
    ----------
    dims : int
        How many dimensions there are; picture and kernel have as many, and so have the lists.
    input, kernel : Numbers
        The picture, and what is correlated with it.
    pad : tuple of int
        Cells of border on either side, one number a dimension; there may be more of them than of the picture.
    border_value : float
        The number outside with the border "constant".
    cell : tuple of int or None
        The cell that is looked at, in coordinates of the picture, negative in the border before it.
    side : {"padded", "output"}
        Whether that is a cell of the padded picture, or the output cell whose window has its middle there.
    """

    exhibit: ClassVar[str] = "borders"
    controls: ClassVar[tuple[str, ...]] = (
        "preset", "dims", "size", "pad", "value", "input", "kernel", "names", "code", "export", "link", "undo",
    )  # fmt: skip

    dims: Annotated[int, Within(1, 2)] = 2
    input: Numbers = PICTURE
    kernel: Numbers = BOX
    pad: Annotated[tuple[Annotated[int, Within(0, 32)], ...], Within(1, 2)] = (2, 2)
    border_value: Number = 0
    cell: Annotated[tuple[Coordinate, ...], Within(1, 2)] | None = None
    side: Literal["padded", "output"] = "padded"

    def __post_init__(self) -> None:
        super().__post_init__()
        lists: dict[str, tuple[int, ...]] = {
            "input": self.input.shape,
            "kernel": self.kernel.shape,
            "pad": self.pad,
            "cell": (0,) * self.dims if self.cell is None else self.cell,
        }
        check_dimensions(self.dims, lists)
        limits = {"input": MOST_PICTURE, "kernel": MOST_PICTURE, "pad": MOST_PAD}
        for name, most in limits.items():
            if max(lists[name]) > most[self.dims]:
                raise SpecError(
                    f"state.{name} is of {lists[name]} cells; with dims {self.dims} up to {most[self.dims]} "
                    "a side are shown in every border at once"
                )

    def results(self) -> dict[str, npt.NDArray[Any]]:
        """
        Compute what the kernel makes of the picture with every border; "none" is without one, where it fits in.

        Raises
        ------
        SpecError
            If the kernel is larger than the picture with its border.
        """
        from convolens.ops import conv

        x, weight = self.input.array(self.border_value)[np.newaxis], self.kernel.array()[np.newaxis, np.newaxis]
        run = getattr(conv, f"conv{self.dims}d")
        fits = all(size <= cells for size, cells in zip(weight.shape[2:], x.shape[1:], strict=True))
        results: dict[str, npt.NDArray[Any]] = {"none": run(x, weight)[0]} if fits else {}
        for name in get_args(BorderName):
            border = self.border_value if name == "constant" else name
            results[name] = run(x, weight, padding=tuple((cells, cells) for cells in self.pad), border=border)[0]
        return results
