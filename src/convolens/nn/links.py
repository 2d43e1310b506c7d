"""Chains of operations on each number, which several layers come to once their weights stay."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from convolens.algorithms.elementwise import FUNCTIONS, JOINS
from convolens.nn.activation import Activation, PRelu
from convolens.nn.arithmetic import OPERATIONS, Arithmetic, WithConstant
from convolens.nn.function import FORMULAS, Function
from convolens.nn.graph import Node
from convolens.nn.layer import Layer, Shape, Weights
from convolens.nn.merge import Add, Multiply
from convolens.nn.normalise import BatchNorm
from convolens.ops.activations import ACTIVATIONS
from convolens.ops.arrays import Array

EITHER_WAY = ("add", "multiply")
"""Operations whose sides may be exchanged."""
CEILINGS = {"relu6": 6.0, "sigmoid": 1.0, "tanh": 1.0, "hard-sigmoid": 1.0}
"""What no magnitude behind a function is above."""


@dataclass(frozen=True, eq=False)
class Link:
    """
    One operation of a chain.

    Attributes
    ----------
    name : str
        Of a function, or of an operation with another array.
    numbers : tuple of float
        What a function is told besides.
    constant : ndarray, optional
        The other array, (C, 1…) or of an item's shape; without it an operation takes a map.
    """

    name: str
    numbers: tuple[float, ...] = ()
    constant: Array | None = None

    @property
    def takes_map(self) -> bool:
        """Tell whether another map is needed."""
        return self.name in JOINS and self.constant is None

    def value(self, x: Array, other: Array | None) -> Array:
        """Calculate."""
        if other is None:
            return np.asarray(ACTIVATIONS[self.name](x) if self._is_activation else self._formula(x), x.dtype)
        if self.name == "prelu":
            return np.where(x > 0, x, x * other)
        return np.asarray(OPERATIONS[self.name].value(x, other))

    @property
    def _is_activation(self) -> bool:
        return self.name in ACTIVATIONS and not self.numbers

    def _formula(self, x: Array) -> Array:
        return np.asarray(FORMULAS[self.name].value(x, *self.numbers))

    def magnitude(self, given: float, other: float) -> float:
        """Bound what comes of magnitudes; infinity where no bound is known."""
        if self.constant is not None:
            other = float(np.abs(self.constant).max(initial=0))
        if self.name in ("add", "subtract"):
            return given + other
        if self.name in ("multiply", "prelu"):
            return given * (other if self.name == "multiply" else max(1, other))
        if self.name == "divide":
            return math.inf
        if self.name == "clip":
            return max(map(abs, self.numbers))
        if self.name == "leaky-relu" and self.numbers:
            return given * max(1, abs(self.numbers[0]))
        return CEILINGS.get(self.name, given)


Chain = tuple[tuple[Link, ...], tuple[str, ...]]
"""Operations, and the nodes whose maps they take, one after the other."""


def chain_of(node: Node, weights: Weights, shapes: Mapping[str, Shape], main: str) -> Chain | None:
    """Write what a node does to the output of another as operations on each number; None where it does more."""
    layer, shape = node.layer, shapes[main]
    if shapes[node.name] != shape:
        return None
    if isinstance(layer, Add | Multiply | Arithmetic):
        return _with_maps(layer, node.inputs, shapes, main)
    factors = affine_of(layer, weights, shape)
    if factors is not None:
        names = zip(("multiply", "add"), factors, strict=True)
        return tuple(Link(name, constant=_column(array, shape)) for name, array in names if array is not None), ()
    if isinstance(layer, Activation):
        return (Link(layer.name),), ()
    if isinstance(layer, PRelu):
        return (Link("prelu", constant=_column(weights["slope"], shape)),), ()
    if isinstance(layer, Function) and layer.name in FUNCTIONS:
        return (Link(layer.name, layer.parameters),), ()
    if isinstance(layer, WithConstant) and layer.operation in JOINS and not _stands_first(layer):
        return (Link(layer.operation, constant=weights["constant"]),), ()
    return None


def _with_maps(layer: Layer, inputs: tuple[str, ...], shapes: Mapping[str, Shape], main: str) -> Chain | None:
    """Write an operation on maps; where its sides may not be exchanged, what comes in has to be the first."""
    name = layer.operation if isinstance(layer, Arithmetic) else "add" if isinstance(layer, Add) else "multiply"
    at = inputs.index(main)
    if name not in JOINS or (at and name not in EITHER_WAY):
        return None
    others = inputs[:at] + inputs[at + 1 :]
    return (Link(name),) * len(others), others


def affine_of(layer: Layer, weights: Weights, shape: Shape) -> tuple[Array | None, Array | None] | None:
    """Give the factor and the offset of each channel (C), either of which may be None, that a layer comes to."""
    if isinstance(layer, BatchNorm):
        return layer.folded(weights)
    if not isinstance(layer, WithConstant) or layer.operation not in EITHER_WAY:
        return None
    constant = weights["constant"]
    if constant.size != 1 and constant.shape != (shape[0], *(1,) * (len(shape) - 1)):
        return None
    numbers = np.broadcast_to(constant.reshape(-1), shape[:1])
    return (numbers, None) if layer.operation == "multiply" else (None, numbers)


def _stands_first(layer: WithConstant) -> bool:
    return layer.first and layer.operation not in EITHER_WAY


def _column(numbers: Array, shape: Shape) -> Array:
    """Shape one number a channel so that it meets the channels of an item."""
    return numbers.reshape(-1, *(1,) * (len(shape) - 1))
