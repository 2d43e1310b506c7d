"""A layer for functions of each number that are not activations of a convolution."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, one
from convolens.ops.arrays import Array, quietly


@dataclass(frozen=True)
class Formula:
    """
    A function of one number.

    Attributes
    ----------
    parameters : tuple of str
        What it needs to be told besides.
    value : callable
        The function of an array and the parameters.
    slope : callable
        Its derivative, a function of what was given, what came out, and the parameters.
    """

    parameters: tuple[str, ...]
    value: Callable[..., Any]
    slope: Callable[..., Any]


def _erf(x: Array) -> Array:
    from scipy.special import erf

    return np.asarray(erf(x))


def _gate(x: Array) -> Array:
    return np.clip(x / 6 + 0.5, 0, 1)


def _tanh_of(x: Array) -> Array:
    return np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))


def _gelu_tanh_slope(x: Array, _: Array) -> Any:
    bent = _tanh_of(x)
    return (1 + bent + x * (1 - bent * bent) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)) / 2


def _expit(x: Array) -> Array:
    from scipy.special import expit

    return np.asarray(expit(x))


def _softplus(x: Array) -> Array:
    return np.logaddexp(x, 0)


def _mish_slope(x: Array, _: Array) -> Any:
    bent = np.tanh(_softplus(x))
    return bent + x * (1 - bent * bent) * _expit(x)


def _selu(x: Array, scale: float, factor: float) -> Array:
    return factor * np.where(x > 0, x, scale * np.expm1(np.minimum(x, 0)))


def _flat(x: Array, *_: Any) -> Any:
    return np.zeros_like(x)


def _power_slope(x: Array, _: Array, exponent: float) -> Any:
    return exponent * x ** (exponent - 1)


FORMULAS: dict[str, Formula] = {
    "abs": Formula((), np.abs, lambda x, y: np.sign(x)),
    "negative": Formula((), np.negative, lambda x, y: np.full_like(x, -1)),
    "reciprocal": Formula((), np.reciprocal, lambda x, y: -y * y),
    "sqrt": Formula((), np.sqrt, lambda x, y: 0.5 / y),
    "exp": Formula((), np.exp, lambda x, y: y),
    "log": Formula((), np.log, lambda x, y: 1 / x),
    "erf": Formula((), _erf, lambda x, y: 2 / math.sqrt(math.pi) * np.exp(-x * x)),
    "sin": Formula((), np.sin, lambda x, y: np.cos(x)),
    "cos": Formula((), np.cos, lambda x, y: -np.sin(x)),
    "sign": Formula((), np.sign, _flat),
    "floor": Formula((), np.floor, _flat),
    "ceil": Formula((), np.ceil, _flat),
    "round": Formula((), np.rint, _flat),
    "truncate": Formula((), np.trunc, _flat),
    "softplus": Formula((), _softplus, lambda x, y: _expit(x)),
    "softsign": Formula((), lambda x: x / (1 + np.abs(x)), lambda x, y: 1 / np.square(1 + np.abs(x))),
    "mish": Formula((), lambda x: x * np.tanh(_softplus(x)), _mish_slope),
    "gelu-tanh": Formula((), lambda x: x * (1 + _tanh_of(x)) / 2, _gelu_tanh_slope),
    "hard-swish": Formula(
        (), lambda x: x * _gate(x), lambda x, y: np.where(np.abs(x) < 3, x / 3 + 0.5, x > 0).astype(x.dtype)
    ),
    "hard-sigmoid": Formula(
        ("slope", "offset"),
        lambda x, slope, offset: np.clip(slope * x + offset, 0, 1),
        lambda x, y, slope, offset: np.where((y > 0) & (y < 1), x.dtype.type(slope), 0),
    ),
    "leaky-relu": Formula(
        ("slope",),
        lambda x, slope: np.where(x > 0, x, x * slope),
        lambda x, y, slope: np.where(x > 0, x.dtype.type(1), x.dtype.type(slope)),
    ),
    "elu": Formula(
        ("scale",),
        lambda x, scale: np.where(x > 0, x, scale * np.expm1(np.minimum(x, 0))),
        lambda x, y, scale: np.where(x > 0, x.dtype.type(1), y + scale),
    ),
    "selu": Formula(
        ("scale", "factor"),
        _selu,
        lambda x, y, scale, factor: np.where(x > 0, x.dtype.type(factor), y + factor * scale),
    ),
    "celu": Formula(
        ("scale",),
        lambda x, scale: np.where(x > 0, x, scale * np.expm1(np.minimum(x, 0) / scale)),
        lambda x, y, scale: np.exp(np.minimum(x, 0) / scale),
    ),
    "threshold": Formula(
        ("least",),
        lambda x, least: np.where(x > least, x, x.dtype.type(0)),
        lambda x, y, least: (x > least).astype(x.dtype),
    ),
    "clip": Formula(
        ("low", "high"),
        lambda x, low, high: np.clip(x, low, high),
        lambda x, y, low, high: ((x >= low) & (x <= high)).astype(x.dtype),
    ),
    "power": Formula(("exponent",), lambda x, exponent: x**exponent, _power_slope),
}


@dataclass(frozen=True)
class Function(Layer):
    """
    A function of each number by itself.

    Parameters
    ----------
    name : str
        abs, negative, reciprocal, sqrt, exp, log, sin, cos, sign, floor, ceil, round (halves to even), truncate,
        erf, softplus, softsign, mish, gelu-tanh, hard-swish, hard-sigmoid (slope, offset), leaky-relu (slope), elu
        (scale), selu (scale, factor), celu (scale), threshold (least), clip (low, high) or power (exponent). What
        may follow a convolution in its own loops is an :class:`~convolens.nn.Activation`.
    parameters : tuple of float
        What stands in brackets above.

    Examples
    --------
    >>> Function("clip", (0, 1)).forward({}, np.array([-2.0, 0.5, 7.0]))[0]
    array([0. , 0.5, 1. ])
    """

    name: str
    parameters: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.name not in FORMULAS:
            raise unknown_name("function", self.name, FORMULAS)
        wanted = FORMULAS[self.name].parameters
        if len(wanted) != len(self.parameters):
            raise SpecError(f"{self.name} takes ({', '.join(wanted)}), not {self.parameters}")

    @property
    def kind(self) -> str:
        """Name the function."""
        return self.name

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give that of the input."""
        return one(shapes, self.kind)

    @quietly
    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Apply the function."""
        result = FORMULAS[self.name].value(inputs[0], *self.parameters)
        return np.asarray(result, inputs[0].dtype), (inputs[0], result)

    @quietly
    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Multiply by the derivative."""
        return Gradients((grad * FORMULAS[self.name].slope(*saved, *self.parameters),), {})
