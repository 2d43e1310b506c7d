"""Layers in their places: nodes, and which of them can be computed as one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from convolens.nn.activation import Activation
from convolens.nn.convolution import Conv
from convolens.nn.layer import Layer
from convolens.nn.pooled import PooledConv
from convolens.ops.arrays import Array

INPUT = "input"


@dataclass(frozen=True)
class Node:
    """
    A layer in its place.

    Attributes
    ----------
    name : str
        Its own; ``conv1`` for the first convolution, unless it was given another.
    layer : Layer
        What is done.
    inputs : tuple of str
        The nodes it is done to; ``input`` is what the network is given.
    holder : str
        The node under whose name its weights are kept: itself, unless layers were joined.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    holder: str


def by_node(arrays: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """Part arrays that are called ``node.part`` by their nodes; a node that has none gets none."""
    found: dict[str, dict[str, Array]] = defaultdict(dict)
    for key, array in arrays.items():
        name, _, part = key.partition(".")
        found[name][part] = array
    return found


def needed_for(nodes: Iterable[Node], wanted: str) -> list[Node]:
    """Give the nodes that an output depends on, in their order."""
    names, order = {wanted}, list[Node]()
    for node in reversed(list(nodes)):
        if node.name in names:
            names |= set(node.inputs)
            order.append(node)
    return order[::-1]


def count_uses(nodes: Iterable[Node], wanted: Iterable[str]) -> dict[str, int]:
    """Count how many want each node's output; those from outside want some, too."""
    uses = dict.fromkeys(wanted, 1)
    for node in nodes:
        for source in node.inputs:
            uses[source] = uses.get(source, 0) + 1
    return uses


def join_activations(nodes: Sequence[Node], wanted: str) -> list[Node]:
    """Let convolutions apply the activation that alone uses their output, unless that is wanted itself."""
    uses = count_uses(nodes, [wanted])
    joined: dict[str, Node] = {}
    for node in nodes:
        before = joined.get(node.inputs[0])
        if (
            isinstance(node.layer, Activation)
            and before is not None
            and isinstance(before.layer, Conv)
            and before.layer.activation is None
            and uses[before.name] == 1
        ):
            del joined[before.name]
            layer = replace(before.layer, activation=node.layer.name)
            node = replace(node, layer=layer, inputs=before.inputs, holder=before.holder)
        joined[node.name] = node
    return list(joined.values())


def join_pools(nodes: Sequence[Node], wanted: str) -> list[Node]:
    """Let convolutions be pooled at once where that alone uses their output."""
    uses = count_uses(nodes, [wanted])
    joined: dict[str, Node] = {}
    for node in nodes:
        before = joined.get(node.inputs[0])
        if before is not None and uses[before.name] == 1 and PooledConv.takes(before.layer, node.layer):
            del joined[before.name]
            layer = PooledConv(before.layer, node.layer)  # type: ignore[arg-type]
            node = replace(node, layer=layer, inputs=before.inputs, holder=before.holder)
        joined[node.name] = node
    return list(joined.values())
