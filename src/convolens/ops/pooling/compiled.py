"""Pooling by compiled loops, where they pay; calls like those that were made before are repeated."""

import functools
import math
from typing import Any

import numpy as np

from convolens.algorithms import listed_sums, whole_maps
from convolens.algorithms import pooling_gradients as gradients
from convolens.algorithms.pooling import Kind, pipeline, refusal, run
from convolens.ops.arrays import Array, channels_first, deliver, in_whole_steps, result_array
from convolens.ops.pooling.arrays import float_dtype
from convolens.ops.pooling.windows import axis_members, window_lists
from convolens.planning.circumstances import circumstances
from convolens.planning.cost import predict_setup
from convolens.runtime.call import Pinned
from convolens.runtime.replay import Bound, Recording, Replay
from convolens.spec.layout import LAST
from convolens.spec.pooling import PoolSpec

CELLS_PER_SECOND = 5e8  # that NumPy combines
SPREAD_PER_SECOND = 5e7  # numbers that NumPy brings to their cells
LEAST_CELLS = 1 << 14  # below which NumPy takes no longer
LEAST_SPREAD = 1 << 11  # numbers below which NumPy takes no longer
CALLS = 1000  # that a network is taken to make for each that it made
MOST_REPLAYS = 256  # calls that can be repeated; each holds a few tables of its axes

Key = tuple[Any, ...]
_by_numpy: dict[tuple[whole_maps.Kind, np.dtype[Any]], int] = {}  # cells of whole maps that NumPy pooled
_replays: dict[Key, tuple[Replay, tuple[int, ...], np.dtype[Any]]] = {}


def call_key(kind: str, x: object, out: object, *options: object) -> Key | None:
    """Name a call by all that its work depends on but the numbers; None where that has no safe name."""
    if type(x) is not np.ndarray or not all(map(_is_plain, options)):
        return None
    if not in_whole_steps(x):  # such an array is copied, and the call made of the copy
        return None
    if out is None:
        return kind, x.shape, x.strides, x.dtype, options
    if type(out) is not np.ndarray or not out.flags.writeable:
        return None
    return kind, x.shape, x.strides, x.dtype, options, out.shape, out.strides, out.dtype


def _is_plain(option: object) -> bool:
    """Whether equal options mean the same: 2 and 2.0 and True are equal."""
    kind = type(option)
    if kind is tuple:
        return all(type(n) is int or (type(n) is tuple and _is_plain(n)) for n in option)  # type: ignore[attr-defined]
    return kind is int or kind is str or option is None or kind is bool


def repeat(key: Key | None, x: Any, out: Array | None) -> Array | None:
    """Pool ``x`` as a call of this name did; None if there was none that can be repeated."""
    remembered = _replays.get(key)  # type: ignore[arg-type]
    if remembered is None:
        return None
    replay, shape, dtype = remembered
    result = np.empty(shape, dtype) if out is None else out
    return result if replay(x, result) else None


def pool(
    spec: PoolSpec, kind: Kind, x: Array, out: Array | None, *, count_pads: bool = True, key: Key | None = None
) -> Array | None:
    """Pool ``x``; None where that cannot be compiled, or would not make up for compiling."""
    if not _pays(spec, kind, circumstances()):
        return None
    dtype = spec.dtype if kind == "max" else float_dtype(spec.dtype)
    result = result_array(spec.output_shape, dtype, out, dtype, x)
    views = (channels_first(a, spec.dims, spec.layout) for a in (x, result))
    with Recording() as recording:
        run(spec, kind, _members(spec, count_pads), *views)
    _remember(key, recording, x, result, out)
    return deliver(result, dtype, out)


def pool_whole(
    kind: whole_maps.Kind,
    planes: Array,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    x: Array,
    out: Array | None,
    key: Key | None = None,
) -> Array | None:
    """Pool the whole ``planes`` (N, C, size…) of ``x`` into a result of this shape; None as for :func:`pool`."""
    if not _whole_pays(kind, planes):
        return None
    result = result_array(shape, dtype, out, dtype, x)
    result = result if result.flags.c_contiguous else np.empty(shape, dtype)
    with Recording() as recording:
        whole_maps.run(kind, planes, result.reshape(planes.shape[:2]))
    _remember(key, recording, x, result, out)
    return deliver(result, dtype, out)


