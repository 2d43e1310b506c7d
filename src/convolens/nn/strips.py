"""Convolutions in one pass, strip by strip of rows: what lies between them stays in a core's own cache."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from convolens.algorithms.compiled import aligned_zeros
from convolens.nn.chains import Chain, Rows, parted, runs
from convolens.nn.layer import Shape
from convolens.nn.memory import laid_out
from convolens.nn.passes import Call, Convolution, DType, Pass
from convolens.ops.arrays import Array
from convolens.ops.prepared import PreparedConv
from convolens.runtime.replay import Bound, BoundStrips
from convolens.runtime.threads import alone, thread_count
from convolens.spec.layout import LAST


class Strips(Pass):
    """
    A chain of convolutions, for some rows of the last at a time; each sum is what it is without the others.

    Parameters
    ----------
    chain : Chain
        What is computed.
    rooms : list of ndarray of uint8
        For each thread, what lies between. Passes that do not run at the same time may share them.
    """

    def __init__(self, chain: Chain, rooms: Sequence[Array]) -> None:
        super().__init__(chain.links[-1].one.step)
        self.chain, self._rooms = chain, rooms
        self.parts = [link.one for link in chain.links]
        self.inputs = (self.parts[0].inputs[0], *(source for one in self.parts for source in one.inputs[1:]))
        self._convs: dict[tuple[int, tuple[tuple[int, int], ...]], PreparedConv] = {}

    def result_dtype(self, dtypes: Sequence[DType]) -> DType:
        """Give the last one's."""
        found: DType = self._through(dtypes, lambda one, given: one.result_dtype(given))
        return found

    def magnitude(self, magnitudes: Sequence[float]) -> float:
        """Bound one after the other."""
        found: float = self._through(magnitudes, lambda one, given: one.magnitude(given))
        return found

    def compute(self, inputs: Sequence[Array], out: Array) -> None:
        """Compute one after the other, as a whole."""
        shapes = {link.one: link.spec.output_shape for link in self.chain.links}

        def computed(one: Convolution, given: list[Array]) -> Array:
            target = out if one is self.parts[-1] else np.moveaxis(np.empty(shapes[one], out.dtype), -1, 1)
            one.compute(given, target)
            return target

        self._through(inputs, computed)

    def _through(self, values: Sequence[Any], apply: Callable[[Convolution, list[Any]], Any]) -> Any:
        """Apply what each does to the first value, then to what that gives; the others are added on the way."""
        found, *rest = values
        others = iter(rest)
        for one in self.parts:
            found = apply(one, [found, *(next(others) for _ in one.inputs[1:])])
        return found

    def bind(self, inputs: Sequence[Array], out: Array) -> Call:
        """Repeat what compiled code does, each thread with its own room."""
        arrays = [laid_out(array, LAST) for array in (*inputs, out)]
        work = [
            ([array[n : n + 1] for array in arrays], rows) for n in range(len(out)) for rows in self.chain.strips
        ]
        slots = list[list[list[Bound]]]()
        with alone():
            for room in self._rooms[: len(work)]:
                between = self._between(room, out.dtype)
                strips = [self._strip(rows, between, *image) for image, rows in work]
                slots.append([strip for strip in strips if strip is not None])
        is_whole = all(len(slot) == len(work) for slot in slots)
        return BoundStrips(slots) if is_whole else super().bind(inputs, out)

    def _between(self, room: Array, dtype: DType) -> list[Array]:
        """Lay out what is kept of each output but the last."""
        found, start = list[Array](), 0
        for link, size in zip(self.chain.links, self.chain.sizes, strict=False):
            rows = size // link.row_bytes
            numbers = room[start : start + rows * link.row_bytes].view(dtype)
            found.append(numbers.reshape(1, rows, *link.spec.output_shape[2:]))
            start += size
        return found

    def _strip(self, rows: Sequence[Rows], between: Sequence[Array], *arrays: Array) -> list[Bound] | None:
        """Compute a strip of an image; return the calls that do, None where there was more to do than these."""
        image, *rest, out = arrays
        (first, stop), *given = rows
        image, others, calls = image[:, first:stop], iter(rest), list[Bound]()
        for number, (link, (first, stop)) in enumerate(zip(self.chain.links, given, strict=True)):
            target = between[number][:, : stop - first] if number < len(between) else out[:, first:stop]
            added = [next(others)[:, first:stop] for _ in link.one.inputs[1:]]
            found = self._conv(number, link.pads((first, stop))).bound(image, target, *added)
            if found is None:
                return None
            image = target
            calls.append(found[0])
        return calls

    def _conv(self, number: int, pads: tuple[tuple[int, int], ...]) -> PreparedConv:
        """Return a convolution as it is done for rows with some border."""
        if (number, pads) not in self._convs:
            link = self.chain.links[number]
            conv = link.one.conv.altered(padding=pads, algorithm=link.algorithm, tune=False)
            self._convs[number, pads] = conv
        return self._convs[number, pads]


def join_in_strips(
    passes: Sequence[Pass], last: str, shapes: Mapping[str, Shape], batch: int, dtypes: Mapping[str, DType]
) -> list[Pass]:
    """Make one pass of convolutions that follow each other where what lies between is too large for the cache."""
    found = [part for run in runs(passes, last, shapes, batch, dtypes) for part in parted(run)]
    size = max((sum(part.sizes) for part in found if isinstance(part, Chain)), default=0)
    rooms = [aligned_zeros((size,), np.dtype(np.uint8)) for _ in range(thread_count() if size else 0)]
    return [Strips(part, rooms) if isinstance(part, Chain) else part for part in found]
