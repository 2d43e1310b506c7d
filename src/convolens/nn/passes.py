"""The passes of a prepared network: what each computes, into arrays that are there already."""

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np

from convolens.algorithms import product
from convolens.algorithms.base import Pipeline
from convolens.nn.joined import Step
from convolens.nn.layer import Shape
from convolens.nn.links import CEILINGS
from convolens.nn.memory import laid_out
from convolens.ops.arrays import Array
from convolens.ops.prepared import PreparedConv
from convolens.ops.transposed import PreparedConvTranspose
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.replay import Bound, Recording
from convolens.spec.layout import LAST

Call = Callable[[], None]
DType = np.dtype[np.generic]
LEAST = 1 << 12  # numbers below which NumPy takes hardly longer, and nothing is compiled
STRIDED = ("winograd-4", "winograd-2", "depthwise")
"""Algorithms that read and write some of the channels of a map where they lie."""


class Pass:
    """
    What a step comes down to, once shapes are known.

    Arrays come as (N, C, size…) with the channels innermost in memory, or as (N, features).

    Attributes
    ----------
    step : Step
        What is computed.
    name : str
        Whose output this is.
    inputs : tuple of str
        What it is done to.
    is_view : bool
        Whether the result is what comes in, as it lies in memory.
    limit : float
        What magnitudes of the first input have to be below for the way that :meth:`bind` returned.
    reads_parts, writes_parts : bool
        Whether inputs and output may be some channels of larger maps, without anything being copied.
    adds_to : str, optional
        The input that the result may be written over, as each of its cells is added to that of the result.
    """

    is_view = False
    limit = math.inf
    reads_parts = False
    writes_parts = False
    adds_to: str | None = None

    def __init__(self, step: Step) -> None:
        self.step, self.name, self.inputs = step, step.node.name, step.node.inputs

    def result_dtype(self, dtypes: Sequence[DType]) -> DType:
        """Give the type of the result."""
        return np.result_type(*dtypes)

    def compute(self, inputs: Sequence[Array], out: Array) -> None:
        """Compute, whatever numbers come in."""
        out[...] = self.step.node.layer.forward(self.step.weights, *inputs)[0]

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Return the quickest way of computing, for these arrays alone; it may compute while it is made."""
        return functools.partial(self.compute, inputs, out)

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Bound the magnitudes of the result by those of the inputs; infinity where that takes a look at it."""
        return math.inf


class View(Pass):
    """What comes in, seen otherwise; nothing is computed."""

    is_view = True

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Give the input's."""
        return magnitudes[0]


class Convolution(Pass):
    """A convolution, and what follows it in registers."""

    def __init__(self, step: Step, conv: PreparedConv, shape: Shape, dtype: DType) -> None:
        super().__init__(step)
        self.conv = conv
        name = conv.plan_at_hand(shape, dtype).algorithm.name
        if name == "tiled" and len(self.inputs) > 1 and not step.is_dense:
            self.adds_to = self.inputs[1]
        self.reads_parts = name in STRIDED and not step.is_dense
        self.writes_parts = self.reads_parts or (name == "tiled" and not step.is_dense)
        sums = np.abs(conv.weight, dtype=np.float64).reshape(len(conv.weight), -1).sum(1)
        self.gain = float(sums.max(initial=0))
        self.offset = 0.0 if conv.bias is None else float(np.abs(conv.bias).max(initial=0))
        self.largest = float(np.finfo(conv.weight.dtype).max)
        self.ceiling = CEILINGS.get(conv.activation or "")

    def result_dtype(self, dtypes: Sequence[DType]) -> DType:
        """Give the common type of input and weights."""
        return np.result_type(*dtypes, self.conv.weight)

    def compute(self, inputs: Sequence[Array], out: Array) -> None:
        """Convolve."""
        image, *rest = self._laid_out(inputs)
        residual = np.ascontiguousarray(rest[0], out.dtype) if rest else None
        self.conv(image, residual=residual, out=self._laid_out([out])[0])

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Repeat what compiled code does."""
        (image, *rest), (target,) = self._laid_out(inputs), self._laid_out([out])
        alike = all(array.dtype == out.dtype for array in rest)  # what is added has the type of the result
        found = self.conv.bound(image, target, *rest) if alike else None
        if found is None:
            return super().bind(inputs, out)
        call, self.limit = found
        return call

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Sum magnitudes; where sums may overflow nothing is known, for no activation makes a number of NaN."""
        image, *rest = magnitudes
        bound = self.gain * max(image, self.border) + self.offset + sum(rest)
        if not bound < self.largest:
            return math.inf
        return bound if self.ceiling is None else self.ceiling

    @property
    def border(self) -> float:
        """Give the magnitude of a constant border."""
        border = self.conv.options["border"]
        return abs(border) if isinstance(border, (int, float)) else 0.0

    def _laid_out(self, arrays: Sequence[Array]) -> list[Array]:
        """View arrays as the convolution takes them; a batch of vectors as one row of cells."""
        if self.step.is_dense:
            return [array[np.newaxis] for array in arrays]
        return [laid_out(array, LAST) for array in arrays]


