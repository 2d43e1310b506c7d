"""Maxima and means of small square windows that move cell by cell, where the cells of a row lie side by side."""

import numpy as np

from convolens.algorithms.base import Array, Pipeline
from convolens.algorithms.compiled import dense, dense_like
from convolens.algorithms.pool_tasks import rows_and_planes
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cpu
from convolens.spec.layout import LAST
from convolens.spec.pooling import PoolSpec

PIPELINE = "convolens.pipelines.sliding"
SIDES = (3, 5)


def takes(spec: PoolSpec, kind: str) -> bool:
    """Whether windows can be pooled so; a vector has to hold what lies outside a row at either end."""
    if spec.dims != 2 or spec.layout == LAST or spec.dtype not in (np.float32, np.float64):
        return False
    plain = spec.border is None and set(spec.dilation) == set(spec.stride) == {1}
    square = spec.window in [(side, side) for side in SIDES]
    wide = min(spec.input_size[-1], spec.output_size[-1]) >= _lanes(spec)
    held = max(spec.pads[-1]) <= _lanes(spec)
    return plain and square and wide and held and kind in ("max", "mean")


def pipeline(spec: PoolSpec, kind: str) -> Pipeline:
    """Name the pipeline that a run takes."""
    return PIPELINE, {"dtype": spec.dtype.name, "lanes": _lanes(spec), "kind": kind, "side": spec.window[-1]}


def run(spec: PoolSpec, kind: str, members: tuple[Array | Pinned, ...], x: Array, out: Array) -> None:
    """Pool ``x`` (N, C, H, W) into ``out``; ``members`` as for :func:`convolens.algorithms.pooling.run`."""
    target = out if out.strides[-1] == out.itemsize else dense_like(out, -1)
    pairs = -(-spec.output_size[0] // 2)
    planes = max(1, spec.batch) * spec.in_channels
    scalars = (spec.pads[1][0], spec.pads[0][0], *rows_and_planes(spec.macs, pairs, planes))
    name, parameters = pipeline(spec, kind)
    compiler.load(name, **parameters)(dense(x, -1), members[1], members[0], target, scalars=scalars)
    if target is not out:
        out[...] = target


def _lanes(spec: PoolSpec) -> int:
    return cpu().vector_bytes // spec.dtype.itemsize
