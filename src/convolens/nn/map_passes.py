"""Passes over maps: pooling, other sizes, concatenation."""

import functools
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from convolens.algorithms import resize
from convolens.nn.joined import Step
from convolens.nn.memory import laid_out
from convolens.nn.merge import Concat
from convolens.nn.passes import Call, Pass, compiles, recorded
from convolens.nn.pooling import MAX, MEAN, AdaptivePool, GlobalPool, Pool
from convolens.nn.reduce import Reduce
from convolens.nn.reshape import Upsample
from convolens.nn.resize import Resize
from convolens.ops.arrays import Array
from convolens.ops.pooling.compiled import bound_pool, bound_pool_whole
from convolens.runtime.call import address
from convolens.spec.layout import LAST
from convolens.spec.padding import per_dimension
from convolens.spec.pooling import PoolSpec


class Pooling(Pass):
    """The largest, or the mean, of each window."""

    reads_parts = writes_parts = True

    def __init__(self, step: Step, layer: Pool) -> None:
        super().__init__(step)
        self.layer = layer
        self.options = {"layout": LAST, **layer.windows()}
        if layer.take == "mean":
            self.options |= {"count_include_pad": layer.count_include_pad}

    def compute(self, inputs: Sequence[Array], out: Array) -> None:
        """Pool."""
        image, target = laid_out(inputs[0], LAST), laid_out(out, LAST)
        pool = MAX[image.ndim - 2] if self.layer.take == "max" else MEAN[image.ndim - 2]
        pool(image, self.layer.window, out=target, **self.options)

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Repeat what compiled code does."""
        image, target = laid_out(inputs[0], LAST), laid_out(out, LAST)
        window = per_dimension(self.layer.window, image.ndim - 2, "window")
        spec = PoolSpec(image.shape, window, layout=LAST, dtype=image.dtype, **self.layer.windows())
        found = bound_pool(spec, self.layer.take, image, target, count_pads=self.layer.count_include_pad)
        return super().bind(inputs, out) if found is None else found

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Give the input's."""
        return magnitudes[0]


class WholePooling(Pass):
    """The largest number, or the mean, of each channel."""

    reads_parts = True

    def __init__(self, step: Step, layer: GlobalPool | AdaptivePool | Reduce) -> None:
        super().__init__(step)
        self.layer = layer

    @staticmethod
    def takes(step: Step) -> bool:
        """Tell whether this is what a step does."""
        layer = step.node.layer
        if isinstance(layer, AdaptivePool):
            return math.prod((layer.size,) if isinstance(layer.size, int) else layer.size) == 1
        if isinstance(layer, Reduce):
            return layer.take in ("max", "mean") and 1 not in layer.axes
        return isinstance(layer, GlobalPool)

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Repeat what compiled code does."""
        (planes,) = inputs
        if out.size != math.prod(planes.shape[:2]):  # some axes stay
            return super().bind(inputs, out)
        kind: Literal["max", "mean"] = "max" if self.layer.take == "max" else "mean"
        found = bound_pool_whole(kind, planes, out.reshape(out.shape[:2]))
        return super().bind(inputs, out) if found is None else found

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Give the input's."""
        return magnitudes[0]


class Resizing(Pass):
    """A map with another size, each cell from one or two of the input's along each axis."""

    reads_parts = writes_parts = True

    def __init__(self, step: Step, layer: Upsample | Resize) -> None:
        super().__init__(step)
        self.layer = layer

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Repeat what compiled code does."""
        (x,) = inputs
        sizes = x.shape[2:]
        if isinstance(self.layer, Upsample):
            taps = [self.layer.taps(size) for size in sizes]
        else:
            taps = [self.layer.taps(size, dim) for dim, size in enumerate(sizes)]
        if x.dtype != out.dtype or resize.refusal(taps, out.dtype) is not None:
            return super().bind(inputs, out)
        if not compiles(resize.pipeline(taps, out.shape[1], out.dtype), out):
            return super().bind(inputs, out)
        found = recorded(lambda: resize.run(x, taps, out), x, out)
        return super().bind(inputs, out) if found is None else found

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Give the input's, unless what is interpolated may leave it."""
        return math.inf if self.layer.method == "cubic" else magnitudes[0]


class Concatenation(Pass):
    """Maps one after the other along an axis; nothing is done for those that lie where they belong."""

    reads_parts = writes_parts = True

    def __init__(self, step: Step, layer: Concat) -> None:
        super().__init__(step)
        self.axis = layer.axis

    def compute(self, inputs: Sequence[Array], out: Array) -> None:
        """Copy what lies elsewhere."""
        for array, part in self._apart(inputs, out):
            np.copyto(part, array)

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Find what lies elsewhere."""
        apart = self._apart(inputs, out)
        return functools.partial(self.compute, inputs, out) if apart else nothing

    def _apart(self, inputs: Sequence[Array], out: Array) -> list[tuple[Array, Array]]:
        """List the maps that do not lie where they belong, and where that is."""
        parts = np.split(out, np.cumsum([array.shape[self.axis] for array in inputs])[:-1], self.axis)
        pairs = zip(inputs, parts, strict=True)
        return [(array, part) for array, part in pairs if address(array) != address(part)]

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Give the largest of the inputs'."""
        return max(magnitudes)


def nothing() -> None:
    """Do nothing: the result is there."""
