"""How far off predictions are, as one number, and how it changes with each of them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from convolens.errors import SpecError
from convolens.ops.arrays import Array


@dataclass(frozen=True)
class Loss(ABC):
    """What is to become small in training."""

    @abstractmethod
    def __call__(self, prediction: Array, target: Array) -> tuple[float, Array]:
        """
        Give the mean over the batch, and its gradient with respect to the prediction.

        Raises
        ------
        SpecError
            If the two do not fit together.
        """


@dataclass(frozen=True)
class CrossEntropy(Loss):
    r"""
    Minus the logarithm of the probability that softmax gives to the right class.

    .. math:: -\log \frac{e^{z_t}}{\sum_k e^{z_k}}

    The prediction has one score a class, (N, K) or, for each cell, (N, K, size…); the target their numbers, (N) or
    (N, size…).

    Parameters
    ----------
    smoothing : float, default 0
        Share of the probability that all classes have in common.
    """

    smoothing: float = 0.0

    def __call__(self, prediction: Array, target: Array) -> tuple[float, Array]:
        """Take softmax and logarithm in one, so that no probability becomes 0."""
        if target.shape != (len(prediction), *prediction.shape[2:]) or target.dtype.kind not in "iu":
            raise SpecError(
                f"cross-entropy of scores {prediction.shape} needs class numbers of shape "
                f"{(len(prediction), *prediction.shape[2:])}, not {target.dtype} {target.shape}"
            )
        classes = prediction.shape[1]
        least, most = (target.min(), target.max()) if target.size else (0, 0)
        if least < 0 or most >= classes:
            raise SpecError(f"class numbers go from 0 to {classes - 1}, but {least} to {most} were given")
        cells = [np.arange(n).reshape(-1, *(1,) * rest) for rest, n in enumerate(target.shape[::-1])][::-1]
        right = cells[0], target, *cells[1:]
        shifted = prediction - prediction.max(1, keepdims=True)
        powers = np.exp(shifted)
        totals = powers.sum(1, keepdims=True)
        losses = np.log(totals[:, 0]) - (1 - self.smoothing) * shifted[right]
        grad = powers / totals
        grad[right] -= 1 - self.smoothing
        if self.smoothing:
            losses -= self.smoothing / classes * shifted.sum(1)
            grad -= self.smoothing / classes
        grad /= prediction.dtype.type(target.size)
        return float(losses.sum(dtype=np.float64)) / target.size, grad


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """Cross-entropy of yes or no for each number by itself; the prediction holds scores, before the sigmoid."""

    def __call__(self, prediction: Array, target: Array) -> tuple[float, Array]:
        """Take sigmoid and logarithm in one."""
        wanted = _like(prediction, target)
        loss = np.maximum(prediction, 0) - prediction * wanted + np.log1p(np.exp(-np.abs(prediction)))
        sigmoid = 0.5 * (1 + np.tanh(0.5 * prediction))
        return float(loss.mean(dtype=np.float64)), (sigmoid - wanted) / prediction.dtype.type(prediction.size)


@dataclass(frozen=True)
class MeanSquares(Loss):
    """The mean of squared differences."""

    def __call__(self, prediction: Array, target: Array) -> tuple[float, Array]:
        """Square what is off."""
        off = prediction - _like(prediction, target)
        return float(np.square(off).mean(dtype=np.float64)), off * prediction.dtype.type(2 / off.size)


@dataclass(frozen=True)
class MeanAbsolute(Loss):
    """The mean of absolute differences (L1)."""

    def __call__(self, prediction: Array, target: Array) -> tuple[float, Array]:
        """Take what is off without its sign."""
        off = prediction - _like(prediction, target)
        return float(np.abs(off).mean(dtype=np.float64)), np.sign(off) / prediction.dtype.type(off.size)


@dataclass(frozen=True)
class Dice(Loss):
    r"""
    One minus how far two masks overlap, for each item and channel: :math:`1 - (2 Σ p t + 1) / (Σ p + Σ t + 1)`.

    The prediction holds probabilities, from 0 to 1.

    References
    ----------
    F. Milletari et al., "V-Net", 2016, arXiv:1606.04797.
    """

    def __call__(self, prediction: Array, target: Array) -> tuple[float, Array]:
        """Count what both have, beside what either has."""
        wanted = _like(prediction, target)
        axes = tuple(range(2, prediction.ndim))
        both = 2 * (prediction * wanted).sum(axes, keepdims=True) + 1
        either = (prediction + wanted).sum(axes, keepdims=True) + 1
        slope = (both / either - 2 * wanted) / either
        return float((1 - both / either).mean(dtype=np.float64)), slope / prediction.dtype.type(both.size)


def _like(prediction: Array, target: Array) -> Array:
    if target.shape != prediction.shape:
        raise SpecError(f"the target must have the prediction's shape, {prediction.shape}, not {target.shape}")
    return target.astype(prediction.dtype, copy=False)
