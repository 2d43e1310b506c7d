"""How weights follow their gradients, step by step."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

import numpy as np

from convolens.ops.arrays import Array


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
        """Take one step, with another rate than its own if one is given."""
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
        if self.decay and weight.ndim > 1:
            gradient = gradient + self.decay * weight
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
        mean += (1 - first) * (gradient - mean)
        square += (1 - second) * (np.square(gradient) - square)
        if self.decay and weight.ndim > 1:
            weight *= 1 - rate * self.decay
        scale = math.sqrt(1 - second**self.steps)
        weight -= (rate / (1 - first**self.steps)) * mean / (np.sqrt(square) / scale + self.epsilon)


def clip_gradients(gradients: Mapping[str, Array], most: float) -> float:
    """Scale all gradients in place so that their common length is ``most`` at most; return what it was."""
    length = math.sqrt(sum(float(np.square(g, dtype=np.float64).sum()) for g in gradients.values()))
    if length > most:
        for gradient in gradients.values():
            gradient *= most / length
    return length
