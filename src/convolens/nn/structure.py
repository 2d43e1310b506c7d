"""What a network is made of: layers in their places, the shapes between them, and all that they learned."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.nn.graph import INPUT, Node, by_node
from convolens.nn.initialise import Undrawn, check_arrays
from convolens.nn.layer import Layer, Shape, describe
from convolens.ops.arrays import Array, as_array
from convolens.spec.padding import whole_shape


class Structure:
    """
    A directed graph of layers, with its weights; :class:`~convolens.nn.Network` says what can be done with it.

    Parameters
    ----------
    input_shape : sequence of int
        Of one item, (C, size…) or (features,).
    layers : iterable of Layer, optional
        A chain to begin with.
    seed : int, default 0
        What weights are drawn from.
    """

    def __init__(self, input_shape: Sequence[int], layers: Iterable[Layer] = (), *, seed: int = 0) -> None:
        self.input_shape: Shape = whole_shape(input_shape, "input shape")
        if not 1 <= len(self.input_shape) <= 4 or 0 in self.input_shape:
            raise SpecError(f"input {self.input_shape} must be channels and 1 to 3 sizes, or features, none 0")
        self.seed = seed
        self.nodes: list[Node] = []
        self.shapes: dict[str, Shape] = {INPUT: self.input_shape}
        self.weights: dict[str, Array] = {}
        self.statistics: dict[str, Array] = {}
        for layer in layers:
            self.add(layer)

    def __repr__(self) -> str:
        return (
            f"Network({describe(self.input_shape)} → {describe(self.output_shape)}, {self.parameters} parameters)"
        )

    @property
    def last(self) -> str:
        """Name the node whose output is the network's."""
        return self.nodes[-1].name if self.nodes else INPUT

    @property
    def output_shape(self) -> Shape:
        """Give the shape of what one item leads to."""
        return self.shapes[self.last]

    @property
    def parameters(self) -> int:
        """Count the numbers that are learned."""
        return sum(array.size for array in self.weights.values())

    def add(
        self, layer: Layer, *inputs: str, name: str | None = None, weights: Mapping[str, Array] | None = None
    ) -> str:
        """
        Add a layer, and return the name of its node.

        Parameters
        ----------
        layer : Layer
            What to do.
        *inputs : str
            To which nodes' outputs; by default to the last one's. ``input`` is what the network is given.
        name : str, optional
            Of the new node; by default its kind and a number, the next that is free.
        weights : mapping of str to ndarray, optional
            All that the layer learns and keeps, by the layer's own names; by default it is drawn.

        Raises
        ------
        SpecError
            If it does not fit its inputs, the weights do not fit it, or the name is taken.
        UnknownNameError
            If there is no such node.
        """
        found = name or self._free_name(layer.kind)
        sources = inputs or (self.last,)
        for source in sources:
            if source not in self.shapes:
                raise unknown_name("node", source, self.shapes)
        if found in self.shapes or not found.replace("-", "").replace("_", "").isalnum():
            raise SpecError(f"a node's name must be new, and of letters and digits, not {found!r}")
        shapes = [self.shapes[source] for source in sources]
        try:
            output = layer.output_shape(*shapes)
        except SpecError as error:
            given = ", ".join(f"{describe(self.shapes[source])} from {source!r}" for source in sources)
            raise SpecError(f"{found!r}, {layer}, does not fit its input, {given}: {error}") from None
        random = Undrawn() if weights is not None else np.random.default_rng([self.seed, *found.encode()])
        learned, kept = (
            {f"{found}.{part}": array for part, array in arrays.items()}
            for arrays in (layer.initial(random, *shapes), layer.statistics(*shapes))
        )
        if weights is not None:
            named = {f"{found}.{part}": array for part, array in weights.items()}
            check_arrays(named, learned | kept)
            learned, kept = ({part: named[part] for part in drawn} for drawn in (learned, kept))
        self.weights |= learned
        self.statistics |= kept
        self.nodes.append(Node(found, layer, sources, found))
        self.shapes[found] = output
        return found

    def _free_name(self, kind: str) -> str:
        first = sum(node.layer.kind == kind for node in self.nodes) + 1
        return next(name for name in (f"{kind}{number}" for number in count(first)) if name not in self.shapes)

    def held(self) -> dict[str, dict[str, Array]]:
        """Return what each node learned and keeps, by the names that its layer gave."""
        return by_node(self.weights | self.statistics)

    def batch(self, x: Any) -> Array:
        """Take a batch of items, as floats; refuse what has another shape."""
        batch = as_array(x, "input")
        if batch.shape[1:] != self.input_shape or not batch.ndim:
            wanted = ", ".join(map(str, self.input_shape))
            missing = "; put an axis for the batch before it" if batch.shape == self.input_shape else ""
            raise SpecError(f"the network takes items of shape (N, {wanted}), not {batch.shape}{missing}")
        if batch.dtype not in (np.float32, np.float64):
            batch = batch.astype(np.float32)
        return batch
