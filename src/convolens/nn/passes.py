"""The passes of a prepared network: what each computes, into arrays that are there already."""

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np

from convolens.nn.activation import Activation
from convolens.nn.joined import Step
from convolens.nn.layer import Layer
from convolens.nn.memory import laid_out
from convolens.nn.merge import Add, Concat, Multiply
from convolens.nn.pooling import MAX, Pool
from convolens.ops.activations import activate
from convolens.ops.arrays import Array
from convolens.ops.pooling.compiled import bound_max_pool
from convolens.ops.prepared import PreparedConv
from convolens.spec.layout import LAST
from convolens.spec.padding import per_dimension
from convolens.spec.pooling import PoolSpec

Call = Callable[[], None]
DType = np.dtype[np.generic]
CEILINGS = {"relu6": 6.0, "sigmoid": 1.0, "tanh": 1.0}
"""What no magnitude behind an activation is above."""


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
    limit : float
        What magnitudes of the first input have to be below for the way that :meth:`bind` returned.
    """

    is_view = False
    limit = math.inf

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

    def __init__(self, step: Step, conv: PreparedConv) -> None:
        super().__init__(step)
        self.conv = conv
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


class MaxPooling(Pass):
    """The largest of each window."""

    def __init__(self, step: Step, layer: Pool) -> None:
        super().__init__(step)
        self.layer = layer

    def compute(self, inputs: Sequence[Array], out: Array) -> None:
        """Pool."""
        image, target = laid_out(inputs[0], LAST), laid_out(out, LAST)
        MAX[image.ndim - 2](image, self.layer.window, layout=LAST, out=target, **self.layer.windows())

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Repeat what compiled code does."""
        image, target = laid_out(inputs[0], LAST), laid_out(out, LAST)
        window = per_dimension(self.layer.window, image.ndim - 2, "window")
        spec = PoolSpec(image.shape, window, layout=LAST, dtype=image.dtype, **self.layer.windows())
        return bound_max_pool(spec, image, target) or super().bind(inputs, out)

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Give the input's."""
        return magnitudes[0]


class Elementwise(Pass):
    """What is done to each number, or moves numbers, in place of a copy."""

    def __init__(self, step: Step, way: Callable[..., None]) -> None:
        super().__init__(step)
        self.way = way

    def compute(self, inputs: Sequence[Array], out: Array) -> None:
        """Write into the array."""
        self.way(self.step.node.layer, inputs, out)


def _activate(layer: Activation, inputs: Sequence[Array], out: Array) -> None:
    np.copyto(out, inputs[0])
    activate(out, layer.name)


def _add(layer: Add, inputs: Sequence[Array], out: Array) -> None:
    np.add(inputs[0], inputs[1], out=out)
    for other in inputs[2:]:
        np.add(out, other, out=out)


def _multiply(layer: Multiply, inputs: Sequence[Array], out: Array) -> None:
    np.multiply(inputs[0], inputs[1], out=out)


def _concatenate(layer: Concat, inputs: Sequence[Array], out: Array) -> None:
    joined, start = np.moveaxis(out, layer.axis, 0), 0
    for array in inputs:
        joined[start : start + array.shape[layer.axis]] = np.moveaxis(array, layer.axis, 0)
        start += array.shape[layer.axis]


WAYS: dict[type[Layer], Callable[..., None]] = {
    Activation: _activate,
    Add: _add,
    Concat: _concatenate,
    Multiply: _multiply,
}


def pass_of(step: Step) -> Pass:
    """Make the pass of a step that is no convolution."""
    layer = step.node.layer
    if step.is_view:
        return View(step)
    if isinstance(layer, Pool) and layer.take == "max":
        return MaxPooling(step, layer)
    way = WAYS.get(type(layer))
    return Pass(step) if way is None else Elementwise(step, way)
