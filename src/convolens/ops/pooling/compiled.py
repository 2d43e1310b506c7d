"""Pooling by compiled loops, where they pay."""

import functools
import math

import numpy as np

from convolens.algorithms.pooling import Kind, pipeline, refusal, run
from convolens.ops.arrays import Array, channels_first, deliver, result_array
from convolens.ops.pooling.windows import axis_members
from convolens.planning.cost import predict_setup
from convolens.runtime import compile as compiler
from convolens.spec.pooling import PoolSpec

CELLS_PER_SECOND = 5e8  # that NumPy combines
LEAST_CELLS = 1 << 14  # below which NumPy takes no longer
CALLS = 1000  # that a network is taken to make


def pool(spec: PoolSpec, kind: Kind, x: Array, out: Array | None, *, count_pads: bool = True) -> Array | None:
    """Pool ``x``; None where that cannot be compiled, or would not make up for compiling."""
    if not _pays(spec, kind, compiler.loaded()):
        return None
    result = result_array(spec.output_shape, spec.dtype, out, spec.dtype, x)
    views = (channels_first(a, spec.dims, spec.layout) for a in (x, result))
    run(spec, kind, _members(spec, count_pads), *views)
    return deliver(result, spec.dtype, out)


@functools.lru_cache(maxsize=256)
def _pays(spec: PoolSpec, kind: Kind, loaded: int) -> bool:
    """Whether compiled loops serve, given how many pipelines are ready."""
    cells = sum(spec.window) * math.prod(spec.input_shape)
    if cells < LEAST_CELLS or refusal(spec):
        return False
    return predict_setup(pipeline(spec, kind)) < CALLS * cells / CELLS_PER_SECOND


@functools.lru_cache(maxsize=256)
def _members(spec: PoolSpec, count_pads: bool) -> tuple[Array, ...]:
    return tuple(members.astype(np.int32) for members in axis_members(spec, count_pads))
