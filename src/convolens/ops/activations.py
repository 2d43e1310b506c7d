"""What may follow a convolution in place: the activation functions by name."""

from collections.abc import Callable
from typing import Any

import numpy as np

from convolens.errors import DTypeError, unknown_name
from convolens.ops.arrays import Array


def _relu(y: Array) -> Array:
    return np.maximum(y, 0)


def _relu6(y: Array) -> Array:
    return np.clip(y, 0, 6)


def _leaky_relu(y: Array) -> Array:
    return np.where(y > 0, y, y * y.dtype.type(0.01))


def _sigmoid(y: Array) -> Array:
    from scipy.special import expit

    return np.asarray(expit(y))


def _silu(y: Array) -> Array:
    return _gated(y, _sigmoid(y))


def _gelu(y: Array) -> Array:
    from scipy.special import ndtr

    return _gated(y, np.asarray(ndtr(y)))


def _gated(y: Array, gate: Array) -> Array:
    """Multiply; where the gate is shut the result is 0, the limit at −∞ too."""
    return np.multiply(y, gate, out=np.zeros_like(y), where=gate != 0)


def _hard_sigmoid(y: Array) -> Array:
    return np.clip(y / 6 + 0.5, 0, 1)


def _hard_swish(y: Array) -> Array:
    return _gated(y, _hard_sigmoid(y))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": _relu,
    "relu6": _relu6,
    "leaky-relu": _leaky_relu,
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "silu": _silu,
    "gelu": _gelu,
    "hard-sigmoid": _hard_sigmoid,
    "hard-swish": _hard_swish,
}
_STAY_INTEGER = ("relu", "relu6")


def find_activation(name: str | None) -> str | None:
    """
    Read the name of an activation: one of relu, relu6, leaky-relu (slope 0.01), sigmoid, tanh, silu, gelu (exact),
    hard-sigmoid and hard-swish.

    >>> find_activation("Leaky_ReLU")
    'leaky-relu'
    """
    if name is None:
        return None
    found = str(name).strip().lower().replace("_", "-")
    if found not in ACTIVATIONS:
        raise unknown_name("activation", name, ACTIVATIONS)
    return found


def check_activation(name: str | None, dtype: np.dtype[Any]) -> None:
    """Refuse an activation that a result of ``dtype`` cannot hold."""
    if name is not None and dtype.kind != "f" and name not in _STAY_INTEGER:
        raise DTypeError(f"activation {name!r} needs floats, but the result is {dtype}; convert the input")


def activate(y: Array, name: str | None) -> None:
    """Apply the activation called ``name`` to ``y``, in place."""
    check_activation(name, y.dtype)
    if name is not None:
        y[...] = ACTIVATIONS[name](y)
