"""Layers that calculate with two maps, or with a map and an array that the network keeps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, describe, one
from convolens.ops.arrays import Array, quietly

Slopes = tuple[Any, Any]


@dataclass(frozen=True)
class Operation:
    """
    A function of two numbers.

    Attributes
    ----------
    value : callable
        The function of two arrays.
    slopes : callable
        Its derivatives with respect to the first and the second, each a function of both and of the result.
    """

    value: Callable[[Any, Any], Any]
    slopes: tuple[Callable[[Any, Any, Any], Any], Callable[[Any, Any, Any], Any]]


OPERATIONS: dict[str, Operation] = {
    "add": Operation(np.add, (lambda a, b, y: 1, lambda a, b, y: 1)),
    "subtract": Operation(np.subtract, (lambda a, b, y: 1, lambda a, b, y: -1)),
    "multiply": Operation(np.multiply, (lambda a, b, y: b, lambda a, b, y: a)),
    "divide": Operation(np.divide, (lambda a, b, y: 1 / b, lambda a, b, y: -y / b)),
    "maximum": Operation(np.maximum, (lambda a, b, y: a >= b, lambda a, b, y: a < b)),
    "minimum": Operation(np.minimum, (lambda a, b, y: a <= b, lambda a, b, y: a > b)),
    "power": Operation(np.power, (lambda a, b, y: b * np.power(a, b - 1), lambda a, b, y: y * np.log(a))),
    **{
        name: Operation(compare, (lambda a, b, y: 0, lambda a, b, y: 0))
        for name, compare in {
            "greater": np.greater,
            "greater-equal": np.greater_equal,
            "less": np.less,
            "less-equal": np.less_equal,
            "equal": np.equal,
            "unequal": np.not_equal,
        }.items()
    },
}
"""What compares gives 1 where it is so, and 0 elsewhere."""


@dataclass(frozen=True)
class Arithmetic(Layer):
    """
    Two maps joined number by number; an axis of one cell meets every cell of the other map's.

    Parameters
    ----------
    operation : str
        How: add, subtract, multiply, divide, maximum, minimum, power; or greater, greater-equal, less, less-equal,
        equal, unequal, which give 1 where it is so, and 0 elsewhere.
    """

    operation: str

    def __post_init__(self) -> None:
        check_operation(self.operation)

    @property
    def kind(self) -> str:
        """Name the operation."""
        return self.operation

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the larger size along every axis."""
        if len(shapes) != 2 or len(shapes[0]) != len(shapes[1]):
            raise SpecError(f"{self.operation} takes two maps of as many axes, not {_listed(shapes)}")
        return broadcast(*shapes, self.operation)

    @quietly
    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Calculate."""
        result = np.asarray(OPERATIONS[self.operation].value(*inputs), np.result_type(*inputs))
        return result, (*inputs, result)

    @quietly
    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Multiply by each derivative, and sum over what was repeated."""
        slopes = OPERATIONS[self.operation].slopes
        back = (summed(grad * slope(*saved), x.shape) for slope, x in zip(slopes, saved[:2], strict=True))
        return Gradients(tuple(back), {})


@dataclass(frozen=True)
class WithConstant(Layer):
    """
    A map joined number by number with an array that the network keeps, such as a scale for each channel.

    Parameters
    ----------
    operation : str
        As for :class:`Arithmetic`.
    shape : tuple of int
        Of the array, which meets the last axes of the map; ``(C, 1, 1)`` is one number a channel, ``()`` one
        for all.
    learned : bool, default True
        Whether training changes the array.
    first : bool, default False
        Whether the array is what stands first, as in 1 − x.
    """

    operation: str
    shape: tuple[int, ...] = ()
    learned: bool = True
    first: bool = False

    def __post_init__(self) -> None:
        check_operation(self.operation)

    @property
    def kind(self) -> str:
        """Name the operation."""
        return self.operation

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the larger size along every axis."""
        shape = one(shapes, self.kind)
        if len(self.shape) > len(shape):
            raise SpecError(f"an array of shape {self.shape} has more axes than the map {describe(shape)}")
        return broadcast(shape, self.shape, self.operation)

    def initial(self, random: np.random.Generator, *shapes: Shape) -> dict[str, Array]:
        """Give ``constant``, where it is learned, that begins by changing nothing, or as 1."""
        return {"constant": self._neutral()} if self.learned else {}

    def statistics(self, *shapes: Shape) -> dict[str, Array]:
        """Give ``constant`` where it is not learned."""
        return {} if self.learned else {"constant": self._neutral()}

    def _neutral(self) -> Array:
        return np.full(self.shape, self.operation not in ("add", "subtract"), np.float32)

    def _sides(self, x: Array, constant: Array) -> tuple[Array, Array]:
        fitting = constant.astype(x.dtype, copy=False)
        return (fitting, x) if self.first else (x, fitting)

    @quietly
    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Calculate."""
        (x,) = inputs
        result = np.asarray(OPERATIONS[self.operation].value(*self._sides(x, weights["constant"])), x.dtype)
        return result, (x, result)

    @quietly
    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Multiply by the derivatives, and sum over what was repeated."""
        x, result = saved
        slopes = OPERATIONS[self.operation].slopes
        of_constant, of_input = slopes if self.first else slopes[::-1]
        sides = self._sides(x, weights["constant"])
        back = summed(grad * of_input(*sides, result), x.shape) if needs_input else None
        if not self.learned:
            return Gradients((back,), {})
        return Gradients((back,), {"constant": summed(grad * of_constant(*sides, result), self.shape)})


def summed(grad: Array, shape: Shape) -> Array:
    """
    Sum over the axes along which an array of some shape was repeated.

    >>> summed(np.ones((4, 3, 5)), (3, 1))[:, 0]
    array([20., 20., 20.])
    """
    extra = tuple(range(grad.ndim - len(shape)))
    total = grad.sum(extra) if extra else grad
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1 and total.shape[axis] != 1)
    return np.asarray(total.sum(repeated, keepdims=True) if repeated else total)


def broadcast(first: Shape, second: Shape, operation: str) -> Shape:
    """Give the shape of what two arrays become; refuse those that do not meet."""
    try:
        return np.broadcast_shapes(first, second)
    except ValueError:
        raise SpecError(
            f"{operation} takes maps whose sizes are equal or 1 along every axis, not {_listed((first, second))}"
        ) from None


def check_operation(name: str) -> None:
    """Refuse what is not the name of an operation."""
    if name not in OPERATIONS:
        raise unknown_name("operation", name, OPERATIONS)


def _listed(shapes: tuple[Shape, ...]) -> str:
    return ", ".join(str(shape) for shape in shapes)
