"""Exhibit 1: a kernel slides over an input, and every product and sum is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from convolens.lab.records import Number, Within
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.state import State, check_dimensions

Operation = Literal["correlation", "convolution", "transposed"]
PaddingName = Literal["valid", "same", "same-lower", "full"]
BorderName = Literal["constant", "edge", "reflect", "symmetric", "wrap"]
Side = Literal["output", "input"]

Steps = Annotated[tuple[Annotated[int, Within(1, 64)], ...], Within(1, 3)]
"""One number a dimension."""

Place = Annotated[tuple[Annotated[int, Within(0, 1 << 20)], ...], Within(1, 3)]
"""Of a cell: one number a dimension."""

Pad = Annotated[int, Within(0, 64)]
Pads = Annotated[tuple[tuple[Pad, Pad], ...], Within(1, 3)]

RAMP = Numbers((5, 5), tuple(10 * row * column for row in range(1, 6) for column in range(1, 6)))
SOBEL_X = Numbers((3, 3), (-1, 0, 1, -2, 0, 2, -1, 0, 1))


@dataclass(frozen=True, kw_only=True)
class SlidingWindow(State):
    """
    Input, kernel and output of one channel, in one to three dimensions.

    Attributes
    ----------
    dims : int
        How many dimensions there are; input and kernel have as many, and so do all the lists.
    input, kernel : Numbers
        What is convolved with what.
    operation : {"correlation", "convolution", "transposed"}
        Convolution turns the kernel by 180°; transposed is the adjoint of correlation.
    stride, dilation, output_padding : tuple of int
        One number a dimension. Output padding is for transposed convolution, less than the stride.
    padding : str or tuple of pairs
        A name, or (before, after) for each dimension.
    border, border_value
        What lies outside; of a transposed convolution nothing does, and what padding cuts off is lost.
    cell : tuple of int or None
        The cell that is worked out, in the array that ``side`` names: None before the first step.
    pinned : bool
        Whether the window stays there while the pointer moves.
    covered : bool
        Whether the cells of the output that come later are covered, to be predicted.
    reached : tuple of int or None
        The cell up to which a covered output is seen while one of the input is worked out: None for the first.

    Notes
    -----
    A kernel may be too large for its input, as happens while somebody edits: the exhibit then says why. `result`
    refuses it.
    """

    exhibit: ClassVar[str] = "sliding-window"
    controls: ClassVar[tuple[str, ...]] = (
        "preset", "dims", "operation", "size", "stride", "dilation", "padding", "border", "input", "kernel",
        "player", "covered", "code", "export", "link", "undo",
    )  # fmt: skip

    dims: Annotated[int, Within(1, 3)] = 2
    input: Numbers = RAMP
    kernel: Numbers = SOBEL_X
    operation: Operation = "correlation"
    stride: Steps = (1, 1)
    dilation: Steps = (1, 1)
    output_padding: Annotated[tuple[Pad, ...], Within(1, 3)] = (0, 0)
    padding: PaddingName | Pads = "valid"
    border: BorderName = "constant"
    border_value: Number = 0
    cell: Place | None = None
    side: Side = "output"
    pinned: bool = False
    covered: bool = False
    reached: Place | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        lists: dict[str, Any] = {
            "input": self.input.shape,
            "kernel": self.kernel.shape,
            "stride": self.stride,
            "dilation": self.dilation,
            "output_padding": self.output_padding,
            "padding": (0,) * self.dims if isinstance(self.padding, str) else self.padding,
            "cell": (0,) * self.dims if self.cell is None else self.cell,
            "reached": (0,) * self.dims if self.reached is None else self.reached,
        }
        check_dimensions(self.dims, lists)

    def result(self) -> npt.NDArray[Any]:
        """
        Compute the output with the engine.

        Raises
        ------
        SpecError
            If kernel, input and options do not fit together.
        """
        from convolens.ops import conv, transposed

        has_outside = self.border == "constant" and self.operation != "transposed"
        x = self.input.array(self.border_value if has_outside else 0)[np.newaxis]
        weight = self.kernel.array()[np.newaxis, np.newaxis]
        options: dict[str, Any] = {"stride": self.stride, "dilation": self.dilation, "padding": self.padding}
        if self.operation == "transposed":
            run = getattr(transposed, f"conv_transpose{self.dims}d")
            output: npt.NDArray[Any] = run(x, weight, output_padding=self.output_padding, **options)
        else:
            run = getattr(conv, f"conv{self.dims}d")
            border = self.border_value if self.border == "constant" else self.border
            output = run(x, weight, flip=self.operation == "convolution", border=border, **options)
        result: npt.NDArray[Any] = output[0]
        return result
