"""Maxima of windows, where they lie, means and norms, by compiled loops."""

import functools
import math
from typing import Literal

import numpy as np

from convolens.algorithms import sliding_pool
from convolens.algorithms.base import Array, Pipeline
from convolens.algorithms.compiled import MOST_DIMS, dense, dense_like, volumes
from convolens.algorithms.pool_tasks import rows_and_planes
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cpu
from convolens.spec.borders import source_index
from convolens.spec.layout import LAST
from convolens.spec.pooling import PoolSpec

PIPELINE = "convolens.pipelines.pooling"
MOST_STEP = 4  # the stride along rows that is compiled in
VECTORS = 4  # that are reduced together where they lie side by side
FEWER = (8, 4, 1)  # cells that are reduced together where fewer than a vector lie side by side
# sides of square windows that are compiled in
SIDES = {"max": (2, 3, 5), "place": (2, 3), "mean": (2, 3, 5), "norm-1": (2, 3), "norm-2": (2, 3)}

_ONE = Pinned(np.ones(1, np.int32))

NOWHERE = 2**31 - 1  # the place of what lies outside

Kind = Literal["max", "place", "mean", "norm-1", "norm-2"]


def refusal(spec: PoolSpec, kind: Kind) -> str | None:
    """Say why windows cannot be pooled so; None if they can."""
    whole = spec.dtype.kind in "iu" and spec.dtype.isnative
    if spec.dtype not in (np.float32, np.float64) and (kind == "place" or not whole):
        return "it takes float32, float64 and, but where it finds places, integers, in the machine's byte order"
    if kind == "place" and (spec.border is not None or math.prod(spec.input_size) >= NOWHERE):
        return "it finds places in planes of fewer than 2³¹ − 1 cells, without a border"
    if spec.dtype.kind != "f" and spec.border is not None and spec.border.mode == "constant":
        return "it takes no constant beside integers"
    if spec.dims > MOST_DIMS:
        return f"it has at most {MOST_DIMS} dimensions"
    if spec.layout != LAST and spec.stride[-1] > MOST_STEP:
        return f"it moves by at most {MOST_STEP} along rows of cells side by side"
    return compiler.unavailable()


def pipeline(spec: PoolSpec, kind: Kind) -> Pipeline:
    """Name the pipeline that a run takes."""
    if sliding_pool.takes(spec, kind):
        return sliding_pool.pipeline(spec, kind)
    doubles = kind.startswith("norm") or (kind == "mean" and spec.dtype.kind != "f")
    lanes = cpu().vector_bytes // (8 if doubles else spec.dtype.itemsize)  # of what is joined
    step, cells = (0, spec.in_channels) if spec.layout == LAST else (spec.stride[-1], spec.input_size[-1])
    run = next(run for run in (VECTORS * lanes, lanes, *FEWER) if run <= cells)
    shape = {"lanes": lanes, "run": run, "step": step, "side": _side(spec, kind)}
    return PIPELINE, {"dtype": spec.dtype.name, "kind": kind, **shape}


def _side(spec: PoolSpec, kind: Kind) -> int:
    """Tell the side of a small square window whose cells lie side by side; 0 for any other."""
    *deep, height, width = (1, *spec.window)
    side = width if width in SIDES[kind] and height == width and set(deep) <= {1} else 0
    return side if set(spec.dilation) == {1} else 0


def run(spec: PoolSpec, kind: Kind, members: tuple[Array | Pinned, ...], x: Array, *outs: Array) -> None:
    """
    Pool ``x`` (N, C, size…) into ``outs`` (N, C, output size…).

    Parameters
    ----------
    spec : PoolSpec
        What is asked.
    kind : str
        ``max``, ``place``, ``mean``, ``norm-1`` or ``norm-2``.
    members : tuple of ndarray
        For each dimension, how many cells of each window count in a mean, of int32.
    x, *outs : ndarray
        Views, wherever the channels lie in memory. Of ``place`` the second output, of int64, takes the places.
    """
    if not outs[0].size:
        return
    if sliding_pool.takes(spec, kind):
        sliding_pool.run(spec, kind, members, x, *outs)
        return
    name, parameters = pipeline(spec, kind)
    axis = 1 if spec.layout == LAST else -1
    targets = [out if out.strides[axis] == out.itemsize else dense_like(out, axis) for out in outs]
    source, *results = (np.moveaxis(volumes(a), 1, -1) for a in (dense(x, axis), *targets))
    counts = [*reversed(members), *(_ONE,) * (MOST_DIMS - spec.dims)]
    tables, scalars = _layout(spec, kind)
    compiler.load(name, **parameters)(source, *tables, *counts, *results, scalars=scalars)
    for out, target in zip(outs, targets, strict=True):
        if target is not out:
            out[...] = target


@functools.lru_cache(maxsize=64)
def _layout(spec: PoolSpec, kind: Kind) -> tuple[tuple[Pinned, ...], tuple[int | float, ...]]:
    """Lay out borders and tasks."""
    alone = (1,) * (MOST_DIMS - spec.dims)
    tables = [_table(spec, axis) for axis in reversed(range(spec.dims))] + [np.zeros(1, np.int32) for _ in alone]
    steps = [(*reversed(numbers), *alone) for numbers in (spec.stride, spec.dilation, spec.window)]
    height = spec.output_size[-2] if spec.dims > 1 else 1
    planes = max(1, spec.batch) * (spec.in_channels if spec.layout != LAST else 1)
    rows, together = rows_and_planes(spec.macs, height, planes)
    outside = -math.inf if kind in ("max", "place") else 0.0
    if spec.border is not None and spec.border.mode == "constant":
        outside = float(spec.border.value)
    scalars = (*steps[0], *steps[1], *steps[2], spec.pads[-1][0], rows, together, outside)
    return tuple(map(Pinned, tables)), scalars


def _table(spec: PoolSpec, axis: int) -> Array:
    """Tell which cell each padded cell that a window reaches shows; −1 outside."""
    size, before = spec.input_size[axis], spec.pads[axis][0]
    reach = (spec.output_size[axis] - 1) * spec.stride[axis] + spec.window_size[axis]
    cells = np.arange(-before, max(reach - before, size))
    if spec.border is None:
        return np.where((cells >= 0) & (cells < size), cells, -1).astype(np.int32)
    return source_index(cells, size, spec.border).astype(np.int32)
