"""A layer that normalises each number by its neighbours among the channels."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.nn.layer import Gradients, Layer, Training, Weights
from convolens.ops.arrays import Array


@dataclass(frozen=True)
class LocalResponseNorm(Layer):
    r"""
    Each number beside the squares of those near it among the channels.

    .. math:: y_c = x_c / (k + \frac{α}{n} \sum_{c'} x_{c'}^2)^β

    with the sum over n channels, c in their middle; of an even number one more comes after c than before.

    Parameters
    ----------
    size : int
        n.
    alpha, beta, offset : float
        α, β and k.

    References
    ----------
    A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet classification with deep convolutional neural networks",
    2012, doi:10.1145/3065386.
    """

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    offset: float = 1.0

    def __post_init__(self) -> None:
        if self.size < 1:
            raise SpecError(f"{self} must sum over one channel or more")

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Divide."""
        (x,) = inputs
        sums = _along_channels(np.square(x), (self.size - 1) // 2, self.size // 2)
        sums *= self.alpha / self.size
        sums += self.offset
        return x * sums**-self.beta, (x, sums)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Each number counts for itself, and in the sums of those near it."""
        x, sums = saved
        shares = _along_channels(grad * x * sums ** (-self.beta - 1), self.size // 2, (self.size - 1) // 2)
        return Gradients((grad * sums**-self.beta - (2 * self.alpha * self.beta / self.size) * x * shares,), {})


def _along_channels(x: Array, before: int, behind: int) -> Array:
    """
    Sum over a channel, so many before it, and so many behind.

    >>> _along_channels(np.array([[1, 10, 100, 1000]]), 0, 1)
    array([[  11,  110, 1100, 1000]])
    """
    total, channels = x.copy(), x.shape[1]
    for step in range(1, max(before, behind) + 1):
        if step <= before:
            total[:, step:] += x[:, : max(0, channels - step)]
        if step <= behind:
            total[:, : max(0, channels - step)] += x[:, step:]
    return total
