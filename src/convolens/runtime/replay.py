"""
A call that compiled functions do alone, recorded once, then repeated without the Python between them.

What a small convolution takes is mostly that: views, checks, arguments. A recording keeps the arguments; to repeat
it, only the addresses of input and output are filled in.
"""

import ctypes
import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convolens.runtime.call import Array, Frame, LinkedFunction, Note, Pinned, Series, address, failure, recorder
from convolens.runtime.script import is_written, performed
from convolens.runtime.threads import thread_count

byte_bounds = np.lib.array_utils.byte_bounds

MOST_LAYOUTS = 256  # ways in which the arrays of a repeated function lie


@dataclass(frozen=True, slots=True)
class Step:
    """
    One call of a compiled function.

    Attributes
    ----------
    note : Note
        The function, its arrays and its scalars as recorded; of arrays that are not pinned, the outlines.
    places : tuple of (int, int, int)
        For each array that is not pinned: its position among the arrays; in which of those that the calls are
        made of it lies, of input (0) and output (1) say, and how many bytes after the first element of that.
    """

    note: Note
    places: tuple[tuple[int, int, int], ...]

    def frame(self) -> Frame:
        """Make the arguments, complete but for the addresses of ``places``."""
        function, arrays, scalars = self.note
        return Frame(arrays, scalars, function.outputs)


class Recording:
    """
    Within a ``with`` block, writes down which compiled functions this thread calls, and with what.

    Where one is within another, the inner alone writes; the outer goes on after it, without its calls.
    """

    def __enter__(self) -> "Recording":
        self._notes: list[Note] = []
        self._outer, recorder.notes = recorder.notes, self._notes
        return self

    def __exit__(self, *_: object) -> None:
        recorder.notes = self._outer

    def steps(self, *arrays: Array) -> "Steps | None":
        """Return the calls, for arrays that lie as these do; None if they used any other array."""
        steps = [_step(note, arrays) for note in self._notes]
        whole = [step for step in steps if step is not None]
        return Steps(whole) if whole and len(whole) == len(steps) else None

    def replay(self, x: Array, out: Array) -> "Replay | None":
        """Return the calls, for arrays that lie as ``x`` and ``out`` do; None if they used any other array."""
        steps = self.steps(x, out)
        return None if steps is None else Replay(steps, x, out)

    def bound(self, *arrays: Array) -> "Bound | None":
        """Return the calls, to be repeated on the same arrays; None if they used any other."""
        spans = [byte_bounds(array) for array in arrays]
        used = [byte_bounds(a) for note in self._notes for a in note[1] if not isinstance(a, Pinned)]
        theirs = all(any(first <= low and high <= last for first, last in spans) for low, high in used)
        return Bound(self._notes, arrays) if self._notes and theirs else None


def _step(note: Note, bases: tuple[Array, ...]) -> Step | None:
    places = []
    for position, array in enumerate(note[1]):
        if isinstance(array, Pinned):
            continue
        low, high = byte_bounds(array)
        holders = [
            i for i, base in enumerate(bases) if byte_bounds(base)[0] <= low and high <= byte_bounds(base)[1]
        ]
        if len(holders) != 1:
            return None
        places.append((position, holders[0], address(array) - address(bases[holders[0]])))
    function, arrays, scalars = note
    return Step((function, tuple(map(_outline, arrays)), scalars), tuple(places))


def _outline(array: Array | Pinned) -> Array | Pinned:
    """Keep how an array lies in memory, but not the memory."""
    if isinstance(array, Pinned):
        return array
    return np.lib.stride_tricks.as_strided(np.empty(1, array.dtype), array.shape, array.strides)


