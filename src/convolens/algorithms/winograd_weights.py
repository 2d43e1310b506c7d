"""The transforms of weights for minimal filtering: by BLAS, or by compiled loops where weights keep changing."""

import math

import numpy as np

from convolens.algorithms.base import Array
from convolens.algorithms.compiled import aligned_zeros, vector_lanes
from convolens.algorithms.winograd_tiles import panel_count, vectors_of
from convolens.pipelines.toom_cook import Transform
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.replay import Repeated
from convolens.spec.geometry import ConvSpec

PIPELINE = "convolens.pipelines.winograd_weights"
ALONE = 640  # columns of a product that BLAS takes in one thread, as its threads and ours hold each other up


def transformed(spec: ConvSpec, weight: Array, vertical: Transform, horizontal: Transform) -> tuple[Pinned, ...]:
    """
    Transform each group's weights, in the order in which they are read.

    G g Gᵀ is one matrix product for all kernels of a panel, as fast in NumPy as compiled in one thread.
    """
    dtype, kernels = spec.compute_dtype, spec.out_channels // spec.groups
    both = np.kron(*(np.array(t.kernel, np.float64) for t in (vertical, horizontal))).astype(dtype)
    shape = _shape(spec, vertical, horizontal)
    *_, depth, channels, panel = shape

    def transformed(group: Array) -> Pinned:
        packed = aligned_zeros(shape, dtype)
        for k, out in enumerate(packed):
            first = min(k * panel, kernels - panel)  # the last reaches back
            members = group[first : first + panel].astype(dtype).reshape(panel, -1)
            beside = np.ascontiguousarray(members.T).reshape(channels, depth, -1, panel)  # first, as it is faster
            cells = beside.transpose(2, 1, 0, 3).reshape(both.shape[1], -1)
            rows = out.reshape(len(both), -1)
            for i in range(0, cells.shape[1], ALONE):
                np.matmul(both, cells[:, i : i + ALONE], out=rows[:, i : i + ALONE])
            if shared := k * panel - first:  # alike to the bit, unlike BLAS: several threads write both
                out[..., :shared] = packed[k - 1][..., panel - shared :]
        return Pinned(packed.reshape(-1, panel // vector_lanes(spec), vector_lanes(spec)))

    return tuple(map(transformed, np.split(weight, spec.groups)))


def _shape(spec: ConvSpec, vertical: Transform, horizontal: Transform) -> tuple[int, ...]:
    """Give the panels of a group's kernels, rows, columns, kernel depth, channels, and kernels a panel."""
    kernels, depth = spec.out_channels // spec.groups, math.prod(spec.kernel_size[:-2])
    panel = vectors_of(spec, kernels) * vector_lanes(spec)
    return panel_count(spec, kernels), vertical.size, horizontal.size, depth, spec.weight_shape[1], panel


def transforming(
    spec: ConvSpec, packed: tuple[Pinned, ...], vertical: Transform, horizontal: Transform
) -> Repeated:
    """Return what writes other weights (K, C / groups, kd, kh, kw), transformed, to where these lie."""
    targets = [Pinned(group.array.reshape(_shape(spec, vertical, horizontal))) for group in packed]
    parameters: dict[str, str | int] = {
        "dtype": str(spec.compute_dtype), "lanes": vector_lanes(spec),
        "vectors": vectors_of(spec, spec.out_channels // spec.groups),
        "tile_height": vertical.tile, "kernel_height": vertical.taps,
        "tile_width": horizontal.tile, "kernel_width": horizontal.taps,
    }  # fmt: skip

    def transform(weight: Array) -> None:
        function = compiler.load(PIPELINE, **parameters)
        for group, target in zip(np.split(weight, spec.groups), targets, strict=True):
            function(group, target)

    return Repeated(transform)
