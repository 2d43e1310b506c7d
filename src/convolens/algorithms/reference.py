"""The definition: nested loops over output cells, one window at a time, summed exactly or in float64."""

import itertools
import math
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Algorithm, Array, Cost, roundoff
from convolens.algorithms.windows import at, pad
from convolens.spec.geometry import ConvSpec


class Reference(Algorithm[Array]):
    r"""
    Cross-correlation, cell by cell as it is defined.

    .. math:: y[n, k, o] = \sum_{c, t} w[k, c, t] \; x[n, g C/G + c, \; s\,o + d\,t - p],

    where :math:`g` is the group of kernel :math:`k` and cells of :math:`x` outside the image are the border's.
    Floats are summed in float64 and rounded once; integers are summed exactly.
    """

    name: ClassVar = "reference"
    summary: ClassVar = "the definition, in nested loops"
    plain_sum: ClassVar = True

    def cost(self, spec: ConvSpec) -> Cost:
        """Count one Python step for each output cell, and its window's products."""
        padded = spec.batch * spec.in_channels * math.prod(spec.padded_size) * 8
        outputs = math.prod(spec.output_size) * spec.batch * spec.out_channels
        return Cost(2 * spec.macs, "python", 2 * padded, outputs, padded)

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound one rounding of the result, and those of the float64 sum."""
        double = float(np.finfo(np.float64).eps) / 2
        return roundoff(spec) and roundoff(spec) + math.prod(spec.weight_shape[1:]) * double

    def prepare(self, spec: ConvSpec, weight: Array) -> Array:
        """Widen the weights."""
        return weight.astype(
            np.result_type(spec.compute_dtype, np.int64 if spec.compute_dtype.kind == "i" else np.float64)
        )

    def run(self, spec: ConvSpec, state: Array, x: Array, out: Array) -> None:
        """Sum the products of every window."""
        padded = pad(x, spec.pads, spec.border, state.dtype)
        per_group = spec.in_channels // spec.groups
        kernels_per_group = spec.out_channels // spec.groups
        for n, k in itertools.product(range(spec.batch), range(spec.out_channels)):
            first = k // kernels_per_group * per_group
            channels = slice(first, first + per_group)
            for cell in itertools.product(*map(range, spec.output_size)):
                starts = (o * s for o, s in zip(cell, spec.stride, strict=True))
                window = tuple(
                    slice(start, start + extent, d)
                    for start, extent, d in zip(starts, spec.window_size, spec.dilation, strict=True)
                )
                out[at[n, k, *cell]] = (padded[at[n, channels, *window]] * state[k]).sum()