class Steps:
    """Calls of compiled functions, with the addresses of some arrays left open."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._free: list[list[tuple[LinkedFunction, Frame, list[tuple[int, int, int]]]]] = []

    def __call__(self, bases: Sequence[int]) -> None:
        """Make the calls of arrays that begin at these addresses."""
        try:
            steps = self._free.pop()  # nobody else's: threads may call at the same time
        except IndexError:
            steps = self._arguments()
        for function, frame, places in steps:
            words = frame.words
            for word, base, offset in places:
                words[word] = bases[base] + offset
            function.enter(frame)
        self._free.append(steps)

    def _arguments(self) -> list[tuple[LinkedFunction, Frame, list[tuple[int, int, int]]]]:
        made = [(step.note[0], step.frame(), step.places) for step in self._steps]
        return [
            (function, frame, [(frame.hosts[i], base, offset) for i, base, offset in places])
            for function, frame, places in made
        ]


class Replay:
    """Calls of compiled functions, on any input and output that lie in memory as the recorded ones did."""

    def __init__(self, steps: Steps, x: Array, out: Array) -> None:
        self._steps = steps
        self._spans = [[end - address(array) for end in byte_bounds(array)] for array in (x, out)]

    def __call__(self, x: Array, out: Array) -> bool:
        """Repeat the calls; where ``x`` and ``out`` overlap, do nothing and return False."""
        bases = source, target = address(x), address(out)
        (first, last), (low, high) = self._spans
        if source + first < target + high and target + low < source + last:
            return False
        self._steps(bases)
        return True


class Repeated:
    """
    A function of arrays that compiled functions compute: called once, then repeated without the Python between.

    No array lies over one that is written. If the function calls compiled functions of these arrays and pinned
    ones alone, then nothing else that it does is done again; if of any other, or none, it is called every time.
    A script that this thread writes gets the calls, too.

    Parameters
    ----------
    function : callable
        Takes the arrays.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function
        self._known: dict[tuple[Any, ...], Steps | None] = {}

    def __call__(self, *arrays: Array) -> None:
        """Compute, or repeat."""
        if is_written():
            self._written(arrays)
            return
        key = thread_count(), *[(a.shape, a.strides, a.dtype) for a in arrays]
        try:
            steps = self._known[key]
        except KeyError:
            with Recording() as recording:
                self._function(*arrays)
            if len(self._known) >= MOST_LAYOUTS:
                self._known = {}
            self._known[key] = recording.steps(*arrays)
            return
        if steps is None:
            self._function(*arrays)
        else:
            steps([address(array) for array in arrays])

    def _written(self, arrays: tuple[Array, ...]) -> None:
        with Recording() as recording:
            self._function(*arrays)
        performed(recording.bound(*arrays) or functools.partial(self._function, *arrays))


class Bound:
    """Calls of compiled functions on arrays that stay where they are; one at a time."""

    def __init__(self, notes: Sequence[Note], arrays: tuple[Array, ...]) -> None:
        self._kept = notes, arrays
        self.calls = [(note[0], _addressed(note)) for note in notes]
        self._run = Series(self.calls)

    @classmethod
    def joined(cls, some: Sequence["Bound"]) -> "Bound":
        """Return one that does what several do, one after the other."""
        notes = [note for one in some for note in one._kept[0]]
        return cls(notes, tuple(array for one in some for array in one._kept[1]))

    def __call__(self) -> None:
        """Repeat them, on what the arrays hold now."""
        self._run()


def in_sequence(calls: Iterable[Callable[[], object]]) -> list[Callable[[], object]]:
    """Join neighbours that compiled functions do alone."""
    found = list[Callable[[], object]]()
    for are_bound, some in itertools.groupby(calls, key=lambda call: isinstance(call, Bound)):
        together = list(some)
        found += [Bound.joined(together)] if are_bound else together  # type: ignore[arg-type]
    return found


class BoundStrips:
    """
    Calls in strips: those of a strip one after the other in one thread, strips side by side.

    Parameters
    ----------
    slots : sequence of sequences of sequences of Bound
        For each thread that may take part, all strips, whose calls work in memory of its own. What a strip leaves
        behind is the same in whichever slot it is run.
    """

    def __init__(self, slots: Sequence[Sequence[Sequence[Bound]]]) -> None:
        self._kept = slots
        strips = [[call for bound in strip for call in bound.calls] for slot in slots for strip in slot]
        words = [word for strip in strips for call in strip for word in (call[0].entry or 0, call[1].address)]
        bounds = itertools.accumulate(map(len, strips[: len(slots[0])]), initial=0)
        self._runtime = strips[0][0][0].runtime
        self._arguments = (
            (ctypes.c_uint64 * len(words))(*words),
            (ctypes.c_int * (len(slots[0]) + 1))(*bounds),
            len(slots[0]),
            len(slots),
        )

    def __call__(self) -> None:
        """Repeat them; one call at a time."""
        code = self._runtime.convolens_strips(*self._arguments)
        if code:
            raise failure(self._runtime, code)


def _addressed(note: Note) -> Frame:
    function, arrays, scalars = note
    frame = Frame(arrays, scalars, function.outputs)
    for host, array in zip(frame.hosts, arrays, strict=True):
        frame.words[host] = array.address if isinstance(array, Pinned) else address(array)
    return frame
