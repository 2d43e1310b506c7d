"""Gradients of pooling, by compiled loops."""

import functools
import math
import operator

import numpy as np

from convolens.algorithms.base import Array, Pipeline
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import available_cores, cpu

SCATTER = "convolens.pipelines.scatter"
OWN_CELLS, OWN_WINDOWS = "convolens.pipelines.own_cells", "convolens.pipelines.own_windows"
MOST_STEP = 4  # the columns of a window that are compiled in where cells lie side by side
RUNS = (16, 8, 4)  # windows side by side, or channels, that are taken together
LANES = 8  # indices that are looked at together
FEW = 64  # that are looked at before all others, which tell of most windows that overlap
STRIP = 1 << 13  # that a task looks at
BLOCKS = (16, 8, 4, 1)  # channels that are summed together
MOST_BAND = 1 << 15  # sums of a task, which lie in a core's own cache
TASKS_PER_CORE = 4
LEAST_TASK = 1 << 13  # cells
MOST_CELLS = 2**31 - 2  # of a plane


def refusal(numbers: Array, indices: Array, size: tuple[int, ...]) -> str | None:
    """Say why numbers cannot be brought to the cells that indices name; None if they can."""
    if numbers.dtype not in (np.float32, np.float64) or indices.dtype != np.int64:
        return "it takes float32 and float64, and indices of int64"
    if math.prod(size) > MOST_CELLS:
        return f"it has at most {MOST_CELLS} cells"
    return compiler.unavailable()


def pipelines(numbers: Array, size: tuple[int, ...]) -> tuple[Pipeline, ...]:
    """Name the pipelines that numbers (N, C, …) take on their way to planes of this size."""
    own = _disjoint(numbers, size)
    return (_looking(numbers), _asking(numbers, own)) if own else (_scattering(numbers),)


