"""A network as it is used: layers joined into one pass each, weights prepared once, buffers used again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from convolens.nn.activation import Activation, Dropout
from convolens.nn.convolution import Conv
from convolens.nn.graph import INPUT, Node, count_uses, needed_for
from convolens.nn.memory import arranged, laid_out, restored
from convolens.nn.merge import Add
from convolens.nn.normalise import BatchNorm
from convolens.nn.pooling import Pool
from convolens.ops.arrays import Array
from convolens.ops.prepared import MANY, PreparedConv
from convolens.spec.layout import join_shape

if TYPE_CHECKING:
    from convolens.nn.network import Network

MOST_SHAPES = 256  # of buffers that are kept


@dataclass(frozen=True, eq=False)
class Step:
    """
    One or more nodes in one pass.

    Attributes
    ----------
    node : Node
        The last of them, with what is done and what to; the last input of two is added as a residual.
    weights : dict of str to ndarray
        What they learned, folded together.
    window : int or tuple of int, optional
        Of the max pooling at the end.
    """

    node: Node
    weights: dict[str, Array]
    window: Any = None

    @property
    def has_residual(self) -> bool:
        """Tell whether a convolution is given something to add."""
        return len(self.node.inputs) == 2

    def joined(self, node: Node, **changes: Any) -> "Step":
        """Return this step with what a node behind it does, in that node's place."""
        layer = replace(self.node.layer, **changes)
        return replace(self, node=replace(self.node, name=node.name, layer=layer))


class PreparedNetwork:
    """
    A network whose weights stay; made by :meth:`Network.prepare`.

    Convolutions take along the normalisation, sum, activation and max pooling that follow them; dropout is left
    out. Maps keep their channels innermost. What nobody wants any more is written over by what comes next. It may
    be called from several threads.
    """

    def __init__(self, network: "Network") -> None:
        self.network = network
        self.steps = join_steps(network)
        self._uses = count_uses((step.node for step in self.steps), [])
        self._convs: dict[tuple[str, str], PreparedConv] = {}
        self._free: dict[tuple[Any, ...], list[Array]] = {}

    def __call__(self, x: Any) -> Array:
        """
        Compute what a batch of items leads to; see :meth:`Network.__call__`.

        Up to rounding the result is the network's.
        """
        values, uses, owned = {INPUT: self.network._checked(x)}, self._uses.copy(), dict[str, Array]()
        last = values[INPUT]
        for step in self.steps:
            inputs = [values[source] for source in step.node.inputs]
            if isinstance(step.node.layer, Conv):
                last = self._convolved(step, step.node.layer, inputs, owned)
            else:
                last = step.node.layer.forward(step.weights, *inputs)[0]
            values[step.node.name] = last
            for source in step.node.inputs:
                uses[source] -= 1
                if not uses[source]:
                    del values[source]
                    self._give_back(owned.pop(source, None), values)
        return last

    def _convolved(self, step: Step, layer: Conv, inputs: list[Array], owned: dict[str, Array]) -> Array:
        source, layout = arranged(inputs[0])
        key = step.node.name, layout
        conv = self._convs.get(key)
        if conv is None:
            weight, bias = step.weights["weight"], step.weights.get("bias")
            conv = layer.prepared(weight, bias, inputs[0].shape[1], layout, calls=MANY, max_pool=step.window)
            self._convs[key] = conv
        residual = np.ascontiguousarray(laid_out(inputs[1], layout)) if step.has_residual else None
        out = None
        if step is not self.steps[-1]:  # the last result belongs to the caller
            channels, *size = self.network.shapes[step.node.name]
            shape = join_shape(len(source), channels, tuple(size), layout)
            dtype = np.result_type(source, conv.weight)
            try:
                out = self._free[shape, dtype].pop()
            except (KeyError, IndexError):  # one look, so that no other thread comes between
                out = np.empty(shape, dtype)
            owned[step.node.name] = out
        return restored(conv(source, residual=residual, out=out), layout)

    def _give_back(self, buffer: Array | None, values: Mapping[str, Array]) -> None:
        """Let a buffer be used again, unless a value is a view of it."""
        if buffer is not None and not any(np.may_share_memory(buffer, value) for value in values.values()):
            if len(self._free) >= MOST_SHAPES:
                self._free.clear()
            self._free.setdefault((buffer.shape, buffer.dtype), []).append(buffer)


def join_steps(network: "Network") -> list[Step]:
    """Join nodes that can be computed in one pass."""
    stands_for: dict[str, str] = {}
    nodes: list[Node] = []
    for node in needed_for(network.nodes, network.last):
        inputs = tuple(stands_for.get(source, source) for source in node.inputs)
        if isinstance(node.layer, Dropout):
            stands_for[node.name] = inputs[0]
        else:
            nodes.append(replace(node, inputs=inputs))
    uses = count_uses(nodes, [stands_for.get(network.last, network.last)])
    steps: dict[str, Step] = {}
    held = network._by_node()
    for node in nodes:
        weights = {name: array.copy() for name, array in held[node.holder].items()}
        for source in reversed(node.inputs):
            before = steps.get(source)
            found = _join(before, node, weights) if before is not None and uses[source] == 1 else None
            if found is not None:
                del steps[source]
                break
        else:
            found = Step(node, weights)
        steps[node.name] = found
    return list(steps.values())


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
