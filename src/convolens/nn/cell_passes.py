"""Passes whose cells know nothing of each other: chains of operations on each number, layer normalisation."""

import math
from collections.abc import Sequence

import numpy as np

from convolens.algorithms import elementwise, normal
from convolens.nn.joined import Step
from convolens.nn.normalise import LayerNorm
from convolens.nn.passes import Call, Pass, compiles, recorded
from convolens.ops.arrays import Array, quietly
from convolens.runtime.call import Pinned


class Elementwise(Pass):
    """A chain of operations on each number."""

    reads_parts = writes_parts = True

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self.links, self.largest = step.links, math.inf

    @quietly
    def compute(self, inputs: Sequence[Array], out: Array) -> None:
        """Calculate."""
        value, maps = inputs[0], iter(inputs[1:])
        for link in self.links:
            constant = None if link.constant is None else link.constant.astype(value.dtype, copy=False)
            value = link.value(value, next(maps) if link.takes_map else constant)
        out[...] = value

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Repeat what compiled code does."""
        self.largest = float(np.finfo(out.dtype).max)
        chain = [(link.name, link.numbers) for link in self.links]
        others = self._others(inputs, out)
        if others is None or elementwise.refusal(chain, out.dtype) is not None:
            return super().bind(inputs, out)
        if not compiles(elementwise.pipeline(chain, out.shape[1], out.dtype), out):
            return super().bind(inputs, out)
        found = recorded(lambda: elementwise.run(chain, inputs[0], others, out), *inputs, out)
        return super().bind(inputs, out) if found is None else found

    def _others(self, inputs: Sequence[Array], out: Array) -> list[Array | Pinned] | None:
        """Lay out what operations take beside; None where that is of another type, or lies otherwise."""
        if any(array.dtype != out.dtype for array in inputs):
            return None
        maps, found = iter(inputs[1:]), list[Array | Pinned]()
        for link in self.links:
            if link.name not in elementwise.JOINS:
                continue
            array = next(maps) if link.constant is None else _constant(link.constant, out)
            laid_out = elementwise.rows(np.broadcast_to(array, out.shape))
            if laid_out is None:
                return None
            found.append(laid_out if link.constant is None else Pinned(laid_out))
        return found

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Follow the chain; where numbers may overflow nothing is known, for no function makes a number of NaN."""
        found, maps = magnitudes[0], iter(magnitudes[1:])
        for link in self.links:
            if not found < self.largest:
                return math.inf
            found = link.magnitude(found, next(maps) if link.takes_map else 0)
        return found if found < self.largest else math.inf


def _constant(numbers: Array, out: Array) -> Array:
    """Lay out a constant beside the channels of ``out``: a number for each, or for each cell of an item."""
    each = (out.shape[1], *(1,) * (out.ndim - 2))
    shape = each if numbers.size == 1 or numbers.shape == each else out.shape[1:]
    whole = np.broadcast_to(numbers.reshape(()) if numbers.size == 1 else numbers, shape).astype(out.dtype)
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(whole, 0, -1)), -1, 0)


class LayerNormalisation(Pass):
    """The channels of each cell brought to mean 0 and variance 1."""

    reads_parts = writes_parts = True

    def __init__(self, step: Step, layer: LayerNorm) -> None:
        super().__init__(step)
        self.layer = layer
        scale, shift = (np.abs(step.weights[name]).max(initial=0) for name in ("scale", "shift"))
        self.most = math.sqrt(len(step.weights["scale"])) * float(scale) + float(shift)

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Repeat what compiled code does."""
        (x,) = inputs
        if x.dtype != out.dtype or normal.refusal(out.dtype) is not None:
            return super().bind(inputs, out)
        if not compiles(normal.pipeline(out.shape[1], out.dtype), out):
            return super().bind(inputs, out)
        scale, shift = (Pinned(self.step.weights[name].astype(out.dtype)) for name in ("scale", "shift"))
        found = recorded(lambda: normal.run(x, scale, shift, self.layer.epsilon, out), x, out)
        return super().bind(inputs, out) if found is None else found

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Give what one channel has where all others are alike; nothing is known where squares may overflow."""
        most = math.sqrt(float(np.finfo(np.float32).max)) / len(self.step.weights["scale"])
        return self.most if magnitudes[0] < most else math.inf