def tasks(x: Array) -> int:
    """Tell how many tasks are worth starting."""
    return min(TASKS_PER_CORE * available_cores(), 1 + x.size // LEAST_TASK)


def cut(x: Array, count: int, height: int) -> tuple[int, int]:
    """Tell how many rows, and images, make a task."""
    wanted = tasks(x)
    return -(-height // -(-wanted // count)), -(-count // wanted)


def _last(x: Array) -> bool:
    """Whether the channels of (N, C, …) lie side by side, rather than cells."""
    return x.shape[1] > 1 and x.strides[1] == x.itemsize


def _scattering(numbers: Array) -> Pipeline:
    block = next(b for b in BLOCKS if b <= numbers.shape[1]) if _last(numbers) else 1
    return SCATTER, {"dtype": numbers.dtype.name, "lanes": cpu().vector_bytes // numbers.itemsize, "block": block}


def scatter(numbers: Array, indices: Array, out: Array) -> None:
    """
    Add numbers (N, C, …) to planes of zeros ``out`` (N, C, size…), each at its flat index; −1 is nowhere.

    Sums are taken in float64.
    """
    if not out.size:
        return
    name, parameters = _scattering(numbers)
    block = int(parameters["block"])
    flat, places, target = (_flat(a, block) for a in (numbers, indices, out))
    planes, cells, channels = target.shape
    count = -(-cells * block // MOST_BAND)
    step = cells // count
    size = cells - (count - 1) * step
    firsts, needed = _needed(places, numbers.shape[2], np.arange(count) * step, size)
    plane, cell, channel = target.strides
    bands = np.lib.stride_tricks.as_strided(
        target, (planes, count, size, channels), (plane, step * cell, cell, channel)
    )
    scalars = (needed, step, size, -(-planes // tasks(out)))
    compiler.load(name, **parameters)(flat, places, firsts, bands, scalars=scalars)
    if not np.may_share_memory(target, out):
        out[...] = (target if block == 1 else np.moveaxis(target, -1, 1)).reshape(out.shape)


def _flat(x: Array, block: int) -> Array:
    """View (N, C, size…), or a copy, as (N, cells, C); with a block of 1 as (N × C, cells, 1)."""
    if block == 1:
        return np.ascontiguousarray(x).reshape(math.prod(x.shape[:2]), math.prod(x.shape[2:]), 1)
    return np.ascontiguousarray(np.moveaxis(x, 1, -1)).reshape(x.shape[0], math.prod(x.shape[2:]), x.shape[1])


def _needed(indices: Array, rows: int, starts: Array, size: int) -> tuple[Array, int]:
    """
    Tell with which of the indices (N, count, C) each band begins to be named, and how many follow at most.

    They belong to ``rows`` of windows, whose cells lie in the order of rows, too; others may all be needed.
    """
    count = indices.shape[1]
    if len(starts) == 1:
        return np.zeros(1, np.int32), count
    by_row = indices.reshape(len(indices), rows, -1)
    least, most = by_row.min(axis=(0, 2)), by_row.max(axis=(0, 2))
    named = (least < (starts + size)[:, np.newaxis]) & (most >= starts[:, np.newaxis])
    first, after = named.argmax(axis=1), rows - named[:, ::-1].argmax(axis=1)
    longest = int((after - first).max())
    return (np.minimum(first, rows - longest) * (count // rows)).astype(np.int32), longest * (count // rows)


def ask(numbers: Array, indices: Array, out: Array) -> bool:
    """
    Do as :func:`scatter`, each cell asking its own window for its number.

    False, and nothing done, unless windows neither overlap nor leave gaps: the sizes suggest it, indices tell.
    """
    steps = _disjoint(numbers, out.shape[2:])
    if not numbers.size or steps is None or not _are_own(indices, steps, out.shape[2:], _looking(numbers)):
        return False
    last, (rows, columns) = _last(numbers), steps
    flat, places, target = (_rows(a, last) for a in (numbers, indices, out))
    count, height, width, channels = flat.shape
    plane, row, cell, channel = target.strides
    inner = ((width, columns), (columns * cell, cell)) if last else ((1, width * columns), (0, cell))
    windows = np.lib.stride_tricks.as_strided(
        target,
        (count, height, rows, *inner[0], channels),
        (plane, rows * row, row, *inner[1], channel),
    )
    scalars = (rows, columns, target.shape[2], *cut(out, count, height))
    name, parameters = _asking(numbers, steps)
    compiler.load(name, **parameters)(flat, places, windows, scalars=scalars)
    target[:, rows * height :] = 0
    target[:, :, columns * width :] = 0
    if not np.may_share_memory(target, out):
        out[...] = (np.moveaxis(target, -1, 1) if last else target).reshape(out.shape)
    return True


def _disjoint(numbers: Array, size: tuple[int, ...]) -> tuple[int, int] | None:
    """Tell how many rows and columns windows have, if sizes suggest that they neither overlap nor leave gaps."""
    counts = numbers.shape[2:]
    steps = [n // m for n, m in zip(size, counts, strict=True)]
    rest = [n % m for n, m in zip(size, counts, strict=True)]
    if len(size) > 2 or math.prod(steps) < 2 or any(map(operator.ge, rest, steps)):
        return None
    rows, columns = (1, *steps)[-2:]
    last = _last(numbers)
    beside, all_beside = (numbers.shape[1],) * 2 if last else (counts[-1], math.prod(counts))
    fits = beside >= RUNS[-1] and all_beside >= LANES and (last or columns <= MOST_STEP)
    return (rows, columns) if fits else None


def _asking(numbers: Array, steps: tuple[int, int]) -> Pipeline:
    last = _last(numbers)
    run = next(run for run in RUNS if run <= numbers.shape[1 if last else -1])
    return OWN_CELLS, {
        "dtype": numbers.dtype.name,
        "lanes": run,
        "step": 0 if last else steps[1],
        "places": "plane",
    }


def _looking(numbers: Array) -> Pipeline:
    return OWN_WINDOWS, {"lanes": LANES, "last": _last(numbers)}


def _are_own(indices: Array, steps: tuple[int, int], size: tuple[int, ...], pipeline: Pipeline) -> bool:
    """Whether each index names a cell of its own window."""
    name, parameters = pipeline
    starts, few = _starts(indices.shape[2:], steps, size[-1]), indices[0, 0].reshape(-1)[:FEW]
    rows, columns = np.divmod(few - starts.array[:FEW], size[-1])
    if (rows < 0).any() or (rows >= steps[0]).any() or (columns >= steps[1]).any():
        return False
    places = _flat(indices, 0 if parameters["last"] else 1)
    count, windows, channels = places.shape
    strip = min(windows, max(LANES, STRIP // channels))
    found = np.empty((count, -(-windows // strip), LANES), np.int32)
    scalars = (*steps, size[-1], strip, -(-count // tasks(indices)))
    compiler.load(name, **parameters)(places, starts, found, scalars=scalars)
    return not found.any()


@functools.lru_cache(maxsize=64)
def _starts(counts: tuple[int, ...], steps: tuple[int, int], width: int) -> Pinned:
    """Tell the first cell of each window."""
    down, across = (np.arange(n) * step for n, step in zip((1, *counts)[-2:], steps, strict=True))
    return Pinned(np.add.outer(down * width, across).astype(np.int32).ravel())


def _rows(x: Array, last: bool) -> Array:
    """View (N, C, size…) of one or two dimensions, or a copy, as (N, H, W, C); else as (N × C, H, W, 1)."""
    height, width = (1, *x.shape[2:])[-2:]
    if last:
        return np.ascontiguousarray(np.moveaxis(x, 1, -1)).reshape(len(x), height, width, x.shape[1])
    return np.ascontiguousarray(x).reshape(math.prod(x.shape[:2]), height, width, 1)
