"""Exhibit 3: the channels of an input and the kernels that see them make maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.lab.records import Number, Within
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.state import State

MOST_CHANNELS = 8
LARGEST_IMAGE = 16
LARGEST_KERNEL = 5

RGB = Numbers.of(
    [[[1, 1, 1, 8, 8]] * 5, [[6] * 5] * 2 + [[2] * 5] * 3, (np.arange(25).reshape(5, 5) * 3 % 10).tolist()]
)
SLICES = Numbers.of([[[-1, 0, 1]] * 3, [[1, 1, 1], [0, 0, 0], [-1, -1, -1]], [[0, 0, 0], [0, 1, 0], [0, 0, 0]]])


@dataclass(frozen=True, kw_only=True)
class Channels(State):
    """
    An image of several channels, kernels that see all of them or a group, and a map for each kernel.

    Attributes
    ----------
    input : Numbers
        (channels, rows, columns): up to 8 channels of up to 16 × 16 cells.
    weight : Numbers
        (kernels × channels a group, rows, columns): the slices of the first kernel, then those of the next.
        Up to 8 kernels of up to 5 × 5 cells.
    groups : int
        The channels are split into so many groups, each with its own kernels: from 1 to depthwise.
    bias : tuple of float or None
        One number a kernel.
    padding : {"valid", "same"}
        No border, or zeros around that keep the size.
    cell : tuple of int or None
        The output cell that is worked out: map, row and column.
    pinned : bool
        Whether it stays while the pointer moves.
    """

    exhibit: ClassVar[str] = "channels"
    controls: ClassVar[tuple[str, ...]] = (
        "preset", "size", "groups", "bias", "padding", "input", "kernel", "code", "export", "link", "undo",
    )  # fmt: skip

    input: Numbers = RGB
    weight: Numbers = SLICES
    groups: Annotated[int, Within(1, MOST_CHANNELS)] = 1
    bias: Annotated[tuple[Number, ...], Within(1, MOST_CHANNELS)] | None = None
    padding: Literal["valid", "same"] = "valid"
    cell: Annotated[tuple[Annotated[int, Within(0, 64)], ...], Within(3, 3)] | None = None
    pinned: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        limits = {
            "input": (MOST_CHANNELS, LARGEST_IMAGE, LARGEST_IMAGE),
            "weight": (MOST_CHANNELS**2, LARGEST_KERNEL, LARGEST_KERNEL),
        }
        for name, most in limits.items():
            shape = getattr(self, name).shape
            if len(shape) != 3 or any(size > limit for size, limit in zip(shape, most, strict=True)):
                raise SpecError(f"state.{name} has shape {shape}; it must have 3 dimensions, at most {most}")
        channels = self.input.shape[0]
        if channels % self.groups:
            raise SpecError(
                f"state.groups is {self.groups}, which does not divide the {channels} channels of the input"
            )
        seen = channels // self.groups
        slices = self.weight.shape[0]
        if slices % seen or slices // seen % self.groups or slices // seen > MOST_CHANNELS:
            raise SpecError(
                f"state.weight has {slices} slices; kernels of {seen} each, as many in each of the {self.groups} "
                f"groups and at most {MOST_CHANNELS}, are needed"
            )
        if self.bias is not None and len(self.bias) != self.kernels:
            raise SpecError(f"state.bias has {len(self.bias)} numbers, but there are {self.kernels} kernels")

    @property
    def kernels(self) -> int:
        """How many kernels there are, and maps."""
        return self.weight.shape[0] * self.groups // self.input.shape[0]

    def weights(self) -> npt.NDArray[Any]:
        """Return the weights, (kernels, channels a group, rows, columns)."""
        _, *size = self.weight.shape
        return self.weight.array().reshape(self.kernels, -1, *size)

    def result(self) -> npt.NDArray[Any]:
        """
        Compute the maps with the engine.

        Raises
        ------
        SpecError
            If the kernels are larger than the input.
        """
        from convolens.ops.conv import conv2d

        bias = None if self.bias is None else np.array(self.bias)
        weights = self.weights()
        if bias is not None and bias.dtype.kind == "f":
            weights = weights.astype(bias.dtype)  # else whole numbers would stay whole, and the bias be cut
        result: npt.NDArray[Any] = conv2d(
            self.input.array(), weights, bias, groups=self.groups, padding=self.padding
        )
        return result
