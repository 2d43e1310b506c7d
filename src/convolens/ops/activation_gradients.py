"""What flows back through an activation, and its sums over each channel: one compiled pass, or NumPy."""

import functools
import math
from collections.abc import Callable

import numpy as np

from convolens.errors import SpecError
from convolens.ops.arrays import Array, quietly
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import cpu
from convolens.runtime.memory import empty

PIPELINE = "convolens.pipelines.activation_gradient"
LEAST = 1 << 16  # elements below which NumPy is as fast
SHARE = 1 << 14  # elements of a share where channels lie together
MOST_TERMS = 256  # that are added one after the other
LEAST_ROWS = 4  # vectors of a channel that are worth sums of their own
MOST = 2**31 - 1  # numbers in the run that holds what flows and the sums

FROM_SUMS = ("silu", "gelu", "hard-swish")
"""Activations whose derivative follows from what they take, not from what they gave."""


def check_given(activation: str | None, output: Array | None, sums: Array | None) -> Array | None:
    """Return the array that the derivative of an activation follows from; refuse to go without."""
    if activation is None:
        return None
    name, given = ("preactivation", sums) if activation in FROM_SUMS else ("output", output)
    if given is None:
        raise SpecError(f"the derivative of activation {activation!r} follows from {name}=, which was not given")
    return given


@quietly
def flow_back(grad: Array, given: Array | None, activation: str | None) -> tuple[Array, Array]:
    """
    Take a gradient back through an activation.

    Parameters
    ----------
    grad, given : ndarray, shape (N, K, size…)
        Of one float type, wherever the channels lie in memory; ``given`` as :func:`check_given` returns it.
    activation : str, optional
        Its name.

    Returns
    -------
    ndarray, shape (N, K, size…), and ndarray, shape (K,)
        What flows on, ``grad`` itself where there is no activation; and its sum over each channel, in float64.
    """
    axes = (0, *range(2, grad.ndim))
    if not _compiles(grad, activation):
        flowing = grad if given is None else FLOWING[str(activation)](grad, given)
        return flowing, flowing.sum(axis=axes, dtype=np.float64)
    last = grad.strides[1] == grad.itemsize
    order = (*axes, 1) if last else tuple(range(grad.ndim))
    runs = [np.ascontiguousarray(a.transpose(order)) for a in (grad, given) if a is not None]
    lanes, channels = cpu().vector_bytes // grad.itemsize, grad.shape[1]
    if last:
        share_rows = max(1, min(SHARE // channels, MOST_TERMS))
        columns, share_sums, apart = channels, channels, lanes
    else:
        columns, share_rows, share_sums, apart = _piece(math.prod(grad.shape[2:]), lanes), 1, lanes, 0
    rows = grad.size // columns
    shares = -(-rows // share_rows)
    kept = 0 if activation is None else grad.size
    room = empty((kept + shares * share_sums,), grad.dtype)
    function = compiler.load(PIPELINE, dtype=str(grad.dtype), lanes=lanes, activation=activation or "none")
    scalars = (columns, rows, share_rows, shares, share_sums, apart)
    function(*(run.reshape(-1) for run in runs), room, scalars=scalars)
    flowing = room[:kept].reshape(runs[0].shape).transpose(np.argsort(order)) if kept else grad
    partial = room[kept:].reshape((shares, channels) if last else (*grad.shape[:2], -1))
    return flowing, partial.sum(axis=0 if last else (0, 2), dtype=np.float64)


@functools.lru_cache(maxsize=256)
def _piece(cells: int, lanes: int) -> int:
    """Choose the longest equal part of a channel whose sums have MOST_TERMS terms at most; 0 if it is short."""
    most = MOST_TERMS * lanes
    parts = range(-(-cells // most), cells // (LEAST_ROWS * lanes) + 1)
    return next((cells // count for count in parts if cells % count == 0), 0)


def _compiles(grad: Array, activation: str | None) -> bool:
    """Whether the pipeline takes these numbers, and is worth it."""
    exact = grad.dtype == np.float32 or (grad.dtype == np.float64 and activation not in FROM_SUMS)
    lanes = cpu().vector_bytes // grad.itemsize
    cells = math.prod(grad.shape[2:])
    long = grad.strides[1] == grad.itemsize or _piece(cells, lanes) > 0
    return exact and long and grad.size >= LEAST and 2 * grad.size + lanes < MOST and compiler.available()


def _relu(grad: Array, output: Array) -> Array:
    return np.where(output <= 0, 0, grad)


def _relu6(grad: Array, output: Array) -> Array:
    return np.where((output <= 0) | (output >= 6), 0, grad)


def _leaky_relu(grad: Array, output: Array) -> Array:
    return np.where(output > 0, grad, grad * grad.dtype.type(0.01))


def _sigmoid(grad: Array, output: Array) -> Array:
    return np.asarray(grad * (output * (1 - output)))


def _tanh(grad: Array, output: Array) -> Array:
    return np.asarray(grad * (1 - output * output))


def _silu(grad: Array, value: Array) -> Array:
    from scipy.special import expit

    near = np.clip(value, -FAR, FAR)
    gate = np.asarray(expit(near))
    return np.asarray(grad * (gate * (1 + near * (1 - gate))))


def _gelu(grad: Array, value: Array) -> Array:
    from scipy.special import ndtr

    near = np.clip(value, -FAR, FAR)
    density = np.exp(-near * near / 2) * near.dtype.type((2 * math.pi) ** -0.5)
    return np.asarray(grad * (np.asarray(ndtr(near)) + near * density))


def _hard_sigmoid(grad: Array, output: Array) -> Array:
    return np.where((output <= 0) | (output >= 1), 0, grad * grad.dtype.type(1 / 6))


def _hard_swish(grad: Array, value: Array) -> Array:
    return np.asarray(grad * np.where(np.abs(value) >= 3, value > 0, value / 3 + value.dtype.type(0.5)))


FAR = 750.0  # beyond it, the derivatives of silu and gelu are 0 or 1 in float64, too

FLOWING: dict[str, Callable[[Array, Array], Array]] = {
    "relu": _relu,
    "relu6": _relu6,
    "leaky-relu": _leaky_relu,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "silu": _silu,
    "gelu": _gelu,
    "hard-sigmoid": _hard_sigmoid,
    "hard-swish": _hard_swish,
}
