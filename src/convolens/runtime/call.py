"""Calling compiled code: NumPy arrays become Halide's buffers, error codes become exceptions."""

import ctypes
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from convolens.errors import ConvolensError

Array = npt.NDArray[Any]
Scalar = int | float

MOST_STRIDE = 2**31 - 1  # elements; Halide's buffers hold no more
MOST_SIGNATURES = 256  # combinations of shapes whose frames a function keeps
AT_ONCE = 16  # calls in a series between which nobody looks for Ctrl-C
MOST_LETTERS = 512  # of a message from compiled code

_TYPE_CODES = {"i": 0, "u": 1, "b": 1, "f": 2}
_BUFFER = struct.Struct("@QQQQBBHiQQ")  # halide_buffer_t: device (2), host, flags, type (3), dimensions, dim, 0
_DIMENSION = struct.Struct("@iiiI")  # halide_dimension_t: min, extent, stride, flags
_HOST_WORD = 2
_OUTPUT = 2  # the kind of an argument that is written


class CompiledCodeError(ConvolensError, RuntimeError):
    """Compiled code refused its arguments or could not finish."""


def _interface_address(array: Array) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


def _field_address(array: Array) -> int:
    """Read the first field of NumPy's array object (ndarraytypes.h), five times as fast as by its interface."""
    return ctypes.c_size_t.from_address(id(array) + object.__basicsize__).value


def _fields_can_be_read() -> bool:
    """Whether this interpreter's objects are where their ``id`` says."""
    if sys.implementation.name != "cpython":
        return False
    return all(_field_address(a[i:]) == _interface_address(a[i:]) for a in (np.arange(7),) for i in range(7))


address = _field_address if _fields_can_be_read() else _interface_address
"""Return where the first element of an array lies."""


class Pinned:
    """
    An array that is handed over again and again, such as weights; its address is asked for once.

    Attributes
    ----------
    array : ndarray
        The array itself.
    """

    __slots__ = ("address", "array", "signature")

    def __init__(self, array: Array) -> None:
        if array.flags.c_contiguous:
            array = array.reshape(-1).reshape(
                array.shape
            )  # axes of one cell may have had any stride, even a negative
        self.array = array
        self.address = address(array)
        self.signature = (array.shape, array.strides, array.dtype)


def _array(argument: Array | Pinned) -> Array:
    return argument.array if isinstance(argument, Pinned) else argument


class Function(Protocol):
    """
    A compiled pipeline.

    Called with its arrays, the outputs last, and its scalars: an ``int`` where the pipeline has an ``Int(32)``, a
    ``float`` where it has a ``Float(64)``.
    """

    def __call__(self, *arrays: Array | Pinned, scalars: tuple[Scalar, ...] = ()) -> None:
        """Run the pipeline; its outputs are the last arrays."""


