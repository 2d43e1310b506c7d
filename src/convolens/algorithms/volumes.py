"""Kernels that are products along three axes: each plane by columns and rows, then all planes along the depth."""

import functools
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from convolens.algorithms import passes
from convolens.algorithms.base import Array, Cost
from convolens.algorithms.passes import Passes
from convolens.spec.geometry import ConvSpec


@dataclass(frozen=True, slots=True)
class Volumes:
    """
    The two walks of each kernel.

    Attributes
    ----------
    walks : tuple of (Passes, Passes)
        For each kernel over the planes of a volume, and over its slices of equal rows.
    between : tuple of int
        Shape of a volume after the first walk.
    """

    walks: tuple[tuple[Passes, Passes], ...]
    between: tuple[int, ...]

    def run(self, x: Array, out: Array) -> None:
        """Filter volumes (N, C, D, H, W), one at a time."""
        sharing = out.shape[1] // x.shape[1]
        between = np.empty(self.between, out.dtype)
        for n, k in np.ndindex(*out.shape[:2]):
            along_planes, along_depth = self.walks[k]
            along_planes.run(x[n, k // sharing][:, np.newaxis], between[:, np.newaxis])
            along_depth.run(*(volume.transpose(1, 0, 2)[:, np.newaxis] for volume in (between, out[n, k])))


def takes(spec: ConvSpec) -> bool:
    """Whether both walks serve: one product a kernel, over one channel, stride 1."""
    plain = spec.dims == 3 and spec.weight_rank == spec.weight_shape[1] == 1
    return plain and set(spec.stride) == set(spec.dilation) == {1} and all(map(passes.takes, _steps(spec)))


def prepare(spec: ConvSpec, term: list[Array]) -> Volumes:
    """Lay out the one term's factors (K, 1, k) along depth, columns and rows."""
    planes, slices = _steps(spec)
    depth, columns, rows = term
    ones = np.ones((1, 1, 1), depth.dtype)
    walks = []
    for k in range(spec.out_channels):
        column, row = columns[k : k + 1], rows[k : k + 1]
        # Beyond the first and the last plane the first walk would have met the border's constant alone.
        value = float(spec.border.value * column.sum(dtype=np.float64) * row.sum(dtype=np.float64))
        beyond = slices.replace(border=value) if spec.border.mode == "constant" else slices
        walks.append((passes.prepare(planes, [[column, row]]), passes.prepare(beyond, [[depth[k : k + 1], ones]])))
    return Volumes(tuple(walks), (spec.input_size[0], *spec.output_size[1:]))


def cost(spec: ConvSpec) -> Cost:
    """Count both walks of every kernel over every volume."""
    first, second = (passes.cost(step, 1) for step in _steps(spec))
    volumes = spec.batch * spec.out_channels
    between = spec.input_size[0] * math.prod(spec.output_size[1:]) * spec.compute_dtype.itemsize
    return replace(
        first,
        operations=volumes * (first.operations + second.operations),
        traffic=volumes * (first.traffic + second.traffic),
        calls=volumes * (first.calls + second.calls),
        workspace=first.workspace + between,
    )


@functools.lru_cache(maxsize=256)
def _steps(spec: ConvSpec) -> tuple[ConvSpec, ConvSpec]:
    """Specify the walk over planes (D, 1, H, W), and the one over slices (H', 1, D, W')."""
    (depth, *plane), (tall, *kernel), (before, *around) = spec.input_size, spec.kernel_size, spec.pads
    types: dict[str, Any] = {"border": spec.border, "dtype": spec.dtype, "weight_dtype": spec.weight_dtype}
    height, width = spec.output_size[1:]
    return (
        ConvSpec((depth, 1, *plane), (1, 1, *kernel), padding=tuple(around), **types),
        ConvSpec((height, 1, depth, width), (1, 1, tall, 1), padding=(before, (0, 0)), **types),
    )
