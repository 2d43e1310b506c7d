"""What each layer of a network costs: counted, and measured."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convolens.nn.convolution import Conv
from convolens.nn.graph import INPUT, Node, count_uses, join_activations, needed_for
from convolens.nn.layer import Shape, Weights
from convolens.nn.memory import arranged, channels_innermost, restored
from convolens.ops.arrays import Array
from convolens.ops.prepared import MANY

if TYPE_CHECKING:
    from convolens.nn.network import Network

SECONDS = 0.02  # of runs for each layer, three at least


@dataclass(frozen=True)
class LayerCost:
    """
    What one layer costs, for one item.

    Attributes
    ----------
    node : Node
        The layer, with the activation that its convolution applies.
    shape : tuple of int
        Of the output.
    parameters, multiply_adds : int
        Counted.
    memory : int
        Bytes of weights, inputs and output.
    seconds : float or None
        The shortest of several runs, if they were measured.
    """

    node: Node
    shape: Shape
    parameters: int
    multiply_adds: int
    memory: int
    seconds: float | None


def layer_costs(network: "Network", *, measure: bool = True) -> list[LayerCost]:
    """
    Tell what every layer costs; measured, one after the other on random numbers, with weights prepared.

    Parameters
    ----------
    network : Network
        Whose layers.
    measure : bool, default True
        Whether to run them.

    Examples
    --------
    >>> from convolens.nn import Network
    >>> costs = layer_costs(Network.from_text("1x8x8 conv 4,k3 relu flatten dense 2"), measure=False)
    >>> [(cost.node.layer.kind, cost.multiply_adds) for cost in costs]
    [('conv', 1296), ('flatten', 0), ('dense', 288)]
    """
    steps = join_activations(needed_for(network.nodes, network.last), network.last)
    uses, held = count_uses(steps, [network.last]), network.held()
    values = {INPUT: random_items(network, 1)} if measure else {}
    costs = []
    for step in steps:
        own = held[step.holder]
        shapes = [network.shapes[source] for source in step.inputs]
        learned = [array for name, array in own.items() if f"{step.holder}.{name}" in network.weights]
        cells = sum(map(math.prod, (*shapes, network.shapes[step.name])))
        seconds = None
        if measure:
            run = _ready(step, own, [values[source] for source in step.inputs])
            values[step.name] = run()
            seconds = shortest(run)
            for source in step.inputs:
                uses[source] -= 1
                if not uses[source]:
                    values.pop(source, None)
        costs.append(
            LayerCost(
                step,
                network.shapes[step.name],
                sum(array.size for array in learned),
                step.layer.multiply_adds(*shapes),
                sum(array.nbytes for array in own.values()) + 4 * cells,
                seconds,
            )
        )
    return costs


def _ready(step: Node, weights: Weights, inputs: list[Array]) -> Callable[[], Array]:
    """Return the layer's own work alone, as it is done again and again."""
    layer = step.layer
    if not isinstance(layer, Conv):
        return lambda: layer.forward(weights, *inputs)[0]
    source, layout = arranged(inputs[0])
    conv = layer.prepared(weights["weight"], weights.get("bias"), inputs[0].shape[1], layout, calls=MANY)
    return lambda: restored(conv(source), layout)


def random_items(network: "Network", batch: int) -> Array:
    """Draw items that a network takes, channels innermost."""
    items = np.random.default_rng(0).normal(size=(batch, *network.input_shape)).astype(np.float32)
    return channels_innermost(items) if items.ndim > 2 else items


def shortest(call: Callable[[], object]) -> float:
    """Time the shortest of several runs."""
    call()
    best, runs, end = math.inf, 0, time.perf_counter() + SECONDS
    while runs < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best, runs = min(best, time.perf_counter() - start), runs + 1
    return best
