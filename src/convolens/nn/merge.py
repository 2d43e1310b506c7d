"""Layers where branches of a network meet."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, describe
from convolens.nn.memory import channels_innermost, is_channels_last
from convolens.ops.arrays import Array


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
    """Maps of one size, one after the other along the channels."""

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the sum of the channels, and the one size."""
        if len(shapes) < 2 or len({shape[1:] for shape in shapes}) != 1:
            found = ", ".join(map(describe, shapes))
            raise SpecError(f"maps to be concatenated must be two or more of one size, not {found}")
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Join them, in the memory order of the first."""
        joined = np.concatenate(inputs, 1)
        if is_channels_last(inputs[0]) and not is_channels_last(joined):
            joined = channels_innermost(joined)
        return joined, [array.shape[1] for array in inputs]

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Every branch gets its channels."""
        return Gradients(tuple(np.split(grad, np.cumsum(saved)[:-1], 1)), {})


def _two(shapes: tuple[Shape, ...]) -> tuple[Shape, Shape]:
    if len(shapes) != 2:
        raise SpecError(f"two maps can be multiplied, not {len(shapes)}")
    return shapes[0], shapes[1]


def _same(shapes: tuple[Shape, ...], done: str) -> Shape:
    if len(shapes) < 2 or len(set(shapes)) != 1:
        found = ", ".join(map(describe, shapes))
        raise SpecError(f"maps to be {done} must be two or more of one shape, not {found}")
    return shapes[0]
