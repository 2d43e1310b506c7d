"""How weights follow their gradients, step by step."""

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

import numpy as np

from convolens.errors import SpecError
from convolens.ops.arrays import Array
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import cpu
from convolens.runtime.replay import Repeated

PIPELINE = "convolens.pipelines.descent"
LEAST = 1 << 10  # weights below which NumPy is as fast
RUN = 512  # squares that are summed in the type of the gradient


@dataclass
class Optimiser(ABC):
    """
    Changes weights in place.

    Parameters
    ----------
    rate : float
        Learning rate.
    state : dict of str to ndarray
        What it remembers of earlier steps.
    steps : int
        How many there were.
    """

    rate: float = 0.01
    state: dict[str, Array] = field(default_factory=dict)
    steps: int = 0

    def step(
        self, weights: MutableMapping[str, Array], gradients: Mapping[str, Array], rate: float | None = None
    ) -> None:
        """
        Take one step, with another rate than its own if one is given.

        Raises
        ------
        SpecError
            If a gradient has not the shape of its weights; nothing is changed then.
        """
        for name, gradient in gradients.items():
            if gradient.shape != weights[name].shape:
                raise SpecError(
                    f"the gradient of {name!r} is {gradient.shape}, but the weights are {weights[name].shape}; "
                    "give each weight one number"
                )
        self.steps += 1
        now = self.rate if rate is None else rate
        for name, gradient in gradients.items():
            self._change(name, weights[name], gradient.astype(weights[name].dtype, copy=False), now)

    @abstractmethod
    def _change(self, name: str, weight: Array, gradient: Array, rate: float) -> None:
        """Follow one gradient."""

    def _memory(self, name: str, weight: Array) -> Array:
        if name not in self.state:
            self.state[name] = np.zeros_like(weight)
        return self.state[name]


@dataclass
class SGD(Optimiser):
    """
    Stochastic gradient descent with momentum.

    Parameters
    ----------
    momentum : float, default 0.9
        Share of the last step that is taken again.
    nesterov : bool, default False
        Whether the gradient counts as if that had been done before.
    decay : float, default 0
        Weight decay: added to the gradient, times the weight; not for biases, scales and shifts.
    """

    momentum: float = 0.9
    nesterov: bool = False
    decay: float = 0.0

    def _change(self, name: str, weight: Array, gradient: Array, rate: float) -> None:
        decay = self.decay if weight.ndim > 1 else 0.0
        if self.momentum:
            rule = "nesterov" if self.nesterov else "sgd"
            if descend(rule, (rate, self.momentum, decay), gradient, weight, self._memory(name, weight)):
                return
        if decay:
            gradient = gradient + decay * weight
        if self.momentum:
            speed = self._memory(name, weight)
            speed *= self.momentum
            speed += gradient
            gradient = gradient + self.momentum * speed if self.nesterov else speed
        weight -= rate * gradient


@dataclass
class AdamW(Optimiser):
    """
    Steps scaled by what gradients were lately; weight decay apart from them.

    Parameters
    ----------
    rate : float, default 0.001
    betas : pair of float, default (0.9, 0.999)
        How much of the mean gradient, and of the mean square, is kept from step to step.
    epsilon : float, default 1e-8
    decay : float, default 0.01
        Weight decay, times the rate; not for biases, scales and shifts.

    References
    ----------
    I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", 2019, arXiv:1711.05101.
    """

    rate: float = 0.001
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    decay: float = 0.01

    def _change(self, name: str, weight: Array, gradient: Array, rate: float) -> None:
        first, second = self.betas
        mean, square = self._memory(f"{name}.mean", weight), self._memory(f"{name}.square", weight)
        left = 1 - rate * self.decay if weight.ndim > 1 else 1.0
        rate, scale = rate / (1 - first**self.steps), 1 / math.sqrt(1 - second**self.steps)
        numbers = rate, 1 - first, 1 - second, left, scale, self.epsilon
        if descend("adamw", numbers, gradient, weight, mean, square):
            return
        mean += (1 - first) * (gradient - mean)
        square += (1 - second) * (np.square(gradient) - square)
        weight *= left
        weight -= rate * mean / (np.sqrt(square) * scale + self.epsilon)


def descend(rule: str, numbers: tuple[float, ...], gradient: Array, weight: Array, *memory: Array) -> bool:
    """Take a step by compiled loops, where these are faster than NumPy and can be had; tell whether it was."""
    arrays = (weight, *memory)
    if weight.size < LEAST or weight.dtype not in (np.float32, np.float64) or not compiler.available():
        return False
    if not all(a.flags.c_contiguous and a.flags.writeable and a.dtype == weight.dtype for a in arrays):
        return False
    given = np.array(numbers, weight.dtype)
    _descending(rule)(gradient.reshape(-1), given, *[a.reshape(-1) for a in arrays])
    return True


@functools.cache
def _descending(rule: str) -> Repeated:
    def step(*arrays: Array) -> None:
        dtype = arrays[0].dtype
        compiler.load(PIPELINE, dtype=dtype.name, lanes=cpu().vector_bytes // dtype.itemsize, rule=rule)(*arrays)

    return Repeated(step)


def clip_gradients(gradients: Mapping[str, Array], most: float) -> float:
    """Scale all gradients in place so that their common length is ``most`` at most; return what it was."""
    length = math.sqrt(sum(map(_square, gradients.values())))
    if length > most:
        for gradient in gradients.values():
            gradient *= most / length
    return length


def _square(gradient: Array) -> float:
    """Sum the squares, those of short runs in the array's own type unless they overflow there."""
    numbers = gradient.reshape(-1)
    rest = numbers.size % RUN
    rows = numbers[rest:].reshape(-1, RUN)
    with np.errstate(over="ignore"):
        total = np.einsum("ij,ij->i", rows, rows).sum(dtype=np.float64)
    total += np.square(numbers[:rest], dtype=np.float64).sum()
    return float(total if np.isfinite(total) else np.square(numbers, dtype=np.float64).sum())
