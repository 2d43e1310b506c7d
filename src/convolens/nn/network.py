"""A network: layers with what they learned, what can be done with them, and where they come from and go to."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from convolens.errors import unknown_name
from convolens.nn.course import Course, Tape
from convolens.nn.graph import INPUT
from convolens.nn.layer import Layer, Training
from convolens.nn.memory import channels_innermost
from convolens.nn.rehearsed import Rehearsals
from convolens.nn.structure import Structure
from convolens.nn.text import add_words, shape_of
from convolens.ops.arrays import Array
from convolens.runtime.memory import Pool
from convolens.spec.stack_text import words_of

if TYPE_CHECKING:
    from convolens.nn.prepared import PreparedNetwork


class Network(Structure):
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
    >>> import numpy as np
    >>> from convolens.nn import Add, Conv
    >>> network = Network((8, 16, 16), [Conv(8, 3, padding=1)])
    >>> network.add(Add(), "input", "conv1")
    'add1'
    >>> network(np.zeros((2, 8, 16, 16), np.float32)).shape
    (2, 8, 16, 16)
    """

    def __init__(self, input_shape: Sequence[int], layers: Iterable[Layer] = (), *, seed: int = 0) -> None:
        super().__init__(input_shape, layers, seed=seed)
        self._courses: dict[tuple[str, bool], Course] = {}
        self._rehearsals = Rehearsals()
        self._memory = Pool()  # of maps and gradients in training

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
        >>> import numpy as np
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
        return vars(self) | {"_courses": {}, "_rehearsals": Rehearsals()}

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
        >>> import numpy as np
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
        course = self._course(wanted, training is not None)
        if training is None:
            return course.forward(self._checked(x), self.held())
        with self._memory.serving():
            return self._rehearsals.forward(course, self.batch(x), self, training)

    def _course(self, wanted: str, is_training: bool) -> Course:
        """Return the way to an output, laid out once for as long as the nodes stay."""
        course = self._courses.get((wanted, is_training))
        if course is None or course.nodes != self.nodes:
            course = self._courses[wanted, is_training] = Course.of(self.nodes, wanted, is_training)
        return course

    def backward(
        self, tape: Tape, grad: Array, *, needs_input: bool = False, needs_weights: bool = True
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
        needs_weights : bool, default True
            Whether those of the weights are; without, any of them may lack.

        Returns
        -------
        dict of str to ndarray, and ndarray or None
            The gradient of every array in :attr:`weights` that had a say; that of the input.
        """
        holders = {key.partition(".")[0] for key in self.weights} if needs_weights else set[str]()
        with self._memory.serving():
            return tape.backward(grad, self.held(), holders, needs_input=needs_input)

    def release(self) -> None:
        """Give back the memory that training holds from step to step."""
        self._rehearsals.clear()
        self._memory.clear()

    def values(self, x: Any) -> dict[str, Array]:
        """Compute the output of every node for a batch, to be looked at; the network's own comes last."""
        found, held = {INPUT: self._checked(x)}, self.held()
        for node in self.nodes:
            inputs = [found[source] for source in node.inputs]
            found[node.name] = node.layer.forward(held[node.name], *inputs)[0]
        return found

    def _checked(self, x: Any) -> Array:
        batch = self.batch(x)
        return channels_innermost(batch) if batch.ndim > 2 else batch
