"""Steps of training that are repeated: arrays that stay, and calls that are ready, so that little Python runs."""

import math
import weakref
from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from convolens.nn.course import Course, Held, Tape
from convolens.nn.layer import Training
from convolens.nn.memory import channels_innermost, copy_turned
from convolens.ops.arrays import Array
from convolens.planning.circumstances import circumstances
from convolens.runtime.replay import in_sequence
from convolens.runtime.script import Script
from convolens.runtime.threads import thread_count

if TYPE_CHECKING:
    from convolens.nn.structure import Structure

FIRST = 2  # steps with batches of a shape that are taken as they come
MOST_BYTES = 1 << 26  # of maps of a step; with more, what Python takes does not count, and memory does
MOST_ALIVE = 2  # steps of one kind whose tapes may be held at once
MOST_KINDS = 8


@dataclass(frozen=True)
class Lent(Tape):
    """The tape of a rehearsed step, which is free again when nobody holds this any more."""

    way: "Rehearsed"

    def backward(
        self, grad: Array, held: Held, holders: Collection[str], *, needs_input: bool
    ) -> tuple[dict[str, Array], Array | None]:
        """Take a gradient back, by the calls that did so before."""
        return self.way.backward(grad, held, holders, needs_input=needs_input)


class Rehearsed:
    """
    The way forward and back with a batch of one shape, on arrays of its own.

    Parameters
    ----------
    course : Course
        The way forward.
    x : ndarray
        A batch like those to come.
    held : mapping
        What each node learned and keeps: arrays that stay, whose numbers change.
    training : Training
        As given to the network.
    told : dict
        What each node is told.

    Attributes
    ----------
    is_whole : bool
        Whether the way forward can be repeated.
    scores : ndarray
        What the batch led to.
    tape : Tape
        What the way back needs.
    """

    def __init__(
        self, course: Course, x: Array, held: Held, training: Training, told: dict[str, Training]
    ) -> None:
        inner = channels_innermost(x) if x.ndim > 2 else x
        self._x = inner.copy(order="K") if inner is x else inner
        self._held, self._told = held, told
        with Script() as script:
            self.scores, self.tape = course.forward(self._x, held, training, told)
        self.is_whole, self._forward = script.is_whole, in_sequence(script.calls)
        self._ways: dict[Hashable, _Way | None] = {}
        self.lent: weakref.ref[Lent] | None = None

    def serves(self, held: Held) -> bool:
        """Tell whether what is learned and kept still lies in the arrays that it did."""
        mine, theirs = (
            {(node, part): id(array) for node, parts in each.items() for part, array in parts.items()}
            for each in (self._held, held)
        )
        return mine == theirs

    def forward(self, x: Array, training: Training) -> Array:
        """Compute what a batch leads to."""
        if x.ndim > 2 and x.strides != self._x.strides:
            copy_turned(x, self._x)
        else:
            np.copyto(self._x, x)
        for told in self._told.values():
            told.random = training.random
        for call in self._forward:
            call()
        return self.scores.copy(order="K")

    def backward(
        self, grad: Array, held: Held, holders: Collection[str], *, needs_input: bool
    ) -> tuple[dict[str, Array], Array | None]:
        """Take a gradient with respect to the output back; the first of each kind as it comes."""
        if not self.serves(held):  # replaced since the way forward
            return self.tape.backward(grad, held, holders, needs_input=needs_input)
        kind = bool(holders), needs_input, grad.shape, grad.dtype, grad.strides
        if kind not in self._ways:
            given = grad.copy(order="K")
            with Script() as script:
                learned, back = self.tape.backward(given, held, holders, needs_input=needs_input)
            way = _Way(given, in_sequence(script.calls), learned, back)
            self._ways[kind] = way if script.is_whole and given.strides == grad.strides else None
            return way.found()
        known = self._ways[kind]
        if known is None:
            return self.tape.backward(grad, held, holders, needs_input=needs_input)
        np.copyto(known.grad, grad)
        for call in known.calls:
            call()
        return known.found()


@dataclass(frozen=True, slots=True)
class _Way:
    """A way back: where its gradient lies, the calls, and where they leave the gradients of weights and input."""

    grad: Array
    calls: list[Callable[[], object]]
    learned: dict[str, Array]
    back: Array | None

    def found(self) -> tuple[dict[str, Array], Array | None]:
        """Give copies of what was found last."""
        learned = {name: array.copy() for name, array in self.learned.items()}
        return learned, None if self.back is None else self.back.copy(order="K")


@dataclass(slots=True)
class _Kind:
    """Steps of one kind: how many there were; those that are rehearsed and free; how many more may be."""

    course: Course
    seen: int = 0
    free: list[Rehearsed] = field(default_factory=list)
    left: int = MOST_ALIVE


class Rehearsals:
    """Steps of a network's training, rehearsed once batches of a shape come again."""

    def __init__(self) -> None:
        self._kinds: dict[Hashable, _Kind] = {}
        self._told: dict[str, Training] = {}

    def clear(self) -> None:
        """Forget all, and let go of the memory."""
        self._kinds.clear()

    def forward(self, course: Course, x: Array, network: "Structure", training: Training) -> tuple[Array, Tape]:
        """Compute what a batch leads to, and what the way back will need."""
        kind = self._kind(course, x)
        kind.seen += 1
        held = network.held()
        for way in _taken(kind.free):
            if way.serves(held):
                tape = _lend(way, kind)  # which frees the way if it is interrupted, too
                return way.forward(x, training), tape
            kind.left += 1
        size = len(x) * x.itemsize * sum(map(math.prod, network.shapes.values()))
        if kind.seen <= FIRST or not kind.left or size > MOST_BYTES:
            inner = channels_innermost(x, often=True) if x.ndim > 2 else x
            return course.forward(inner, held, training, self._told)
        way = Rehearsed(course, x, held, training, self._told)
        if not way.is_whole:
            kind.left = 0
            return way.scores, way.tape
        kind.left -= 1
        return way.scores.copy(order="K"), _lend(way, kind)

    def _kind(self, course: Course, x: Array) -> _Kind:
        """Return what is known of steps that go alike."""
        key = course.wanted, x.shape, x.dtype, circumstances(), thread_count()
        if key not in self._kinds or self._kinds[key].course is not course:
            if len(self._kinds) >= MOST_KINDS:
                self._kinds.clear()
            self._kinds[key] = _Kind(course)
        return self._kinds[key]


def _taken(free: list[Rehearsed]) -> Iterator[Rehearsed]:
    """Take one after the other, as other threads may at the same time."""
    while True:
        try:
            yield free.pop()
        except IndexError:
            return


def _lend(way: Rehearsed, kind: _Kind) -> Lent:
    """Hand out a tape; once nobody holds it, the way is free."""
    tape = Lent(way.tape.steps, way.tape.saved, way)
    way.lent = weakref.ref(tape, lambda _: kind.free.append(way))
    return tape
