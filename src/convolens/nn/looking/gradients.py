"""How an output changes with the input, or with the map of any node, of a network as it is used."""

import copy
import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.nn.activation import Dropout, Softmax, along_channels
from convolens.nn.graph import INPUT
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights
from convolens.nn.network import Network
from convolens.nn.normalise import BatchNorm
from convolens.ops.arrays import Array

SEEN = "seen"
MOST_ITEMS, MOST_NUMBERS = 256, 1 << 25


def gradients_of(network: Network, x: Array, node: str, flow: Array, at: Collection[str] = ()) -> dict[str, Array]:
    """
    Take a gradient with respect to a node's output back to the input, through the network as it is used.

    Normalisation goes by its running means, dropout does nothing, and nothing is learned.

    Parameters
    ----------
    network : Network
        It stays as it is.
    x : ndarray, shape (N, \\*input_shape)
        The batch.
    node : str
        Where the way back begins.
    flow : ndarray
        Of the shape of the node's output.
    at : collection of str, optional
        Nodes on the way whose gradient is wanted, too.

    Returns
    -------
    dict of str to ndarray
        The gradient at ``"input"`` and at each of those nodes; 0 where no way leads there.
    """
    for name in (node, *at):
        if name not in network.shapes:
            raise unknown_name("node", name, network.shapes)
    still = copy.copy(network)
    still.nodes = [replace(one, layer=_as_used(one.layer, one.name in at)) for one in network.nodes]
    tape = still.forward(x, training=Training(np.random.default_rng(0)), until=node)[1]
    learned, back = still.backward(tape, flow, needs_input=True, needs_weights=False)
    found = {name: learned.get(f"{name}.{SEEN}") for name in at} | {INPUT: back}
    return {
        name: np.zeros((len(x), *network.shapes[name]), flow.dtype) if grad is None else grad
        for name, grad in found.items()
    }


def items_at_once(network: Network) -> int:
    """Choose how many items to compute at a time, so that memory holds the largest maps."""
    return min(MOST_ITEMS, max(1, MOST_NUMBERS // max(math.prod(shape) for shape in network.shapes.values())))


def scores_node(network: Network) -> str:
    """
    Name the node that gives a number to each class: the last one, or the one before a softmax at the end.

    Raises
    ------
    SpecError
        If the network gives something else than one number a class.
    """
    if not network.nodes or len(network.output_shape) != 1:
        raise SpecError(f"{network!r} does not end in one number a class; ask for a node instead")
    last = network.nodes[-1]
    return last.inputs[0] if isinstance(last.layer, Softmax) else last.name


def as_classes(scores: Array) -> Array:
    """
    Turn scores (N, K) into probabilities, by softmax.

    >>> as_classes(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def toward(network: Network, node: str, channel: int, count: int, dtype: Any) -> Array:
    """Give the gradient of one of a vector's numbers with respect to the vector, for each of some items."""
    shape = network.shapes[node]
    if not 0 <= channel < shape[0]:
        raise SpecError(f"{node!r} has channels or classes 0 to {shape[0] - 1}, not {channel}")
    flow = np.zeros((count, *shape), dtype)
    flow[:, channel] = 1
    return flow


@dataclass(frozen=True)
class _Still(Layer):
    """Batch normalisation as it is used: a factor and an offset for each channel."""

    layer: BatchNorm

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        return self.layer.forward(weights, *inputs)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        return Gradients((grad * along_channels(self.layer.folded(weights)[0], grad),), {})


@dataclass(frozen=True)
class _Watched(Layer):
    """A layer that tells what flows back to its output as if it had learned it."""

    layer: Layer

    def output_shape(self, *shapes: Shape) -> Shape:
        return self.layer.output_shape(*shapes)

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        return self.layer.forward(weights, *inputs, training=training)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        found = self.layer.backward(weights, saved, grad, needs_input=needs_input)
        return Gradients(found.inputs, found.weights | {SEEN: grad})

    def backward_to_input(self, weights: Weights, saved: Any, grad: Array) -> Gradients:
        return Gradients(self.layer.backward_to_input(weights, saved, grad).inputs, {SEEN: grad})


def _as_used(layer: Layer, is_watched: bool) -> Layer:
    if isinstance(layer, BatchNorm):
        layer = _Still(layer)
    elif isinstance(layer, Dropout):
        layer = Dropout(0.0)
    return _Watched(layer) if is_watched else layer
