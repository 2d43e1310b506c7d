"""The network that is built while a graph is gone through, and what its values are known as."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from convolens.errors import SpecError
from convolens.nn.axes import Reshape, Transpose
from convolens.nn.choose import Fixed
from convolens.nn.graph import INPUT, needed_for
from convolens.nn.layer import Layer, Shape
from convolens.nn.network import Network
from convolens.nn.onnx.graph import Graph, Operation
from convolens.nn.reshape import Flatten
from convolens.ops.arrays import Array

ANY_BATCH = 1009
"""Stands for a batch of any size where shapes are calculated with: no layer has as many of anything by chance."""
OTHER_BATCH = 1013
"""Stands for another; what differs between the two follows from the batch."""
MOST_CELLS, MOST_OFTEN = 1 << 24, 4
"""Of constants that are computed; beside so many times what the file holds."""


@dataclass(frozen=True)
class View:
    """
    A value: the output of a node, its axes in some order.

    Attributes
    ----------
    node : str
        Whose output.
    axes : tuple of int
        Axis i of the value is axis ``axes[i]`` of the output; the first is 0, the batch.
    """

    node: str
    axes: tuple[int, ...]

    @property
    def is_plain(self) -> bool:
        """Tell whether the axes are in the output's order."""
        return self.axes == tuple(range(len(self.axes)))