class Frame:
    """
    The arguments of one call in the form that compiled code takes, complete but for the addresses of the data.

    One block of 8-byte words: the pointers to the arguments, the buffers, their dimensions, the scalars. Pinned
    arrays are there with their addresses; those of the others go to the words that ``hosts`` names. The last
    ``outputs`` arrays are written.
    """

    def __init__(
        self, arguments: tuple[Array | Pinned, ...], scalars: tuple[Scalar, ...], outputs: int = 1
    ) -> None:
        arrays = tuple(map(_array, arguments))
        buffers = len(arrays) + len(scalars)
        dimensions = buffers + len(arrays) * (_BUFFER.size // 8)
        values = dimensions + sum(a.ndim for a in arrays) * (_DIMENSION.size // 8)
        self.words = (ctypes.c_uint64 * (values + len(scalars)))()
        self.address = ctypes.addressof(self.words)
        self.hosts = [buffers + i * (_BUFFER.size // 8) + _HOST_WORD for i in range(len(arrays))]
        pointers = [self.address + 8 * (host - _HOST_WORD) for host in self.hosts]
        for array, pointer in zip(arrays, pointers, strict=True):
            self._describe(array, pointer - self.address, 8 * dimensions)
            dimensions += array.ndim * (_DIMENSION.size // 8)
        for i, scalar in enumerate(scalars):
            struct.pack_into("@d" if isinstance(scalar, float) else "@i", self.words, 8 * (values + i), scalar)
            pointers.insert(-outputs, self.address + 8 * (values + i))  # Halide takes outputs last
        for i, pointer in enumerate(pointers):
            self.words[i] = pointer
        for host, argument in zip(self.hosts, arguments, strict=True):
            if isinstance(argument, Pinned):
                self.words[host] = argument.address

    def _describe(self, array: Array, at: int, dimensions: int) -> None:
        kind, item = array.dtype.kind, array.itemsize
        if not array.dtype.isnative:
            raise CompiledCodeError(
                f"compiled code takes numbers in the machine's byte order, not {array.dtype!r}: convert them"
            )
        bits = 1 if kind == "b" else 8 * item
        header = (0, 0, 0, 0, _TYPE_CODES[kind], bits, 1, array.ndim, self.address + dimensions, 0)
        _BUFFER.pack_into(self.words, at, *header)
        for axis in reversed(range(array.ndim)):
            extent, stride = array.shape[axis], array.strides[axis]
            if stride % item:
                raise CompiledCodeError(f"strides {array.strides} of a {array.dtype} array are not whole elements")
            step = stride // item
            if extent == 1 and (axis == array.ndim - 1 or abs(step) > MOST_STRIDE):
                step = 1  # nobody takes it, but compiled code may expect the innermost axis to be dense
            if abs(step) > MOST_STRIDE:
                raise CompiledCodeError(
                    f"neighbours in an array {array.shape} of {array.dtype} are {abs(step)} elements apart; "
                    f"compiled code goes {MOST_STRIDE} at most: convolve its parts one by one"
                )
            _DIMENSION.pack_into(self.words, dimensions, 0, extent, step, 0)
            dimensions += _DIMENSION.size


class _Argument(ctypes.Structure):
    """What compiled code says of an argument: Halide's ``halide_filter_argument_t``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("kind", ctypes.c_int32),
        ("dimensions", ctypes.c_int32),
        ("type", ctypes.c_uint32),
        ("defaults", ctypes.c_void_p * 5),
    )


class _Metadata(ctypes.Structure):
    """How what compiled code says of itself begins: Halide's ``halide_filter_metadata_t``."""

    _fields_ = (
        ("version", ctypes.c_int32),
        ("count", ctypes.c_int32),
        ("arguments", ctypes.POINTER(_Argument)),
    )


def failure(runtime: ctypes.CDLL, code: int) -> CompiledCodeError:
    """Return the exception for an error code of compiled code, with the words that the runtime has for it."""
    text = ctypes.create_string_buffer(MOST_LETTERS)
    runtime.convolens_message(text, ctypes.c_size_t(MOST_LETTERS))
    message = text.value.decode(errors="replace").strip()
    return CompiledCodeError(message or f"compiled code ended with error {code}")


class LinkedFunction:
    """
    A pipeline in a shared library; called without the GIL, from any number of threads at once.

    Frames are kept for the shapes that were met, as many of each as calls overlapped, because filling one in takes
    longer than a small convolution.

    Attributes
    ----------
    runtime : CDLL
        What all pipelines share.
    """

    def __init__(self, library: ctypes.CDLL, runtime: ctypes.CDLL, name: str) -> None:
        self._library, self.runtime = library, runtime
        self._entry = library[f"{name}_argv"]
        self._entry.argtypes, self._entry.restype = [ctypes.c_void_p], ctypes.c_int
        describe = library[f"{name}_metadata"]
        describe.restype = ctypes.POINTER(_Metadata)
        metadata = describe().contents
        self._count: int = metadata.count
        self.outputs = sum(metadata.arguments[i].kind == _OUTPUT for i in range(self._count))
        self._frames: dict[Any, list[Frame]] = {}

    def __call__(self, *arrays: Array | Pinned, scalars: tuple[Scalar, ...] = ()) -> None:
        """Run the pipeline; its outputs are the last arrays."""
        signature = (
            scalars,
            *[a.signature if isinstance(a, Pinned) else (a.shape, a.strides, a.dtype) for a in arrays],
        )
        frames = self._frames.get(signature)
        if frames is None:
            frames = self._new_frames(signature, len(arrays) + len(scalars))
        try:
            frame = frames.pop()
        except IndexError:
            frame = Frame(arrays, scalars, self.outputs)
        words = frame.words
        for host, array in zip(frame.hosts, arrays, strict=True):
            words[host] = array.address if isinstance(array, Pinned) else address(array)
        self.enter(frame)
        frames.append(frame)
        if recorder.notes is not None:
            recorder.notes.append((self, arrays, scalars))

    def enter(self, frame: Frame) -> None:
        """Run with arguments that are complete."""
        self._check(self._entry(frame.address))

    def series(self, calls: Sequence[tuple["LinkedFunction", Frame]]) -> Callable[[], None]:
        """Return what calls functions, of which this is one, with their arguments, without the Python between."""
        entries = (ctypes.c_void_p * len(calls))(*[function.entry for function, _ in calls])
        arguments = (ctypes.c_void_p * len(calls))(*[frame.address for _, frame in calls])
        run = self.runtime.convolens_run

        def call() -> None:
            self._check(run(len(calls), entries, arguments))

        return call

    @property
    def entry(self) -> int | None:
        """Give the address of the compiled code."""
        return ctypes.cast(self._entry, ctypes.c_void_p).value

    def _check(self, code: int) -> None:
        if code:
            raise failure(self.runtime, code)

    def _new_frames(self, signature: Any, given: int) -> list[Frame]:
        if given != self._count:
            raise CompiledCodeError(f"the pipeline takes {self._count} arguments, not {given}")
        if len(self._frames) >= MOST_SIGNATURES:
            self._frames = {}
        return self._frames.setdefault(signature, [])


class Series:
    """
    Calls of compiled functions with arguments that are complete, in their order.

    Python sees to Ctrl-C after every few of them.
    """

    def __init__(self, calls: Sequence[tuple[LinkedFunction, Frame]]) -> None:
        self._kept = calls
        parts = (calls[start : start + AT_ONCE] for start in range(0, len(calls), AT_ONCE))
        self._parts = [part[0][0].series(part) for part in parts]

    def __call__(self) -> None:
        """Make them."""
        for part in self._parts:
            part()


Note = tuple[LinkedFunction, tuple[Array | Pinned, ...], tuple[Scalar, ...]]
"""A call that was made: the function, its arrays, its scalars."""


class _Recorder(threading.local):
    """Where the calls of a thread are noted; nowhere, most of the time."""

    notes: list[Note] | None = None


recorder = _Recorder()


class InProcessFunction:
    """A pipeline compiled into this process, where there is no linker; holds the GIL and uses one thread."""

    def __init__(self, callable_: Callable[..., Any], outputs: int = 1) -> None:
        self._callable, self._outputs = callable_, outputs

    def __call__(self, *arrays: Array | Pinned, scalars: tuple[Scalar, ...] = ()) -> None:
        """Run the pipeline; its outputs are the last arrays."""
        try:
            inputs, outputs = arrays[: -self._outputs], arrays[-self._outputs :]
            self._callable(*(_writable(_array(a)) for a in inputs), *scalars, *map(_array, outputs))
        except Exception as error:
            raise CompiledCodeError(str(error).strip()) from error


def _writable(array: Array) -> Array:
    """View an array that Halide only reads as one that its Python binding accepts."""
    if array.flags.writeable:
        return array
    interface = dict(array.__array_interface__)
    interface["data"] = (interface["data"][0], False)
    return np.asarray(type("_View", (), {"__array_interface__": interface, "base": array})())
