"""Convolutions that follow each other, cut into strips of rows: what each strip takes, and whether that pays."""

import functools
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from convolens.algorithms import in_place
from convolens.algorithms.compiled import fused_activation, scratch_bytes
from convolens.nn.layer import Shape
from convolens.nn.passes import Convolution, DType, Pass
from convolens.planning.cost import COMPILED_CALL, rates
from convolens.runtime.cpu import available_cores
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST, join_shape

ALGORITHMS = ("tiled", "depthwise")  # compiled ones whose sums are the same, whatever rows they are among
STRIPS_PER_THREAD = 3  # so that cores which are slow, or busy elsewhere, hold nobody up
STEP = 4  # rows: register tiles have as many, or half, and rows of a tile may be rounded in different ways
LINE = 64  # bytes of the cache
DIMS = 2

Rows = tuple[int, int]
"""The first, and the one behind the last."""


@dataclass(frozen=True, eq=False)
class Link:
    """
    A convolution of a chain.

    Attributes
    ----------
    one : Convolution
        By itself.
    spec : ConvSpec
        What it is asked.
    algorithm : str
        By which it is computed.
    seconds : float
        The time that takes, as predicted.
    """

    one: Convolution
    spec: ConvSpec
    algorithm: str
    seconds: float

    @property
    def height(self) -> int:
        """Rows of its output."""
        return self.spec.output_size[0]

    @property
    def row_bytes(self) -> int:
        """Bytes of a row of its output."""
        return self.spec.output_size[1] * self.spec.out_channels * self.spec.result_dtype.itemsize

    @property
    def weight_bytes(self) -> int:
        """Bytes of its weights."""
        return self.spec.weights * self.spec.compute_dtype.itemsize

    @property
    def is_tiled_by_rows(self) -> bool:
        """Whether register tiles hold several rows."""
        return self.algorithm == "depthwise" and not in_place.takes(self.spec)

    def source(self, rows: Rows) -> Rows:
        """Tell which rows of its input are read for some of the output."""
        low, high = self._reach(rows)
        return max(low, 0), min(high, self.spec.input_size[0])

    def pads(self, rows: Rows) -> tuple[tuple[int, int], ...]:
        """Tell which border there is around these."""
        (low, high), (first, stop) = self._reach(rows), self.source(rows)
        return (first - low, high - stop), *self.spec.pads[1:]

    def _reach(self, rows: Rows) -> Rows:
        """Tell which rows the windows hold, those of the border with them."""
        low = rows[0] * self.spec.stride[0] - self.spec.pads[0][0]
        return low, low + (rows[1] - rows[0] - 1) * self.spec.stride[0] + self.spec.window_size[0]


