"""Layers where branches of a network meet."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, describe
from convolens.nn.memory import channels_innermost, is_channels_last
from convolens.ops.arrays import Array
from convolens.spec.receptive import Reach


@dataclass(frozen=True)
class Add(Layer):
    """The sum of maps of one shape, as at the end of a residual block."""

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the one shape."""
        return _same(shapes, "added")

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Add them up."""
        result = inputs[0] + inputs[1]
        for other in inputs[2:]:
            result += other
        return result, len(inputs)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Every branch gets all of it."""
        return Gradients((grad,) * saved, {})


@dataclass(frozen=True)
class Multiply(Layer):
    """The product of two maps; the second may have one cell a channel, as in squeeze and excitation."""

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the first shape."""
        first, second = _two(shapes)
        if second != (first[0], *(1,) * (len(first) - 1)):
            _same(shapes, "multiplied")
        return first

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Multiply them."""
        return inputs[0] * inputs[1], inputs

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Each gets what flows, times the other."""
        first, second = saved
        to_second = grad * first
        if second.shape != first.shape:
            to_second = to_second.sum(tuple(range(2, grad.ndim)), keepdims=True)
        return Gradients((grad * second, to_second), {})


@dataclass(frozen=True)
class Concat(Layer):
    """
    Maps of one size, one after the other along the channels, or along another axis.

    Parameters
    ----------
    axis : int, default 1
        Along which; 1 is that of the channels.
    """

    axis: int = 1

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the sum of the channels, and the one size."""
        before = self.axis - 1
        others = {(*shape[:before], *shape[self.axis :]) for shape in shapes}
        if len(shapes) < 2 or len(others) != 1 or not 0 <= before < min(map(len, shapes)):
            found = ", ".join(map(describe, shapes))
            raise SpecError(f"maps to be concatenated must be two or more of one size, not {found}")
        total = sum(shape[before] for shape in shapes)
        return (*shapes[0][:before], total, *shapes[0][self.axis :])

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Join them, in the memory order of the first."""
        joined = np.concatenate(inputs, self.axis)
        if is_channels_last(inputs[0]) and not is_channels_last(joined):
            joined = channels_innermost(joined)
        return joined, [array.shape[self.axis] for array in inputs]

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Every branch gets its channels."""
        return Gradients(tuple(np.split(grad, np.cumsum(saved)[:-1], self.axis)), {})


@dataclass(frozen=True)
class MatrixProduct(Layer):
    """The matrix product of the last two axes of two maps, whose other axes are the same, as in attention."""

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (…, rows of the first, columns of the second)."""
        if len(shapes) == 2 and 2 <= len(shapes[0]) == len(shapes[1]):
            first, second = shapes
            if first[:-2] == second[:-2] and first[-1] == second[-2]:
                return (*first[:-1], second[-1])
        found = ", ".join(map(describe, shapes))
        raise SpecError(f"matrices to be multiplied must be two that fit, not {found}")

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give everything."""
        return ()

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Multiply."""
        return inputs[0] @ inputs[1], inputs

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Each gets what flows, times the other turned."""
        first, second = saved
        return Gradients((grad @ second.swapaxes(-1, -2), first.swapaxes(-1, -2) @ grad), {})


def _two(shapes: tuple[Shape, ...]) -> tuple[Shape, Shape]:
    if len(shapes) != 2:
        raise SpecError(f"two maps can be multiplied, not {len(shapes)}")
    return shapes[0], shapes[1]


def _same(shapes: tuple[Shape, ...], done: str) -> Shape:
    if len(shapes) < 2 or len(set(shapes)) != 1:
        found = ", ".join(map(describe, shapes))
        raise SpecError(f"maps to be {done} must be two or more of one shape, not {found}")
    return shapes[0]
