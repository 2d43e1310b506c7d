"""What flows back through an activation, and its sums over each channel: one compiled pass, or NumPy."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.ops.arrays import Array, quietly
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import cpu
from convolens.runtime.memory import empty
from convolens.runtime.replay import Repeated
from convolens.runtime.script import contiguous, performed

PIPELINE = "convolens.pipelines.activation_gradient"
LEAST = 1 << 16  # elements below which NumPy is as fast, if that is to make up for compiling
OFTEN = 1 << 12  # likewise in training
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
def flow_back(
    grad: Array, given: Array | None, activation: str | None, *, least: int = LEAST
) -> tuple[Array, Array]:
    """
    Take a gradient back through an activation.

    Parameters
    ----------
    grad, given : ndarray, shape (N, K, size…)
        Of one float type, wherever the channels lie in memory; ``given`` as :func:`check_given` returns it.
    activation : str, optional
        Its name.
    least : int, optional
        Elements from which compiled loops serve.

    Returns
    -------
    ndarray, shape (N, K, size…), and ndarray, shape (K,)
        What flows on, ``grad`` itself where there is no activation; and its sum over each channel, in float64.
    """
    last = grad.strides[1] == grad.itemsize
    found = _flow(grad.shape, grad.dtype, last, activation) if grad.size >= least else None
    if found is not None and compiler.available():
        return found(grad, given)
    flowing = grad if given is None else _written(FLOWING[str(activation)], grad, given)
    return flowing, _summed(flowing, (0, *range(2, grad.ndim)))


def _written(flow: Callable[[Array, Array], Array], grad: Array, given: Array) -> Array:
    flowing = flow(grad, given)
    performed(quietly(lambda: np.copyto(flowing, flow(grad, given))))
    return flowing


def _summed(numbers: Array, axes: int | tuple[int, ...]) -> Array:
    """Sum in float64 over some axes."""
    totals: Array = numbers.sum(axis=axes, dtype=np.float64)
    performed(quietly(lambda: numbers.sum(axis=axes, dtype=np.float64, out=totals)))
    return totals


class _Flow:
    """One compiled pass over gradients of one shape, whose channels or cells lie together."""

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], last: bool, lanes: int, activation: str | None
    ) -> None:
        axes, channels, size = (0, *range(2, len(shape))), shape[1], math.prod(shape)
        self.order = (*axes, 1) if last else tuple(range(len(shape)))
        self.back = tuple(map(self.order.index, range(len(shape))))
        if last:
            share_rows = max(1, min(SHARE // channels, MOST_TERMS))
            columns, share_sums, apart = channels, channels, lanes
        else:
            columns, share_rows, share_sums, apart = _piece(math.prod(shape[2:]), lanes), 1, lanes, 0
        rows = size // columns
        shares = -(-rows // share_rows)
        self.kept = 0 if activation is None else size
        self.partial = (shares, channels) if last else (*shape[:2], -1)
        self.axes = 0 if last else (0, 2)
        self.room = (self.kept + shares * share_sums,)
        parameters: dict[str, str | int] = {"dtype": str(dtype), "lanes": lanes}
        parameters["activation"] = activation or "none"
        scalars = columns, rows, share_rows, shares, share_sums, apart

        def run(*arrays: Array) -> None:
            compiler.load(PIPELINE, **parameters)(*arrays, scalars=scalars)

        self.run = Repeated(run)

    def __call__(self, grad: Array, given: Array | None) -> tuple[Array, Array]:
        """Return what flows on and its sums."""
        runs = [contiguous(a.transpose(self.order)) for a in (grad, given) if a is not None]
        room = empty(self.room, grad.dtype)
        self.run(*[run.reshape(-1) for run in runs], room)
        flowing = room[: self.kept].reshape(runs[0].shape).transpose(self.back) if self.kept else grad
        return flowing, _summed(room[self.kept :].reshape(self.partial), self.axes)


@functools.lru_cache(maxsize=256)
def _flow(shape: tuple[int, ...], dtype: np.dtype[Any], last: bool, activation: str | None) -> _Flow | None:
    """Lay out the pass; None where the pipeline does not take these numbers."""
    exact = dtype == np.float32 or (dtype == np.float64 and activation not in FROM_SUMS)
    lanes, size = cpu().vector_bytes // dtype.itemsize, math.prod(shape)
    if not exact or not size or 2 * size + lanes >= MOST or not (last or _piece(math.prod(shape[2:]), lanes)):
        return None
    return _Flow(shape, dtype, last, lanes, activation)


@functools.lru_cache(maxsize=256)
def _piece(cells: int, lanes: int) -> int:
    """Choose the longest equal part of a channel whose sums have MOST_TERMS terms at most; 0 if it is short."""
    most = MOST_TERMS * lanes
    parts = range(-(-cells // most), cells // (LEAST_ROWS * lanes) + 1)
    return next((cells // count for count in parts if cells % count == 0), 0)


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
