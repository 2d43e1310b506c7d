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
from convolens.nn.links import Link, affine_of, chain_of
from convolens.nn.merge import Add
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
        The last of them, with what is done and what to; of a convolution the second input is added as a residual,
        of a chain those after the first are the maps that its links take.
    weights : dict of str to ndarray
        What they learned, folded together.
    window : int or tuple of int, optional
        Of the max pooling at the end.
    is_dense : bool
        Whether this is a fully connected layer, written as a convolution of the batch with kernels of one cell.
    is_view : bool
        Whether the result is what comes in, as it lies in memory.
    links : tuple of Link
        What is done to each number of the first input, if that is all that is done.
    """

    node: Node
    weights: dict[str, Array]
    window: Any = None
    is_dense: bool = False
    is_view: bool = False
    links: tuple[Link, ...] = ()

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
        free = [steps[source] for source in reversed(node.inputs) if uses[source] == 1 and source in steps]
        for before in sorted(free, key=lambda step: bool(step.links)):  # a convolution adds for less
            found = _join(before, node, weights, network.shapes)
            if found is not None:
                del steps[before.node.name]
                break
        else:
            flattened = steps.get(node.inputs[0])
            shape = network.shapes[flattened.node.inputs[0]] if flattened and flattened.is_view else None
            found = _chain(node, weights, network.shapes)
            found = found or _alone(node, weights, node.name in views, shape)
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


def _chain(node: Node, weights: dict[str, Array], shapes: Mapping[str, Shape]) -> Step | None:
    """Make a step of one node that changes each number by itself; None where it does more."""
    for main in node.inputs:
        found = chain_of(node, weights, shapes, main)
        if found is not None:
            links, maps = found
            return Step(replace(node, inputs=(main, *maps)), {}, links=links)
    return None


def _join(before: Step, node: Node, weights: Mapping[str, Array], shapes: Mapping[str, Shape]) -> Step | None:
    """Do what a node does at the end of the step before; None where that cannot be."""
    if before.links:
        found = chain_of(node, weights, shapes, before.node.name)
        if found is None:
            return None
        links, maps = found
        return replace(before, node=replace(node, inputs=(*before.node.inputs, *maps)), links=before.links + links)
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
    factors = affine_of(layer, weights, shapes[before.node.name])
    if factors is not None and len(node.inputs) == 1 and shapes[node.name] == shapes[before.node.name]:
        return replace(before.joined(node, bias=True), weights=_folded(before.weights, *factors))
    if isinstance(layer, Add) and len(node.inputs) == 2 and before.node.name in node.inputs:
        (other,) = (source for source in node.inputs if source != before.node.name)
        step = before.joined(node)
        return replace(step, node=replace(step.node, inputs=(before.node.inputs[0], other)))
    return None


def _folded(weights: Mapping[str, Array], factor: Array | None, offset: Array | None) -> dict[str, Array]:
    """Scale and shift what a convolution gives by its weights."""
    weight = weights["weight"]
    slope = np.ones(len(weight), weight.dtype) if factor is None else factor
    bias = weights.get("bias", np.zeros(len(weight), weight.dtype)) * slope + (0 if offset is None else offset)
    scaled = weight * slope.reshape(-1, *(1,) * (weight.ndim - 1))
    return {"weight": scaled.astype(weight.dtype), "bias": np.asarray(bias).astype(weight.dtype)}