def _whole_pays(kind: whole_maps.Kind, planes: Array, calls: int = 1) -> bool:
    if planes.size < LEAST_CELLS or whole_maps.refusal(planes.dtype):
        return False
    cells = calls * planes.size + _by_numpy.get((kind, planes.dtype), 0)  # calls for one small map add up
    if predict_setup(whole_maps.pipeline(planes, kind)) < CALLS * cells / CELLS_PER_SECOND:
        return True
    _by_numpy[kind, planes.dtype] = cells
    return False


def _remember(key: Key | None, recording: Recording, x: Array, result: Array, out: Array | None) -> None:
    """Keep a call of this name, where it can be repeated on ``x`` and what it was asked to write to."""
    if key is None or not result.size or (out is not None and result is not out):
        return
    if replay := recording.replay(x, result):
        if len(_replays) >= MOST_REPLAYS:
            _replays.clear()
        _replays[key] = replay, result.shape, result.dtype


def bound_pool(spec: PoolSpec, kind: Kind, x: Array, out: Array, *, count_pads: bool = True) -> Bound | None:
    """Return what pools ``x`` into ``out``, whatever they hold then; None as for :func:`pool`."""
    if x.dtype != out.dtype or not _pays(spec, kind, circumstances()):
        return None
    views = (channels_first(a, spec.dims, spec.layout) for a in (x, out))
    with Recording() as recording:
        run(spec, kind, _members(spec, count_pads), *views)
    return recording.bound(x, out)


def bound_pool_whole(kind: whole_maps.Kind, planes: Array, out: Array) -> Bound | None:
    """Return what pools the whole ``planes`` (N, C, size…) into ``out`` (N, C); None as for :func:`pool`."""
    if planes.dtype != out.dtype or not out.flags.c_contiguous or not _whole_pays(kind, planes, calls=CALLS):
        return None
    with Recording() as recording:
        whole_maps.run(kind, planes, out)
    return recording.bound(planes, out)


def pool_with_indices(spec: PoolSpec, x: Array, out: Array | None) -> tuple[Array, Array] | None:
    """Find maxima of ``x`` and where they lie; None as for :func:`pool`."""
    if not _pays(spec, "place", circumstances()):
        return None
    result = result_array(spec.output_shape, spec.dtype, out, spec.dtype, x)
    places = np.empty(spec.output_shape, np.int64)
    views = (channels_first(a, spec.dims, spec.layout) for a in (x, result, places))
    run(spec, "place", _members(spec, True), *views)
    return deliver(result, spec.dtype, out), places


@functools.lru_cache(maxsize=256)
def _pays(spec: PoolSpec, kind: Kind, _circumstances: tuple[object, ...]) -> bool:
    """Whether compiled loops serve, given which pipelines are ready."""
    cells = sum(spec.window) * math.prod(spec.input_shape)
    if cells < LEAST_CELLS or refusal(spec, kind):
        return False
    return predict_setup(pipeline(spec, kind)) < CALLS * cells / CELLS_PER_SECOND


@functools.lru_cache(maxsize=256)
def _members(spec: PoolSpec, count_pads: bool) -> tuple[Pinned, ...]:
    return tuple(Pinned(members.astype(np.int32)) for members in axis_members(spec, count_pads))


def spread_pays(numbers: Array, indices: Array, size: tuple[int, ...]) -> bool:
    """Whether compiled loops serve to add numbers to the cells that indices name."""
    if numbers.size < LEAST_SPREAD or gradients.refusal(numbers, indices, size):
        return False
    return sum(map(predict_setup, gradients.pipelines(numbers, size))) < CALLS * numbers.size / SPREAD_PER_SECOND


def spread_sums(spec: PoolSpec, numbers: Array, dtype: np.dtype[Any], out: Array | None) -> Array | None:
    """
    Add each number (N, C, output size…) to all cells of its window; None as for :func:`pool`.

    The result has the input's shape and layout, and lies apart from ``numbers``.
    """
    if not _spread_sums_pays(spec, numbers):
        return None
    result = result_array(spec.input_shape, dtype, out, numbers.dtype, numbers)
    planes = channels_first(result, spec.dims, spec.layout)
    listed_sums.run(numbers, window_lists(spec), planes, spec.layout == LAST)
    return deliver(result, dtype, out)


def _spread_sums_pays(spec: PoolSpec, numbers: Array) -> bool:
    cells = math.prod(spec.input_shape)
    if spec.border is not None or cells < LEAST_CELLS or listed_sums.refusal(numbers):
        return False
    pipeline = listed_sums.pipeline(numbers, spec.input_size, spec.layout == LAST)
    return predict_setup(pipeline) < CALLS * cells / CELLS_PER_SECOND