class Product(Convolution):
    """A fully connected layer of one item: weights are used where they are, as fast as memory gives them."""

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Repeat what compiled code does."""
        weight, activation = self.conv.weight[..., 0], self.conv.activation
        alike = all(array.dtype == out.dtype for array in (*inputs, weight))
        if len(inputs) > 1 or not alike or product.refusal(weight.shape, out.dtype, activation) is not None:
            return super().bind(inputs, out)
        bias = np.zeros(len(weight)) if self.conv.bias is None else self.conv.bias
        constants = Pinned(weight), Pinned(bias.astype(out.dtype))

        def multiply() -> bool:
            product.run(constants[0], inputs[0][0], constants[1], activation, out[0])
            return True

        return recorded(multiply, inputs[0], out) or super().bind(inputs, out)


class Transposed(Pass):
    """A transposed convolution, whose weights are prepared once."""

    writes_parts = True

    def __init__(self, step: Step, conv: PreparedConvTranspose) -> None:
        super().__init__(step)
        self.conv = conv
        weight, bias = conv.weight, conv.bias
        sums = np.abs(weight, dtype=np.float64).reshape(conv.options["groups"], -1, *weight.shape[1:])
        self.gain = float(sums.sum((1, *range(3, sums.ndim))).max(initial=0))
        self.offset = 0.0 if bias is None else float(np.abs(bias).max(initial=0))
        self.largest = float(np.finfo(weight.dtype).max)

    def result_dtype(self, dtypes: Sequence[DType]) -> DType:
        """Give the common type of input and weights."""
        return np.result_type(*dtypes, self.conv.weight)

    def compute(self, inputs: Sequence[Array], out: Array) -> None:
        """Convolve."""
        self.conv(laid_out(inputs[0], LAST), out=laid_out(out, LAST))

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Repeat what compiled code does."""
        found = self.conv.bound(laid_out(inputs[0], LAST), laid_out(out, LAST))
        return super().bind(inputs, out) if found is None else found

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Sum magnitudes; where sums may overflow nothing is known."""
        bound = self.gain * magnitudes[0] + self.offset
        return bound if bound < self.largest else math.inf


def compiles(pipeline: Pipeline, out: Array) -> bool:
    """Whether loops are worth compiling for a result, or are there already."""
    name, parameters = pipeline
    return compiler.available() and (out.size >= LEAST or compiler.ready(name, **parameters))


def recorded(work: Callable[[], bool], *arrays: Array) -> Bound | None:
    """Do some work on arrays, and return what does it again; None where it was refused, or took more than that."""
    with Recording() as recording:
        done = work()
    return recording.bound(*arrays) if done else None
