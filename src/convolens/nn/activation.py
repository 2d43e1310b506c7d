"""Layers that change each number by itself, and softmax."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from convolens.errors import SpecError
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, describe, one
from convolens.ops.activation_gradients import FROM_SUMS, flow_back
from convolens.ops.activations import activate, find_activation
from convolens.ops.arrays import Array
from convolens.runtime.script import perform


@dataclass(frozen=True)
class Activation(Layer):
    """
    A function of each number: relu, relu6, leaky-relu (slope 0.01), sigmoid, tanh, silu, gelu, hard-sigmoid
    (slope 1/6) or hard-swish.

    Parameters
    ----------
    name : str
        Which one.
    """

    name: str
    repeats: ClassVar = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", find_activation(self.name))

    @property
    def kind(self) -> str:
        """Name the function."""
        return self.name

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Apply the function."""
        result = np.empty_like(inputs[0])
        perform(np.copyto, result, inputs[0])
        perform(activate, result, self.name)
        return result, inputs[0] if self.name in FROM_SUMS else result

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Multiply by the derivative."""
        return Gradients((flow_back(grad, saved, self.name)[0],), {})


@dataclass(frozen=True)
class PRelu(Layer):
    """
    The identity above 0, and below it a slope that each channel learns.

    Parameters
    ----------
    slope : float, default 0.25
        What each starts from.

    References
    ----------
    K. He et al., "Delving deep into rectifiers", 2015, doi:10.1109/ICCV.2015.123.
    """

    slope: float = 0.25

    def initial(self, random: np.random.Generator, *shapes: Shape) -> dict[str, Array]:
        """Give ``slope`` (C)."""
        return {"slope": np.full(shapes[0][0], self.slope, np.float32)}

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Multiply what is below 0."""
        (x,) = inputs
        return np.where(x > 0, x, x * along_channels(weights["slope"], x)), x

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Multiply by 1 or the slope; a slope's gradient sums what was below 0 in its channel."""
        below = np.minimum(saved, 0)
        axes = (0, *range(2, grad.ndim))
        back = np.where(saved > 0, grad, grad * along_channels(weights["slope"], grad)) if needs_input else None
        return Gradients((back,), {"slope": (grad * below).sum(axes)})


@dataclass(frozen=True)
class Softmax(Layer):
    """
    Exponentials beside their sum: numbers from 0 to 1 that add up to 1.

    Parameters
    ----------
    axis : int, default 1
        Over which axis; 1 is that of the channels.
    logarithm : bool, default False
        Whether logarithms of these are given, which are finite where they themselves are too small to be told.
    """

    axis: int = 1
    logarithm: bool = False

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give that of the input."""
        shape = one(shapes, self.kind)
        if not 1 <= self.axis <= len(shape):
            raise SpecError(f"there is no axis {self.axis} in the batch and {describe(shape)}")
        return shape

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Take exponentials of what is left beside the largest, so that none overflows."""
        left = inputs[0] - inputs[0].max(self.axis, keepdims=True)
        result = np.exp(left)
        if self.logarithm:
            left -= np.log(result.sum(self.axis, keepdims=True))
            return left, left
        result /= result.sum(self.axis, keepdims=True)
        return result, result

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Each output falls as the others rise."""
        if self.logarithm:
            return Gradients((grad - np.exp(saved) * grad.sum(self.axis, keepdims=True),), {})
        return Gradients((saved * (grad - (grad * saved).sum(self.axis, keepdims=True)),), {})


@dataclass(frozen=True)
class Dropout(Layer):
    """
    In training, sets numbers to 0 at random, and makes up for it by scaling the rest; else does nothing.

    Parameters
    ----------
    rate : float
        How many of them, from 0 to below 1.

    References
    ----------
    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15, 2014.
    """

    rate: float
    repeats: ClassVar = True

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise SpecError(f"the rate of dropout must be from 0 to below 1, not {self.rate}")

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Draw which numbers stay."""
        (x,) = inputs
        if training is None or not self.rate:
            return x, None
        scale, result = np.empty_like(x), np.empty_like(x)
        perform(self._draw, training, scale)
        perform(np.multiply, x, scale, result)
        return result, scale

    def _draw(self, training: Training, scale: Array) -> None:
        stays = training.random.random(scale.shape, np.float32) >= self.rate
        np.multiply(stays, 1 / (1 - self.rate), out=scale, dtype=scale.dtype)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Only what stayed has a say."""
        if saved is None:
            return Gradients((grad,), {})
        result = np.empty_like(grad, np.result_type(grad, saved))
        perform(np.multiply, grad, saved, result)
        return Gradients((result,), {})


def along_channels(numbers: Array, x: Array) -> Array:
    """Shape one number a channel so that it meets the channels of (N, C, size…)."""
    return numbers.astype(x.dtype, copy=False).reshape(-1, *(1,) * (x.ndim - 2))
