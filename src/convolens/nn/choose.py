"""Layers for what depends on conditions: an array that is the same for every item, and one of two maps."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.nn.arithmetic import broadcast, summed
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights
from convolens.ops.arrays import Array
from convolens.spec.receptive import Reach


@dataclass(frozen=True)
class Fixed(Layer):
    """
    An array that the network keeps, the same for every item; what comes in only says how many these are.

    Parameters
    ----------
    shape : tuple of int
        Of the array.
    """

    shape: tuple[int, ...]

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give that of the array."""
        if not self.shape or min(self.shape) < 1:
            raise SpecError(f"{self} must have one axis or more, and cells along each")
        return self.shape

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give everything, since no cell is nearer than another."""
        return ()

    def statistics(self, *shapes: Shape) -> dict[str, Array]:
        """Give ``constant``, which begins as 0."""
        return {"constant": np.zeros(self.shape, np.float32)}

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Show it to every item."""
        (x,) = inputs
        return np.broadcast_to(weights["constant"].astype(x.dtype, copy=False), (len(x), *self.shape)), x

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Give 0, since the input's numbers do not count."""
        return Gradients((np.zeros_like(saved),), {})


@dataclass(frozen=True)
class Where(Layer):
    """
    Of two maps the first where a third one, which comes before them, is not 0, and the second elsewhere.

    An axis of one cell meets every cell of the others'.

    Examples
    --------
    >>> condition, first, second = np.array([[1.0, 0.0]]), np.array([[3.0, 3.0]]), np.array([[7.0, 7.0]])
    >>> Where().forward({}, condition, first, second)[0].tolist()
    [[3.0, 7.0]]
    """

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the largest size along every axis."""
        if len(shapes) != 3 or len(set(map(len, shapes))) != 1:
            found = ", ".join(map(str, shapes))
            raise SpecError(f"where takes a condition and two maps, of as many axes each, not {found}")
        return broadcast(shapes[0], broadcast(shapes[1], shapes[2], self.kind), self.kind)

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Choose."""
        is_first = inputs[0] != 0
        return np.where(is_first, *inputs[1:]), (is_first, *(array.shape for array in inputs[1:]))

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Each map gets what flows where it was chosen; the condition nothing."""
        is_first, first, second = saved
        nothing = np.zeros(is_first.shape, grad.dtype)
        chosen = np.where(is_first, grad, 0), np.where(is_first, 0, grad)
        return Gradients((nothing, summed(chosen[0], first), summed(chosen[1], second)), {})
