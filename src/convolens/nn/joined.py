"""Which layers of a network are computed in one pass once their weights stay, and with which weights."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from convolens.nn.activation import Activation, Dropout
from convolens.nn.convolution import Conv
from convolens.nn.dense import Dense
from convolens.nn.graph import Node, count_uses, needed_for
from convolens.nn.layer import Shape
from convolens.nn.merge import Add
from convolens.nn.normalise import BatchNorm
from convolens.nn.pooling import Pool
from convolens.nn.reshape import Flatten
from convolens.ops.arrays import Array

if TYPE_CHECKING:
    from convolens.nn.network import Network


@dataclass(frozen=True, eq=False)
class Step:
    """
    One or more nodes in one pass.

    Attributes
    ----------
    node : Node
        The last of them, with what is done and what to; of a convolution the second input is added as a residual.
    weights : dict of str to ndarray
        What they learned, folded together.
    window : int or tuple of int, optional
        Of the max pooling at the end.
    is_dense : bool
        Whether this is a fully connected layer, written as a convolution of the batch with kernels of one cell.
    is_view : bool
        Whether the result is what comes in, as it lies in memory.
    """

    node: Node
    weights: dict[str, Array]
    window: Any = None
    is_dense: bool = False
    is_view: bool = False

    @property
    def has_residual(self) -> bool:
        """Tell whether a convolution is given something to add."""
        return len(self.node.inputs) == 2

    def joined(self, node: Node, **changes: Any) -> "Step":
        """Return this step with what a node behind it does, in that node's place."""
        layer = replace(self.node.layer, **changes)
        return replace(self, node=replace(self.node, name=node.name, layer=layer))

    def parted(self) -> tuple["Step", "Step"]:
        """Return the max pooling at the end as a step of its own, behind the rest."""
        between = f"{self.node.name} before pooling"
        pool = Node(self.node.name, Pool("max", self.window), (between,), self.node.name)
        return replace(self, node=replace(self.node, name=between), window=None), Step(pool, {})


def join_steps(network: "Network") -> tuple[list[Step], str]:
    """Join nodes that can be computed in one pass; return the steps, and whose output is the network's."""
    stands_for: dict[str, str] = {}
    nodes: list[Node] = []
    for node in needed_for(network.nodes, network.last):
        inputs = tuple(stands_for.get(source, source) for source in node.inputs)
        if isinstance(node.layer, Dropout):
            stands_for[node.name] = inputs[0]
        else:
            nodes.append(replace(node, inputs=inputs))
    last = stands_for.get(network.last, network.last)
    uses, views = count_uses(nodes, [last]), _views(nodes, last, network.shapes)
    steps: dict[str, Step] = {}
    held = network.held()
    for node in nodes:
        weights = {name: array.copy() for name, array in held[node.holder].items()}
        for source in reversed(node.inputs):
            before = steps.get(source)
            found = _join(before, node, weights) if before is not None and uses[source] == 1 else None
            if found is not None:
                del steps[source]
                break
        else:
            flattened = steps.get(node.inputs[0])
            shape = network.shapes[flattened.node.inputs[0]] if flattened and flattened.is_view else None
            found = _alone(node, weights, node.name in views, shape)
        steps[node.name] = found
    return list(steps.values()), last


def _views(nodes: Iterable[Node], last: str, shapes: Mapping[str, Shape]) -> set[str]:
    """Name the vectors that may have the order of the map in memory: only fully connected layers see them."""
    users: dict[str, list[Node]] = {}
    for node in nodes:
        for source in node.inputs:
            users.setdefault(source, []).append(node)
    return {
        node.name
        for node in nodes
        if isinstance(node.layer, Flatten)
        and (
            _is_in_order(shapes[node.inputs[0]])
            or (node.name != last and all(isinstance(user.layer, Dense) for user in users[node.name]))
        )
    }


def _is_in_order(shape: Shape) -> bool:
    """Whether a map with its channels innermost lies in memory as its vector does."""
    return shape[0] == 1 or math.prod(shape[1:]) == 1


def _alone(node: Node, weights: dict[str, Array], is_view: bool, flattened: Shape | None) -> Step:
    """Make a step of one node; ``flattened`` is the map whose cells a vector has in the order of memory."""
    layer = node.layer
    if not isinstance(layer, Dense):
        return Step(node, weights, is_view=is_view)
    weight = weights["weight"]
    if flattened is not None:
        weight = np.moveaxis(weight.reshape(len(weight), *flattened), 1, -1).reshape(weight.shape)
    weights["weight"] = weight[:, :, np.newaxis]
    return Step(replace(node, layer=Conv(layer.features, 1, bias=layer.bias)), weights, is_dense=True)


def _join(before: Step, node: Node, weights: Mapping[str, Array]) -> Step | None:
    """Do what a node does at the end of the step before; None where that cannot be."""
    conv, layer = before.node.layer, node.layer
    if not isinstance(conv, Conv) or before.window is not None:
        return None
    if isinstance(layer, Pool):
        is_plain = layer == Pool("max", layer.window) or layer == Pool("max", layer.window, stride=layer.window)
        return replace(before.joined(node), window=layer.window) if is_plain else None
    if conv.activation is not None:
        return None
    if isinstance(layer, Activation):
        return before.joined(node, activation=layer.name)
    if before.has_residual:
        return None
    if isinstance(layer, BatchNorm):
        slope, offset = layer.folded(weights)
        weight = before.weights["weight"]
        bias = before.weights.get("bias", np.zeros(len(weight), weight.dtype)) * slope + offset
        scaled = weight * slope.reshape(-1, *(1,) * (weight.ndim - 1))
        folded = {"weight": scaled.astype(weight.dtype), "bias": bias.astype(weight.dtype)}
        return replace(before.joined(node, bias=True), weights=folded)
    if isinstance(layer, Add) and len(node.inputs) == 2 and before.node.name in node.inputs:
        (other,) = (source for source in node.inputs if source != before.node.name)
        step = before.joined(node)
        return replace(step, node=replace(step.node, inputs=(before.node.inputs[0], other)))
    return None
