"""Layers that move numbers: flatten, upsampling, pixel shuffle."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from convolens.errors import SpecError
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, describe, one, spatial
from convolens.nn.memory import channels_innermost, copy_turned, is_channels_last
from convolens.nn.resize import matrix_of
from convolens.ops.arrays import Array
from convolens.runtime.memory import empty
from convolens.runtime.script import perform
from convolens.spec.receptive import Reach


@dataclass(frozen=True)
class Flatten(Layer):
    """A map as a vector, channel by channel, each row by row."""

    repeats: ClassVar = True

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (features,)."""
        return (math.prod(one(shapes, self.kind)),)

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Join all axes but the batch."""
        (x,) = inputs
        result = empty((len(x), math.prod(x.shape[1:])), x.dtype)
        if training is None or x.ndim < 3:
            perform(np.copyto, result.reshape(x.shape), x)
        else:
            copy_turned(x, result.reshape(x.shape))
        return result, (x.shape, is_channels_last(x))

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Part them again, in the order of memory that they had."""
        shape, last = saved
        back = grad.reshape(shape)
        return Gradients((channels_innermost(back, often=True) if last else back,), {})


@dataclass(frozen=True)
class Upsample(Layer):
    """
    A map made larger by a whole factor along every axis.

    Parameters
    ----------
    factor : int
        How many times as large.
    method : {"nearest", "bilinear"}
        Each cell repeated; or what lies between the centres of cells interpolated, linearly along each axis.
    """

    factor: int
    method: Literal["nearest", "bilinear"] = "nearest"

    def __post_init__(self) -> None:
        if self.factor < 1 or self.method not in ("nearest", "bilinear"):
            raise SpecError(f"upsampling is by 1 or more, nearest or bilinear, not {self.factor}, {self.method!r}")

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (C, size…)."""
        shape = one(shapes, self.kind)
        spatial(shape, "upsampling")
        return (shape[0], *(size * self.factor for size in shape[1:]))

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the cell that is shown, or the two that lie around a centre."""
        if self.method == "nearest":
            return (Reach(1, self.factor, 1 - self.factor, 0),) * (len(shapes[0]) - 1)
        return (Reach(2, 2 * self.factor, 2 - 3 * self.factor, self.factor),) * (len(shapes[0]) - 1)

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Repeat, or interpolate along one axis after the other."""
        result = inputs[0]
        for axis in range(2, result.ndim):
            if self.method == "nearest":
                result = result.repeat(self.factor, axis)
            else:
                result = _along(result, axis, matrix_of(*self.taps(result.shape[axis]), result.shape[axis]))
        return result, inputs[0].shape

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Bring together what went out from each cell."""
        for axis in range(2, grad.ndim):
            if self.method == "nearest":
                split = (*grad.shape[:axis], saved[axis], self.factor, *grad.shape[axis + 1 :])
                grad = grad.reshape(split).sum(axis + 1)
            else:
                grad = _along(grad, axis, matrix_of(*self.taps(saved[axis]), saved[axis]).T)
        return Gradients((grad,), {})

    def taps(self, size: int) -> tuple[Array, Array]:
        """Give, for each cell of a larger axis, the cells (cells, taps) that it is made of, and their shares."""
        cells = np.arange(size * self.factor)
        if self.method == "nearest":
            return cells[:, np.newaxis] // self.factor, np.ones((len(cells), 1))
        centres = np.clip((cells + 0.5) / self.factor - 0.5, 0, size - 1)  # the border shows the edge
        left = np.minimum(centres.astype(int), max(size - 2, 0))
        share = centres - left
        return np.stack([left, np.minimum(left + 1, size - 1)], 1), np.stack([1 - share, share], 1)


@dataclass(frozen=True)
class PixelShuffle(Layer):
    """
    Channels dealt out as the cells of a larger map: (C f², H, W) becomes (C, f H, f W).

    Parameters
    ----------
    factor : int
        How many times as large.

    References
    ----------
    W. Shi et al., "Real-time single image and video super-resolution", 2016, arXiv:1609.05158.
    """

    factor: int

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (C / f², f H, f W)."""
        shape = one(shapes, self.kind)
        if len(shape) != 3 or self.factor < 1 or shape[0] % self.factor**2:
            raise SpecError(
                f"pixel shuffle by {self.factor} needs {self.factor**2} channels a channel, not {describe(shape)}"
            )
        return (shape[0] // self.factor**2, shape[1] * self.factor, shape[2] * self.factor)

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the cell whose channels are dealt out."""
        return (Reach(1, self.factor, 1 - self.factor, 0),) * 2

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Deal them out."""
        n, c, h, w = inputs[0].shape
        parts = inputs[0].reshape(n, c // self.factor**2, self.factor, self.factor, h, w)
        dealt = parts.transpose(0, 1, 4, 2, 5, 3)
        return dealt.reshape(n, *self.output_shape((c, h, w))), inputs[0].shape

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Gather them again."""
        n, c, h, w = saved
        parts = grad.reshape(n, c // self.factor**2, h, self.factor, w, self.factor)
        return Gradients((parts.transpose(0, 1, 3, 5, 2, 4).reshape(saved),), {})


def _along(x: Array, axis: int, matrix: Array) -> Array:
    """Multiply an axis by a matrix."""
    return np.moveaxis(np.moveaxis(x, axis, -1) @ matrix.T.astype(x.dtype), -1, axis)
