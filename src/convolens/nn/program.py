"""A network's passes for inputs of one shape: arrays that share one block of memory, calls that are ready."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from convolens.nn.graph import INPUT
from convolens.nn.homes import find_homes
from convolens.nn.layer import Shape
from convolens.nn.map_passes import nothing
from convolens.nn.memory import fill
from convolens.nn.passes import Call, DType, Pass
from convolens.ops.arrays import Array
from convolens.ops.magnitude import largest_magnitude, magnitude_bound
from convolens.ops.prepared import MANY
from convolens.runtime.replay import in_sequence

ALIGNMENT = 64  # bytes: a line of the cache, and the widest vector
TAME = 2.0**16  # what magnitudes of maps are taken to be below, and mostly are


@dataclass(frozen=True, slots=True)
class Part:
    """
    Some passes of a program.

    Attributes
    ----------
    first : int
        The number of the first of them.
    looked_at : ndarray, optional
        Whose magnitudes have to be below ``most`` for ``calls`` to serve.
    most : float
        Which that is.
    calls : list of callable
        What does the work.
    """

    first: int
    looked_at: Array | None
    most: float
    calls: list[Callable[[], object]]


class Program:
    """
    Passes with their arrays; for one call at a time.

    Where no number of a pass can be too large for it, because none before it was, nothing is looked at.

    Parameters
    ----------
    passes : sequence of Pass
        In their order.
    last : str
        Whose output is wanted.
    shapes : mapping of str to tuple of int
        Of one item, for every output.
    batch : int
        Items of a call.
    dtype : dtype
        Of the input.

    Attributes
    ----------
    lives : dict of str to (int, int)
        From which pass to which each array is needed; the input is -1, there before the first.
    sizes : dict of str to int
        Bytes of each.
    bytes : int
        Of the block that they share.
    passes : sequence of Pass
        As they came.
    """

    def __init__(
        self,
        passes: Sequence[Pass],
        last: str,
        shapes: Mapping[str, Shape],
        batch: int,
        dtype: DType,
    ) -> None:
        self.passes, dtypes = passes, {INPUT: dtype}
        for one in passes:
            dtypes[one.name] = one.result_dtype([dtypes[source] for source in one.inputs])
        homes = find_homes(passes, last, shapes, dtypes)
        roots = {name: home.root for name, home in homes.items()}
        self.lives = lifetimes(passes, last, roots)
        self.sizes = sizes = {
            name: batch * math.prod(shapes[name]) * dtypes[name].itemsize for name in set(roots.values())
        }
        places, self.bytes = place(self.lives, sizes)
        room = np.zeros(self.bytes + ALIGNMENT, np.uint8)
        room = room[-room.ctypes.data % ALIGNMENT :]
        arrays: dict[str, Array] = {}
        for name, home in homes.items():
            memory = room[places[home.root] :][: sizes[home.root]].view(dtypes[name])
            if home.first is None:
                arrays[name] = _view(memory, (batch, *shapes[name]))
            else:
                part = slice(home.first, home.first + shapes[name][0])
                arrays[name] = _view(memory, (batch, *shapes[home.root]))[:, part]
        self._input, self._output = arrays[INPUT], arrays[last]
        order = {name: number for number, name in enumerate(homes)}
        self._work: list[tuple[Pass, Call, list[Array], Array, list[int]]] = []
        for one in passes:
            inputs = [arrays[source] for source in one.inputs]
            call = nothing if one.is_view else one.bind(inputs, arrays[one.name])
            self._work.append((one, call, inputs, arrays[one.name], [order[source] for source in one.inputs]))
        self._parts = list(self._parted())

    def __call__(self, x: Array) -> Array:
        """Compute what a batch of items leads to."""
        fill(self._input, x)
        for part in self._parts:
            if part.looked_at is not None and not magnitude_bound(part.looked_at, MANY) < part.most:
                self._run_within_limits(part.first)
                break
            for call in part.calls:
                call()
        return self._output.copy(order="K")

    def _parted(self) -> Iterator["Part"]:
        """Part the passes where what the magnitudes may have grown to is too large for the next one."""
        is_limited = any(one.limit < math.inf for one, *_ in self._work)
        magnitudes, starts = [TAME], [(0, self._input if is_limited else None, TAME)]
        for number, (one, _, inputs, _, sources) in enumerate(self._work):
            if one.limit < math.inf and not magnitudes[sources[0]] < one.limit:
                magnitudes[sources[0]] = most = min(TAME, one.limit)
                starts.append((number, inputs[0], most))
            magnitudes.append(one.magnitude([magnitudes[source] for source in sources]))
        ends = [*(start for start, *_ in starts[1:]), len(self._work)]
        for (first, looked_at, most), end in zip(starts, ends, strict=True):
            calls = (call for _, call, *_ in self._work[first:end] if call is not nothing)
            yield Part(first, looked_at, most, in_sequence(calls))

    def _run_within_limits(self, first: int) -> None:
        """Go on from a pass, with a look at all maps that may be too large for what comes next."""
        magnitudes = [math.inf] * (first + 1)
        for one, call, inputs, out, sources in self._work[first:]:
            if one.limit < math.inf and not magnitudes[sources[0]] < one.limit:
                magnitudes[sources[0]] = largest_magnitude(inputs[0], MANY)
            if one.limit == math.inf or magnitudes[sources[0]] < one.limit:
                call()
            else:
                one.compute(inputs, out)
            magnitudes.append(one.magnitude([magnitudes[source] for source in sources]))


def lifetimes(passes: Sequence[Pass], last: str, roots: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """Tell from which pass to which each array is needed; the input is there before the first."""
    found = {INPUT: (-1, -1)}
    for number, one in enumerate(passes):
        for source in (*one.inputs, one.name):
            root = roots[source]
            found[root] = (found.get(root, (number, number))[0], number)
    first, _ = found[roots[last]]
    return found | {roots[last]: (first, len(passes))}


def place(lives: Mapping[str, tuple[int, int]], sizes: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """
    Give arrays places in one block, the largest first, so that none that are needed at once overlap.

    Returns
    -------
    dict of str to int, and int
        Where each begins, in bytes; the size of the block.
    """
    places: dict[str, int] = {}
    for name in sorted(lives, key=lambda name: -sizes[name]):
        begin, end = lives[name]
        others = [other for other in places if lives[other][0] <= end and begin <= lives[other][1]]
        places[name] = _first_gap(((places[other], places[other] + sizes[other]) for other in others), sizes[name])
    return places, max((places[name] + sizes[name] for name in places), default=0)


def _first_gap(taken: Iterable[tuple[int, int]], size: int) -> int:
    at = 0
    for begin, end in sorted(taken):
        if at + size <= begin:
            break
        at = max(at, -(-end // ALIGNMENT) * ALIGNMENT)
    return at


def _view(numbers: Array, shape: tuple[int, ...]) -> Array:
    """View numbers as (N, C, size…), the channels innermost; or as (N, features)."""
    batch, channels, *size = shape
    return np.moveaxis(numbers.reshape(batch, *size, channels), -1, 1)
