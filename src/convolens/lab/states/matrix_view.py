"""Exhibit 7: a convolution as a matrix, as columns of windows, as tiles and as spectra, and what each takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.lab.records import Within
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.sliding_window import BorderName
from convolens.lab.states.state import State

MOST_CHANNELS = 3
MOST_KERNELS = 3
LARGEST = {1: (24, 9), 2: (8, 5)}
"""Sides of input and kernel, by dimensions."""

LARGEST_STEP = 4
SIXTEEN = Numbers.of(np.arange(1, 17).reshape(1, 4, 4))
NINE = Numbers.of(np.arange(1, 10).reshape(1, 3, 3))
_PLACES = {"output": 0, "input": 0, "kernel": 1}  # axes beside the channel of a cell in each array


@dataclass(frozen=True)
class Layer:
    """A convolution by its sizes alone; zeros of half the kernel, rounded down, are around it."""

    channels: Annotated[int, Within(1, 1024)] = 64
    kernels: Annotated[int, Within(1, 1024)] = 64
    rows: Annotated[int, Within(1, 2048)] = 56
    columns: Annotated[int, Within(1, 2048)] = 56
    size: Annotated[int, Within(1, 63)] = 3
    stride: Annotated[int, Within(1, 4)] = 1


@dataclass(frozen=True, kw_only=True)
class MatrixView(State):
    """
    One convolution, small enough that its matrix can be drawn, and the size of a layer whose work is counted.

    Attributes
    ----------
    view : {"toeplitz", "im2col", "winograd", "fft"}
        What it is drawn as.
    input : Numbers
        (channels, cells) or (channels, rows, columns), up to 3 channels of 24 or 8 × 8 cells.
    weight : Numbers
        (kernels × channels, cells) or (kernels × channels, rows, columns): the slices of the first kernel, then
        those of the next. Up to 3 kernels of 9 or 5 × 5 cells.
    operation : {"correlation", "convolution"}
        Convolution turns the kernels by 180°.
    stride, dilation : int
        Along every dimension.
    padding : {"valid", "same", "full"}
        How much border there is.
    border : str
        What lies in it; the constant is 0.
    transposed : bool
        Whether the matrix is drawn transposed: the way back, from the output to the input.
    side : {"output", "input", "kernel", "matrix", "columns"}
        The array of the cell that is looked at; matrix and columns are those of Toeplitz and of im2col.
    cell : tuple of int or None
        Its place: channel and coordinates, of the kernel after the kernel itself; of a matrix, row and column.
    pinned : bool
        Whether it stays while the pointer moves.
    layer : Layer or None
        The layer whose operations are counted and timed; None is the one that is drawn.
    """

    exhibit: ClassVar[str] = "matrix-view"
    controls: ClassVar[tuple[str, ...]] = (
        "preset", "view", "dims", "size", "stride", "dilation", "padding", "border", "operation", "transposed",
        "input", "kernel", "player", "layer", "times", "code", "export", "link", "undo",
    )  # fmt: skip

    view: Literal["toeplitz", "im2col", "winograd", "fft"] = "toeplitz"
    input: Numbers = SIXTEEN
    weight: Numbers = NINE
    operation: Literal["correlation", "convolution"] = "correlation"
    stride: Annotated[int, Within(1, LARGEST_STEP)] = 1
    dilation: Annotated[int, Within(1, LARGEST_STEP)] = 1
    padding: Literal["valid", "same", "full"] = "valid"
    border: BorderName = "constant"
    transposed: bool = False
    side: Literal["output", "input", "kernel", "matrix", "columns"] = "output"
    cell: Annotated[tuple[Annotated[int, Within(0, 4096)], ...], Within(2, 4)] | None = None
    pinned: bool = False
    layer: Layer | None = Layer()

    def __post_init__(self) -> None:
        super().__post_init__()
        dims = len(self.input.shape) - 1
        if dims not in LARGEST:
            raise SpecError(
                f"state.input has shape {self.input.shape}; it must have channels and 1 or 2 dimensions"
            )
        cells, taps = LARGEST[dims]
        limits = {
            "input": (MOST_CHANNELS, *(cells,) * dims),
            "weight": (MOST_CHANNELS * MOST_KERNELS, *(taps,) * dims),
        }
        for name, most in limits.items():
            shape = getattr(self, name).shape
            if len(shape) != len(most) or any(size > limit for size, limit in zip(shape, most, strict=True)):
                raise SpecError(
                    f"state.{name} has shape {shape}; it must have {dims + 1} dimensions, at most {most}"
                )
        channels, slices = self.input.shape[0], self.weight.shape[0]
        if slices % channels or slices // channels > MOST_KERNELS:
            raise SpecError(
                f"state.weight has {slices} slices; up to {MOST_KERNELS} kernels of {channels} each are needed"
            )
        axes = 2 if self.side not in _PLACES else dims + 1 + _PLACES[self.side]
        if self.cell is not None and len(self.cell) != axes:
            raise SpecError(f"state.cell is {self.cell}; a cell of {self.side} has {axes} numbers here")

    @property
    def dims(self) -> int:
        """How many dimensions there are, the channels apart."""
        return len(self.input.shape) - 1

    def weights(self) -> npt.NDArray[Any]:
        """Return the weights, (kernels, channels, size…)."""
        channels = self.input.shape[0]
        return self.weight.array().reshape(-1, channels, *self.weight.shape[1:])

    def result(self) -> npt.NDArray[Any]:
        """
        Compute the output with the engine, (kernels, size…).

        Raises
        ------
        SpecError
            If the kernel is larger than the input.
        """
        from convolens.ops import conv

        run = getattr(conv, f"conv{self.dims}d")
        result: npt.NDArray[Any] = run(
            self.input.array(), self.weights(), flip=self.operation == "convolution", **self._options()
        )
        return result

    def matrix(self) -> npt.NDArray[Any]:
        """
        Return the matrix A of y = A x, with a row for each cell of the output and a column for each of the input.

        Raises
        ------
        SpecError
            As for `result`.
        """
        from convolens.ops.toeplitz import toeplitz
        from convolens.spec.geometry import ConvSpec

        x, weights = self.input.array(), self.weights()
        spec = ConvSpec(
            x.shape, weights.shape, flip=self.operation == "convolution", dtype=x.dtype,
            weight_dtype=weights.dtype, **self._options(),
        )  # fmt: skip
        matrix: npt.NDArray[Any] = toeplitz(spec, weights).toarray()
        return matrix.reshape(math.prod(spec.output_shape), -1)

    def _options(self) -> dict[str, Any]:
        return {
            "stride": self.stride,
            "dilation": self.dilation,
            "padding": self.padding,
            "border": 0 if self.border == "constant" else self.border,
        }