class Chain:
    """
    Links in their order, each taking what the one before gives, for some rows of the last at a time.

    Rows that two strips want are computed for both.

    Parameters
    ----------
    links : sequence of Link
        The chain.
    height : int
        Rows of a strip, of the last link's output.

    Attributes
    ----------
    strips : list of list of Rows
        For each strip the rows that the first link reads, then those that each link gives.
    sizes : list of int
        Bytes of what is kept of each output but the last: whole lines of the cache.
    """

    def __init__(self, links: Sequence[Link], height: int) -> None:
        self.links, end = links, links[-1].height
        self.strips = [_rows(links, (first, min(first + height, end))) for first in range(0, end, height)]
        most = [max(stop - first for first, stop in along) for along in list(zip(*self.strips, strict=True))[1:-1]]
        kept = [rows * link.row_bytes for rows, link in zip(most, links, strict=False)]
        self.sizes = [-(-size // LINE) * LINE for size in kept]

    @property
    def fits(self) -> bool:
        """Whether what is kept, and the weights, have room in the cache."""
        size = sum(self.sizes) + sum(link.weight_bytes for link in self.links)
        return bool(size <= scratch_bytes() // 2)

    @property
    def keeps_bits(self) -> bool:
        """Whether sums are rounded as those of whole maps."""
        tiled = [i for i, link in enumerate(self.links, 1) if link.is_tiled_by_rows]
        return not any(rows[i][0] % STEP for i in tiled for rows in self.strips)

    @functools.cached_property
    def gain(self) -> float:
        """Predict how many seconds sooner this is done than link after link."""
        machine, images = rates(available_cores()), self.links[0].spec.batch
        whole = [link.height * link.row_bytes for link in self.links[:-1]]
        saved = sum(2 * images * size / machine.bytes for size in whole if size > scratch_bytes())  # both ways
        given = list(zip(*self.strips, strict=True))[1:]
        again = sum(
            link.seconds * (sum(stop - first for first, stop in rows) / link.height - 1)
            for link, rows in zip(self.links, given, strict=True)
        )
        return float(saved - again - images * len(self.strips) * len(self.links) * COMPILED_CALL)


def _rows(links: Sequence[Link], rows: Rows) -> list[Rows]:
    """Tell which rows the first link reads, and each one gives, for some of the last."""
    found = [rows]
    for link in reversed(links):
        found.append(link.source(found[-1]))
    return found[::-1]


def parted(run: "Sequence[Link] | Pass") -> Sequence[Chain | Pass]:
    """Part links that follow each other into chains and single passes, so that most is gained."""
    if isinstance(run, Pass):
        return [run]
    best: list[tuple[float, list[Chain | Pass]]] = [(0.0, [])]  # for the first links, and what is gained
    for stop, link in enumerate(run, start=1):
        gain, parts = best[-1]
        ways = [(gain, [*parts, link.one])]
        for start in range(stop - 1):
            if chain := _chain(run[start:stop]):
                gain, parts = best[start]
                ways.append((gain + chain.gain, [*parts, chain]))
        best.append(max(ways, key=lambda way: way[0]))
    return best[-1][1]


def _chain(links: Sequence[Link]) -> Chain | None:
    """Cut links into the strips by which most is gained, if anything is."""
    if all(link.height * link.row_bytes <= scratch_bytes() for link in links[:-1]):
        return None
    every = (Chain(links, height) for height in range(1, links[-1].height + 1))
    fitting = itertools.takewhile(lambda chain: chain.fits, every)  # higher strips keep more
    least = 1 if thread_count() == 1 else STRIPS_PER_THREAD * thread_count()
    cut = [chain for chain in fitting if chain.keeps_bits and links[0].spec.batch * len(chain.strips) >= least]
    best = max(cut, key=lambda chain: chain.gain, default=None)
    return best if best and best.gain > 0 else None


def runs(
    passes: Sequence[Pass], last: str, shapes: Mapping[str, Shape], batch: int, dtypes: Mapping[str, DType]
) -> list[list[Link] | Pass]:
    """Group passes, in their order, into links that follow each other; others stand alone."""
    uses = Counter([last, *(source for one in passes for source in one.inputs)])
    found: list[list[Link] | Pass] = []
    for one in passes:
        link, before = _link(one, shapes, batch, dtypes), found[-1] if found else None
        if link is None:
            found.append(one)
        elif isinstance(before, list) and before[-1].one.name == one.inputs[0] and uses[one.inputs[0]] == 1:
            before.append(link)
        else:
            found.append([link])
    return found


def _link(one: Pass, shapes: Mapping[str, Shape], batch: int, dtypes: Mapping[str, DType]) -> Link | None:
    """Return a pass as a link; None if its rows cannot be computed apart, or would not be the same then."""
    if not isinstance(one, Convolution) or one.step.is_dense or one.step.window is not None:
        return None
    channels, *size = shapes[one.inputs[0]]
    dtype = dtypes[one.name]
    if len(size) != DIMS or any(dtypes[name] != dtype for name in one.inputs):
        return None
    plan = one.conv.plan_at_hand(join_shape(batch, channels, tuple(size), LAST), dtype)
    spec, algorithm = plan.spec, plan.chosen.algorithm
    is_plain = spec.border.mode == "constant" and max(spec.pads[0]) < spec.window_size[0]
    if not is_plain or algorithm not in ALGORITHMS or not fused_activation(one.conv.activation, dtype):
        return None
    return Link(one, spec, algorithm, plan.chosen.best_known)
