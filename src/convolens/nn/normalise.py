"""Layers that give numbers mean 0 and variance 1, over the batch, groups of channels, or all of an item."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.nn.activation import along_channels
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, one
from convolens.nn.memory import channels_innermost
from convolens.ops import channels
from convolens.ops.activation_gradients import flow_back
from convolens.ops.arrays import Array


@dataclass(frozen=True)
class BatchNorm(Layer):
    """
    Normalises each channel over batch and cells, then scales and shifts it as learned.

    In training by the batch's own mean and variance, which running means follow; else by these.

    Parameters
    ----------
    momentum : float, default 0.1
        Share of the newest batch in the running means.
    epsilon : float, default 1e-5
        Added to the variance.

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch normalization", 2015, arXiv:1502.03167.
    """

    momentum: float = 0.1
    epsilon: float = 1e-5

    def initial(self, random: np.random.Generator, *shapes: Shape) -> dict[str, Array]:
        """Give ``scale`` 1 and ``shift`` 0 for each channel."""
        return _scale_and_shift(shapes[0][0])

    def statistics(self, *shapes: Shape) -> dict[str, Array]:
        """Give ``mean`` 0 and ``variance`` 1 for each channel."""
        return {"mean": np.zeros(shapes[0][0], np.float32), "variance": np.ones(shapes[0][0], np.float32)}

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Normalise, scale, shift."""
        (x,) = inputs
        if training is None:
            slope, offset = self.folded(weights)
            result = x * along_channels(slope, x)
            result += along_channels(offset, x)
            return result, None
        count = x.size // max(1, x.shape[1])
        if count < 2:
            raise SpecError(
                "batch normalisation has no variance to go by where a batch has one cell a channel; "
                "train on more items at a time"
            )
        compiled = channels.takes(x)
        if compiled:
            mean = channels.sums("sums", x)[0] / count
            variance = channels.sums("squares", x, centre=mean)[0] / count
        else:
            mean = channel_sums(x) / count
            normal = x - along_channels(mean, x)
            variance = channel_sums(normal * normal) / count
        for name, now in (("mean", mean), ("variance", variance * count / (count - 1))):
            weights[name][...] += self.momentum * (now - weights[name])
        inverse = 1 / np.sqrt(variance + self.epsilon)
        if compiled:
            result = channels.line("line", (x,), mean, weights["scale"] * inverse, weights["shift"])
            return result, (x, mean, inverse, count)
        normal *= along_channels(inverse, x)
        result = normal * along_channels(weights["scale"], x)
        result += along_channels(weights["shift"], x)
        return result, (normal, None, inverse, count)

    def folded(self, weights: Weights) -> tuple[Array, Array]:
        """Give the one factor and the one offset of each channel that normalising comes down to after training."""
        slope = weights["scale"] / np.sqrt(weights["variance"].astype(np.float64) + self.epsilon)
        return slope, weights["shift"] - weights["mean"] * slope

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Take away what mean and variance make up for."""
        normal, mean, inverse, count = saved
        if mean is not None:
            flowing = channels_innermost(grad.astype(normal.dtype, copy=False), often=True)
            return self._compiled(weights, saved, flowing, needs_input)
        learned = _learned(grad, normal)
        if not needs_input:
            return Gradients((None,), learned)
        back = normal * along_channels(-learned["scale"] / count, grad)
        back += grad
        back -= along_channels(learned["shift"] / count, grad)
        back *= along_channels(weights["scale"] * inverse, grad)
        return Gradients((back,), learned)

    def _compiled(self, weights: Weights, saved: Any, grad: Array, needs_input: bool) -> Gradients:
        """Likewise, in two passes over what flows and the input."""
        x, mean, inverse, count = saved
        shift, product = channels.sums("products", grad, x, centre=mean)
        scale = product * inverse
        learned = {"scale": scale.astype(grad.dtype), "shift": shift.astype(grad.dtype)}
        if not needs_input:
            return Gradients((None,), learned)
        slope = weights["scale"] * inverse
        numbers = mean, slope, -slope * inverse * scale / count, -slope * shift / count
        return Gradients((channels.line("plane", (grad, x), *numbers),), learned)


@dataclass(frozen=True)
class GroupNorm(Layer):
    """
    Normalises groups of channels of each item over their cells, then scales and shifts each channel as learned.

    Parameters
    ----------
    groups : int
        1 takes all channels together (layer normalisation of a map), as many as channels each by itself.
    epsilon : float, default 1e-5
        Added to the variance.

    References
    ----------
    Y. Wu, K. He, "Group normalization", 2018, arXiv:1803.08494.
    """

    groups: int
    epsilon: float = 1e-5

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give that of the input."""
        channels = one(shapes, self.kind)[0]
        if self.groups < 1 or channels % self.groups:
            raise SpecError(f"groups={self.groups} must divide the input's {channels} channels")
        return shapes[0]

    def initial(self, random: np.random.Generator, *shapes: Shape) -> dict[str, Array]:
        """Give ``scale`` 1 and ``shift`` 0 for each channel."""
        return _scale_and_shift(shapes[0][0])

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Normalise, scale, shift."""
        (x,) = inputs
        parts, axes = self._parts(x)
        normal, inverse = _normalised(parts, axes, self.epsilon)
        normal = normal.reshape(x.shape)
        result = normal * along_channels(weights["scale"], x) + along_channels(weights["shift"], x)
        return result, (normal, inverse)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Take away what mean and variance make up for."""
        normal, inverse = saved
        learned = _learned(grad, normal)
        if not needs_input:
            return Gradients((None,), learned)
        scaled, axes = self._parts(grad * along_channels(weights["scale"], grad))
        back = _back(scaled, self._parts(normal)[0], inverse, axes)
        return Gradients((back.reshape(grad.shape),), learned)

    def _parts(self, x: Array) -> tuple[Array, tuple[int, ...]]:
        """View the groups' channels apart, and name the axes that each group spans."""
        parts = x.reshape(len(x), self.groups, x.shape[1] // self.groups, *x.shape[2:])
        return parts, tuple(range(2, parts.ndim))


@dataclass(frozen=True)
class LayerNorm(Layer):
    """
    Normalises the channels of each cell, or the features of a vector; then scales and shifts each as learned.

    Parameters
    ----------
    epsilon : float, default 1e-6
        Added to the variance.

    References
    ----------
    J. Ba, J. Kiros, G. Hinton, "Layer normalization", 2016, arXiv:1607.06450.
    """

    epsilon: float = 1e-6

    def initial(self, random: np.random.Generator, *shapes: Shape) -> dict[str, Array]:
        """Give ``scale`` 1 and ``shift`` 0 for each channel."""
        return _scale_and_shift(shapes[0][0])

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Normalise, scale, shift."""
        (x,) = inputs
        normal, inverse = _normalised(x, (1,), self.epsilon)
        result = normal * along_channels(weights["scale"], x) + along_channels(weights["shift"], x)
        return result, (normal, inverse)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Take away what mean and variance make up for."""
        normal, inverse = saved
        learned = _learned(grad, normal)
        back = _back(grad * along_channels(weights["scale"], grad), normal, inverse, (1,)) if needs_input else None
        return Gradients((back,), learned)


def _scale_and_shift(channels: int) -> dict[str, Array]:
    return {"scale": np.ones(channels, np.float32), "shift": np.zeros(channels, np.float32)}


def channel_sums(x: Array) -> Array:
    """Sum each channel of (N, C, size…) in float64: where that pays, short sums in the type of ``x`` first."""
    return flow_back(x, None, None)[1]


def _normalised(x: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array]:
    """Give mean 0 and variance 1 over some axes; return the result and one over the deviation."""
    mean, variance = (f(x, axes, dtype=np.float64, keepdims=True) for f in (np.mean, np.var))
    inverse = (1 / np.sqrt(variance + epsilon)).astype(x.dtype)
    return (x - mean.astype(x.dtype)) * inverse, inverse


def _learned(grad: Array, normal: Array) -> dict[str, Array]:
    """Give the gradients of scale and shift."""
    sums = {"scale": channel_sums(grad * normal), "shift": channel_sums(grad)}
    return {name: total.astype(grad.dtype) for name, total in sums.items()}


def _back(grad: Array, normal: Array, inverse: Array, axes: tuple[int, ...]) -> Array:
    """Give the gradient before normalising: what shifts or scales all numbers alike has no effect."""
    shift, scale = (terms.mean(axes, keepdims=True) for terms in (grad, grad * normal))
    return np.asarray((grad - shift - normal * scale) * inverse)
