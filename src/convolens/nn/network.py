"""A network: a directed graph of layers, the weights they learned, and the two ways through it."""

import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.nn.graph import INPUT, Node, by_node, count_uses, join_activations, join_pools, needed_for
from convolens.nn.initialise import Undrawn, check_arrays
from convolens.nn.layer import Layer, Shape, Training, describe
from convolens.nn.memory import channels_innermost
from convolens.nn.text import add_words, shape_of
from convolens.ops.arrays import Array, as_array
from convolens.runtime.memory import Pool
from convolens.spec.padding import whole_shape
from convolens.spec.stack_text import words_of

if TYPE_CHECKING:
    from convolens.nn.prepared import PreparedNetwork


@dataclass(frozen=True)
class Tape:
    """What the way forward leaves for the way back: the steps taken, and what each saved."""

    steps: tuple[Node, ...]
    saved: dict[str, Any]


class Network:
    """
    Layers, one after the other or in branches, with all that they learned.

    Parameters
    ----------
    input_shape : sequence of int
        Of one item, (C, size…) or (features,).
    layers : iterable of Layer, optional
        A chain to begin with.
    seed : int, default 0
        What weights are drawn from; each node draws by itself, so that another one changes none that are there.

    Attributes
    ----------
    nodes : list of Node
        In the order in which they are computed; the last one's output is the network's.
    shapes : dict of str to tuple of int
        What each node puts out for one item.
    weights : dict of str to ndarray
        All that is learned, ``conv1.weight`` and the like.
    statistics : dict of str to ndarray
        What is kept without being learned, ``batchnorm1.mean`` and the like.

    Examples
    --------
    >>> from convolens.nn import Add, Conv
    >>> network = Network((8, 16, 16), [Conv(8, 3, padding=1)])
    >>> network.add(Add(), "input", "conv1")
    'add1'
    >>> network(np.zeros((2, 8, 16, 16), np.float32)).shape
    (2, 8, 16, 16)
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
        self._kept: dict[str, dict[Hashable, Any]] = {}  # plans and the like, by node
        self._memory = Pool()  # of maps and gradients in training
        for layer in layers:
            self.add(layer)

    @classmethod
    def from_text(cls, text: str, input_shape: Sequence[int] | None = None, *, seed: int = 0) -> "Network":
        """
        Build a network from text.

        Parameters
        ----------
        text : str
            Layers separated by blanks, as :func:`convolens.parse_stack` reads them; besides ``separable:32,k3``,
            ``prelu``, ``gn:8``, ``ln`` (``ln:1e-5``), ``upsample:2,bilinear``, ``shuffle:2`` and ``gmp``.
            ``a=relu`` calls a node a; ``add:a``, ``concat:a,b`` and ``multiply:a`` join it with the last output,
            and ``from:a`` goes on from there.
        input_shape : sequence of int, optional
            Of one item; without it the text begins with it, ``1x28x28``.
        seed : int, default 0
            As for the class.

        Raises
        ------
        SpecError
            For anything that cannot be read or does not fit; the message names the layer and its place.
        UnknownNameError
            For an unknown layer, option or node.

        Examples
        --------
        >>> network = Network.from_text("conv 16,k3 relu max 2 flatten dense 10", (1, 28, 28))
        >>> [node.name for node in network.nodes], network.output_shape
        (['conv1', 'relu1', 'maxpool1', 'flatten1', 'dense1'], (10,))
        """
        words = list(words_of(text))
        network = cls(shape_of(words) if input_shape is None else input_shape, seed=seed)
        add_words(network, words)
        return network

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Network":
        """
        Read a network that :meth:`save` wrote.

        Raises
        ------
        FileError
            If there is none, or the file is damaged or something else. Nothing in it is ever run.
        """
        from convolens.nn.store import load_network

        return load_network(path)

    @classmethod
    def from_onnx(
        cls,
        path: str | os.PathLike[str],
        *,
        input_shape: Sequence[int] | None = None,
        output: str | None = None,
    ) -> "Network":
        """
        Read a network from an ONNX file of opset 11 to 21.

        Parameters
        ----------
        path : path
            The file; weights in files beside it are read, too.
        input_shape : sequence of int, optional
            Of one item; wanted where the file leaves sizes open. The batch may have any size, whatever the file
            says.
        output : str, optional
            Which output is wanted, where there are several.

        Returns
        -------
        Network
            In float32, or in float64 where the file's input is. GELU, SiLU, hard-swish, layer and group
            normalisation that the file has in parts become one layer each.

        Raises
        ------
        FileError
            If there is no such file, or it is damaged or something else.
        SpecError
            For operators that are not known, and for what a network cannot be: operations along the batch, several
            inputs. The message names operator, node and opset.
        ConvolensError
            If the package ``onnx`` is not installed.
        """
        from convolens.nn.onnx.read import read_network

        return read_network(path, input_shape, output)

    def to_onnx(self, path: str | os.PathLike[str], *, opset: int = 17, overwrite: bool = False) -> None:
        """
        Write the network into an ONNX file, whole or not at all.

        Parameters
        ----------
        path : path
            The file.
        opset : int, default 17
            From 11 to 21. ``Function("celu")`` needs 12, dilated means 19, and ``Function("gelu-tanh")`` 20.
        overwrite : bool, default False
            Replace a file that is there.

        Raises
        ------
        FileError
            If the file exists, without ``overwrite``, or cannot be written.
        SpecError
            If a layer needs a newer opset.
        ConvolensError
            If the package ``onnx`` is not installed.

        Notes
        -----
        The input is called ``input`` and has a batch of any size. Weights keep their names.
        """
        from convolens.nn.onnx.write import write_network

        write_network(self, path, opset=opset, overwrite=overwrite)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """
        Write layers and weights into one safetensors file, whole or not at all.

        The layers are JSON in its header; other programs read the weights by their names.

        Raises
        ------
        FileError
            If the file exists, without ``overwrite``, or cannot be written.
        """
        from convolens.nn.store import save_network

        save_network(self, path, overwrite=overwrite)

    def load_state(
        self, source: Mapping[str, Any] | str | os.PathLike[str], *, names: Mapping[str, str] | None = None
    ) -> None:
        """
        Take weights and running means from a PyTorch state dict.

        Parameters
        ----------
        source : mapping of str to array_like, or path
            The state, ``module.state_dict()``, or a safetensors file of one.
        names : mapping of str to str, optional
            For nodes, the modules they are called in the state. All others follow in their order, unless all are
            called alike. A file sorts modules by their names; there each node takes the first that fits.

        Raises
        ------
        SpecError
            If the two have other layers or shapes; nothing is changed then.
        UnknownNameError
            If there is no such node or module.
        FileError
            If the file is none of safetensors. A pickle (.pt, .pth) is refused, whatever is in it.

        Examples
        --------
        >>> network = Network.from_text("1x4x4 conv 2,k3 flatten dense 3")
        >>> state = {"0.weight": np.ones((2, 1, 3, 3)), "0.bias": np.zeros(2)}
        >>> network.load_state(state | {"2.weight": np.ones((3, 8)), "2.bias": np.arange(3)})
        >>> network(np.ones((1, 1, 4, 4)))
        array([[72., 73., 74.]])
        """
        from convolens.nn.state import load_state

        load_state(self, source, names)

    def state(self) -> dict[str, Array]:
        """
        Give copies of weights and running means, as PyTorch names them, by node.

        In the order of PyTorch's modules: ``dict(zip(module.state_dict(), map(torch.tensor,
        network.state().values())))`` is a state for a module of the same layers, but for what batch normalisation
        counts.
        """
        from convolens.nn.state import network_state

        return network_state(self)

    def __str__(self) -> str:
        """Tell of each layer its shape, parameters, multiply-adds for one item, and receptive field."""
        from convolens.nn.table import network_table

        return network_table(self)

    def __getstate__(self) -> dict[str, Any]:
        """Copy and pickle all but what can be made again."""
        return vars(self) | {"_kept": {}}

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

    def __call__(self, x: Any) -> Array:
        """
        Compute what a batch of items leads to, as it is used, not as it is trained.

        Parameters
        ----------
        x : array_like, shape (N, \\*input_shape)
            The batch.
        """
        return self.forward(x)[0]

    def prepare(self, *, tune: bool = False) -> "PreparedNetwork":
        """
        Prepare the network for use: layers joined, weights folded and prepared once.

        Parameters
        ----------
        tune : bool, default False
            Measure the algorithms that may serve each convolution at the first call with a batch of some size,
            instead of predicting their times; see :func:`convolens.tune_conv`.

        Returns
        -------
        PreparedNetwork
            Call it with a batch. What the network learns later does not reach it.

        Examples
        --------
        >>> network = Network.from_text("3x8x8 conv 4,k3 bn relu max 2 conv 8,k1 relu flatten dropout dense 2")
        >>> prepared = network.prepare()
        >>> [step.node.name for step in prepared.steps]
        ['maxpool1', 'relu2', 'flatten1', 'dense1']
        >>> prepared(np.zeros((5, 3, 8, 8))).shape
        (5, 2)
        """
        from convolens.nn.prepared import PreparedNetwork

        return PreparedNetwork(self, tune=tune)

    def forward(self, x: Any, *, training: Training | None = None, until: str | None = None) -> tuple[Array, Tape]:
        """
        Compute what a batch of items leads to, and what the way back will need.

        Parameters
        ----------
        x : array_like, shape (N, \\*input_shape)
            The batch; the channels of maps are set innermost.
        training : Training, optional
            Given in training only; without it nothing is saved.
        until : str, optional
            The node whose output is wanted; by default the last.

        Raises
        ------
        SpecError
            If the items have another shape.
        UnknownNameError
            If there is no such node.
        """
        wanted = until or self.last
        if wanted not in self.shapes:
            raise unknown_name("node", wanted, self.shapes)
        if training is None:
            return self._forward(x, wanted, None)
        with self._memory.serving():
            return self._forward(x, wanted, training)

    def _forward(self, x: Any, wanted: str, training: Training | None) -> tuple[Array, Tape]:
        steps = join_activations(needed_for(self.nodes, wanted), wanted)
        if training is not None:
            steps = join_pools(steps, wanted)
        uses = count_uses(steps, [wanted])
        values, saved, held = {INPUT: self._checked(x)}, dict[str, Any](), self.held()
        for step in steps:
            inputs = [values[source] for source in step.inputs]
            told = None if training is None else replace(training, kept=self._kept.setdefault(step.name, {}))
            values[step.name], left = step.layer.forward(held[step.holder], *inputs, training=told)
            if training is not None:
                saved[step.name] = left
            for source in step.inputs:
                uses[source] -= 1
                if not uses[source]:
                    values.pop(source, None)  # nobody wants it any more
        return values[wanted], Tape(tuple(steps), saved)

    def backward(
        self, tape: Tape, grad: Array, *, needs_input: bool = False
    ) -> tuple[dict[str, Array], Array | None]:
        """
        Take a gradient with respect to the output back to all that is learned, and to the input.

        Parameters
        ----------
        tape : Tape
            From :meth:`forward` in training.
        grad : ndarray
            Of the output's shape.
        needs_input : bool, default False
            Whether that of the input is wanted.

        Returns
        -------
        dict of str to ndarray, and ndarray or None
            The gradient of every array in :attr:`weights` that had a say; that of the input.
        """
        with self._memory.serving():
            return self._backward(tape, grad, needs_input)

    def _backward(self, tape: Tape, grad: Array, needs_input: bool) -> tuple[dict[str, Array], Array | None]:
        flowing: dict[str, Array] = {tape.steps[-1].name if tape.steps else INPUT: grad}
        learned: dict[str, Array] = {}
        wanting, held = self._wanting(tape.steps, needs_input), self.held()
        for step in reversed(tape.steps):
            arriving = flowing.pop(step.name, None)
            if arriving is None or step.name not in wanting:
                continue
            needs = any(source in wanting for source in step.inputs)
            found = step.layer.backward(held[step.holder], tape.saved[step.name], arriving, needs_input=needs)
            learned |= {f"{step.holder}.{part}": array for part, array in found.weights.items()}
            for source, back in zip(step.inputs, found.inputs, strict=True):
                if back is not None and source in wanting:
                    flowing[source] = flowing[source] + back if source in flowing else back
        return learned, flowing.get(INPUT)

    def release(self) -> None:
        """Give back the memory that training holds from step to step."""
        self._memory.clear()

    def values(self, x: Any) -> dict[str, Array]:
        """Compute the output of every node for a batch, to be looked at; the network's own comes last."""
        found, held = {INPUT: self._checked(x)}, self.held()
        for node in self.nodes:
            inputs = [found[source] for source in node.inputs]
            found[node.name] = node.layer.forward(held[node.name], *inputs)[0]
        return found

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

    def _checked(self, x: Any) -> Array:
        batch = self.batch(x)
        return channels_innermost(batch) if batch.ndim > 2 else batch

    def _wanting(self, steps: Iterable[Node], needs_input: bool) -> set[str]:
        """Name the nodes whose gradient leads to something that is learned, or to the input if that is wanted."""
        holders = {key.partition(".")[0] for key in self.weights}
        wanting = {INPUT} if needs_input else set()
        for step in steps:
            if step.holder in holders or any(source in wanting for source in step.inputs):
                wanting.add(step.name)
        return wanting
