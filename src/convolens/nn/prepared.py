"""A network as it is used: layers joined into one pass each, weights prepared once, one block of memory."""

import threading
from typing import TYPE_CHECKING, Any

from convolens.nn.convolution import Conv, ConvTranspose
from convolens.nn.graph import INPUT
from convolens.nn.joined import Step, join_steps
from convolens.nn.making import pass_of
from convolens.nn.passes import Convolution, DType, Pass, Product, Transposed
from convolens.nn.program import Program
from convolens.nn.strips import join_in_strips
from convolens.ops.arrays import Array
from convolens.ops.prepared import MANY, PreparedConv
from convolens.ops.transposed import PreparedConvTranspose
from convolens.runtime.memory import Shelf
from convolens.runtime.threads import thread_count
from convolens.spec.layout import LAST, join_shape

if TYPE_CHECKING:
    from convolens.nn.network import Network

MOST_PROGRAMS = 4  # kinds of inputs whose calls are ready; each holds prepared weights


class PreparedNetwork:
    """
    A network whose weights stay; made by :meth:`Network.prepare`.

    Convolutions take along the normalisation, sum, activation and max pooling that follow them; dropout is left
    out. Maps keep their channels innermost, and share one block of memory, in which what nobody wants any more is
    written over. It may be called from several threads.

    Attributes
    ----------
    network : Network
        What was prepared.
    steps : list of Step
        What is computed in one pass each.
    """

    def __init__(self, network: "Network", *, tune: bool = False) -> None:
        self.network = network
        self.steps, self._last = join_steps(network)
        self._tune = tune
        self._begin()

    def _begin(self) -> None:
        self._convs: dict[tuple[str, bool], PreparedConv] = {}
        self._adjoints: dict[str, PreparedConvTranspose] = {}
        self._programs: dict[tuple[Any, ...], list[Program]] = {}
        self._shelf = Shelf()
        self._making = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Copy and pickle layers and weights as they were prepared; programs are made anew."""
        return {name: self.__dict__[name] for name in ("network", "steps", "_last", "_tune")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was copied."""
        self.__dict__ |= state
        self._begin()

    def __call__(self, x: Any) -> Array:
        """
        Compute what a batch of items leads to; see :meth:`Network.__call__`.

        Up to rounding the result is the network's. The first call with a batch of another size takes longer.
        """
        batch = self.network.batch(x)
        if not len(batch):
            return self.network(batch)
        key = thread_count(), len(batch), batch.dtype
        try:
            program = self._programs[key].pop()  # nobody else's meanwhile
        except (KeyError, IndexError):
            program = self.program(len(batch), batch.dtype)
        result = program(batch)
        if len(self._programs) >= MOST_PROGRAMS and key not in self._programs:
            self._programs.clear()
        self._programs.setdefault(key, []).append(program)
        return result

    def program(self, batch: int, dtype: DType) -> Program:
        """Make the passes for batches of a size and type, with arrays of their own."""
        with self._making, self._shelf.serving():
            shapes, dtypes, passes = dict(self.network.shapes), {INPUT: dtype}, list[Pass]()
            for step in self.steps:
                for one in self._passes(step, batch, shapes, dtypes[step.node.inputs[0]]):
                    dtypes[one.name] = one.result_dtype([dtypes[source] for source in one.inputs])
                    passes.append(one)
            passes = join_in_strips(passes, self._last, shapes, batch, dtypes)
            return Program(passes, self._last, shapes, batch, dtype)

    def _passes(self, step: Step, batch: int, shapes: dict[str, tuple[int, ...]], dtype: DType) -> list[Pass]:
        """Make the passes of a step; a pooling that its convolution does not take along is one of its own."""
        layer = step.node.layer
        if isinstance(layer, ConvTranspose):
            return [Transposed(step, self._transposed(step, layer))]
        if not isinstance(layer, Conv):
            return [pass_of(step)]
        channels, *size = shapes[step.node.inputs[0]]
        shape = (1, batch, channels) if step.is_dense else join_shape(batch, channels, tuple(size), LAST)
        if step.window is not None:
            conv = self._conv(step, layer, channels, pooled=True)
            if not step.has_residual and conv.plan_at_hand(shape, dtype).chosen.pools:
                return [Convolution(step, conv, shape, dtype)]
            before, behind = step.parted()
            shapes[before.node.name] = (layer.kernels, *layer.output_shape(shapes[step.node.inputs[0]])[1:])
            return [*self._passes(before, batch, shapes, dtype), pass_of(behind)]
        kind = Product if step.is_dense and batch == 1 else Convolution
        return [kind(step, self._conv(step, layer, channels, pooled=False), shape, dtype)]

    def _conv(self, step: Step, layer: Conv, channels: int, *, pooled: bool) -> PreparedConv:
        key = step.node.name, pooled
        if key not in self._convs:
            self._convs[key] = layer.prepared(
                step.weights["weight"], step.weights.get("bias"), channels, LAST,
                calls=MANY, max_pool=step.window if pooled else None, tune=self._tune,
            )  # fmt: skip
        return self._convs[key]

    def _transposed(self, step: Step, layer: ConvTranspose) -> PreparedConvTranspose:
        name = step.node.name
        if name not in self._adjoints:
            self._adjoints[name] = layer.prepared(step.weights["weight"], step.weights.get("bias"))
        return self._adjoints[name]