class Builder:
    """
    A network in the making.

    Transposes are not computed: they change how a value is seen. Where a layer needs the axes in their own order,
    it is brought about; a transpose there and one back thus cost nothing.

    Parameters
    ----------
    graph : Graph
        What is read.
    input_shape : tuple of int
        Of one item.

    Attributes
    ----------
    network : Network
        As far as it is.
    constants : dict of str to ndarray
        Values that do not depend on the input.
    views : dict of str to View
        Values that do.
    batch, other_batch : int
        The batch's size, where shapes are calculated with; another that it may have, or the same.
    varying : dict of str to ndarray
        What those constants are for the other size that are not the same.
    room : int
        Cells that constants which are still to be computed may have.
    integers : set of str
        Values that are of an integer type in the file; here all are floats.
    uses : Counter
        How many want each value.
    bare : dict of str to set of str
        Normalising nodes that wait for their ``scale`` and ``shift`` from the operations behind them.
    refused : dict of str to SpecError
        Values that cannot be had, and why; it is told where one is wanted.
    """

    def __init__(self, graph: Graph, input_shape: Shape) -> None:
        self.network = Network(input_shape)
        self.constants = dict(graph.constants)
        self.views = {graph.input: View(INPUT, tuple(range(len(input_shape) + 1)))}
        self.batch, self.other_batch = graph.sizes[0] or ANY_BATCH, graph.sizes[0] or OTHER_BATCH
        self.varying: dict[str, Array] = {}
        self.room = MOST_CELLS + MOST_OFTEN * sum(array.size for array in graph.constants.values())
        self.dtype = np.dtype(np.float64 if graph.dtype == np.float64 else np.float32)
        self.uses = Counter(name for operation in graph.operations for name in operation.inputs if name)
        self.uses.update(graph.outputs)
        self.bare: dict[str, set[str]] = {}
        self.integers: set[str] = set()
        self.refused: dict[str, SpecError] = {}

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a value, the batch first."""
        if name in self.constants:
            return self.constants[name].shape
        view = self.view(name)
        full = (self.batch, *self.network.shapes[view.node])
        return tuple(full[axis] for axis in view.axes)

    def view(self, name: str) -> View:
        """Return a value that depends on the input, its axes in any order."""
        if name in self.refused:  # perhaps when it was half read
            raise self.refused[name]
        if name in self.views:
            return self.views[name]
        what = "a constant" if name in self.constants else "missing"
        raise SpecError(f"{name!r} should follow from the input, but is {what}")

    def plain(self, name: str) -> str:
        """Return the node that a value is the output of, its axes in their own order."""
        view = self.view(name)
        if view.is_plain:
            return view.node
        node = self.network.add(Transpose(view.axes[1:]), view.node)
        self.views[name] = View(node, tuple(range(len(view.axes))))
        return node

    def with_channels(self, name: str, axis: int) -> View:
        """Return a value such that one of its axes is that of a node's channels."""
        view = self.view(name)
        if view.axes[axis] == 1:
            return view
        others = [a for a in range(1, len(view.axes)) if a != axis]
        order = (axis, *others)
        node = self.network.add(Transpose(tuple(view.axes[a] for a in order)), view.node)
        axes = [0] * len(view.axes)
        for place, a in enumerate(order, 1):
            axes[a] = place
        return View(node, tuple(axes))

    def axis(self, name: str, axis: int) -> int:
        """Count an axis of a value from the front; refuse the batch, and those that there are not."""
        rank = len(self.shape(name))
        if not -rank <= axis < rank:
            raise SpecError(f"there is no axis {axis} in {self.shape(name)}")
        if axis % rank == 0:
            raise SpecError("it works along the batch, whose items a network keeps apart")
        return axis % rank

    def add(self, layer: Layer, *nodes: str, **weights: Array) -> str:
        """Add a layer with its weights; return its node."""
        if not weights:
            return self.network.add(layer, *nodes)
        given = {name: np.asarray(array, self.dtype) for name, array in weights.items()}
        return self.network.add(layer, *nodes, weights=given)

    def put(self, layer: Layer, name: str, **weights: Array) -> View:
        """Add a layer that takes a value with its axes in their order; return what comes out."""
        return self.plain_view(self.add(layer, self.plain(name), **weights))

    def through(self, layer: Layer, view: View, **weights: Array) -> View:
        """Add a layer that does not care about the order of axes; return what comes out, in the same order."""
        return View(self.add(layer, view.node, **weights), view.axes)

    def kept(self, name: str, rank: int) -> str:
        """
        Return the node that a value is the output of, its axes in their order, also where it is a constant.

        A constant becomes a layer of its own, that shows it to every item; it has as many axes as are asked for.
        """
        if name not in self.constants:
            if len(self.shape(name)) != rank:
                raise SpecError(f"{name!r} has the shape {self.shape(name)}, where {rank} axes meet")
            return self.plain(name)
        array = self.constants[name]
        whole = array.reshape((1,) * (rank - array.ndim) + array.shape)
        if len(whole) != 1:
            raise SpecError(f"its constant {array.shape} is not the same for every item of the batch")
        return self.add(Fixed(whole.shape[1:]), INPUT, constant=whole[0])

    def plain_view(self, node: str) -> View:
        """Return the output of a node as a value."""
        return View(node, tuple(range(len(self.network.shapes[node]) + 1)))

    def reshaped(self, name: str, shape: tuple[int, ...]) -> View:
        """Give a value another shape, the batch first."""
        if shape == self.shape(name):
            return self.view(name)
        if len(shape) < 2 or shape[0] != self.batch or np.prod(shape[1:]) != np.prod(self.shape(name)[1:]):
            raise SpecError(
                f"it would turn {self._written(self.shape(name))} into {self._written(shape)}; "
                "the batch must stay the first axis, by itself"
            )
        return self.put(Flatten() if len(shape) == 2 else Reshape(shape[1:]), name)

    def _written(self, shape: tuple[int, ...]) -> str:
        parts = ("N" if size == ANY_BATCH == self.batch else str(size) for size in shape)
        return f"({', '.join(parts)})"

    def layer(self, node: str) -> Layer | None:
        """Return the layer of a node; None for the input."""
        return next((found.layer for found in reversed(self.network.nodes) if found.name == node), None)

    def constant(self, operation: Operation, index: int, what: str) -> Array:
        """Return an input of an operation that must be a constant."""
        name = operation.given(index)
        if name is None:
            raise SpecError(f"its {what} is missing")
        if name not in self.constants:
            raise SpecError(f"its {what} {name!r} must be a constant, but follows from the input")
        return self.constants[name]

    def optional(self, operation: Operation, index: int, what: str) -> Array | None:
        """Return an input of an operation that must be a constant, if it is there."""
        return None if operation.given(index) is None else self.constant(operation, index, what)

    def whole_numbers(self, operation: Operation, index: int, name: str) -> list[int] | None:
        """Return what is an attribute in old opsets, and an input in new ones; None where it is left out."""
        if name in operation.attributes:
            return [int(value) for value in operation.attributes[name]]
        found = self.optional(operation, index, name)
        return None if found is None else [int(value) for value in found.reshape(-1)]

    def finished(self, name: str) -> Network:
        """Return the network that leads to a value, without what does not lead there."""
        wanted = self.plain(name)
        network = Network(self.network.input_shape)
        names = {INPUT: INPUT}
        held = self.network.held()
        for node in needed_for(self.network.nodes, wanted):
            # Copies, since constants are read-only, and may be one for several nodes: no network could learn so.
            weights = {part: np.array(array, order="C") for part, array in held[node.name].items()}
            inputs = (names[source] for source in node.inputs)
            names[node.name] = network.add(node.layer, *inputs, weights=weights)
        return network


Handler = Callable[[Operation, Builder], View | list[View]]
"""Turns an operation into layers; returns what becomes of its outputs."""
