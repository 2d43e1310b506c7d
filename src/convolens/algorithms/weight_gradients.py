"""What every way of computing the gradient with respect to the weights is, and the one in NumPy."""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Array, Cost, Pipeline, roundoff
from convolens.algorithms.gradients import weight_gradient
from convolens.algorithms.windows import padded_bytes
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST


class WeightGradient(ABC):
    r"""
    One way of correlating a convolution's input with its output's gradient.

    .. math:: \partial w[k, c, t] = \sum_{n, o} \partial y[n, k, o] \; x[n, c, s\,o + d\,t - p]
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    plain_sum: ClassVar[bool] = True

    def refusal(self, spec: ConvSpec) -> str | None:
        """Say why this algorithm does not take the convolution ``spec``; None if it does."""
        return None

    @abstractmethod
    def cost(self, spec: ConvSpec) -> Cost:
        """Count what one run takes."""

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound the error beside max |input or border| · Σ |gradient of a kernel's output|; here a plain sum's."""
        return (spec.batch * math.prod(spec.output_size) + 1) * roundoff(spec)

    def pipeline(self, spec: ConvSpec) -> Pipeline | None:
        """Name the compiled pipeline that a run takes; None if it needs none."""
        return None

    def sums_shape(self, spec: ConvSpec) -> tuple[int, ...]:
        """Give the shape of what :meth:`sum_into` writes; by default that of the weights."""
        return spec.weight_shape

    @abstractmethod
    def sum_into(self, spec: ConvSpec, x: Array, grad: Array, sums: Array) -> None:
        """
        Write the sums, of type ``spec.compute_dtype``, in an order of the algorithm's own.

        ``x`` is (N, C, input size…) and ``grad`` (N, K, output size…), both of that type, wherever the channels
        lie in memory.
        """

    def ordered(self, spec: ConvSpec, sums: Array) -> Array:
        """Give the sums the shape ``spec.weight_shape``; not turned."""
        return sums

    def run(self, spec: ConvSpec, x: Array, grad: Array) -> Array:
        """Return the gradient of ``x`` and ``grad``, as :meth:`sum_into` takes them; not turned."""
        sums = np.empty(self.sums_shape(spec), spec.compute_dtype)
        self.sum_into(spec, x, grad, sums)
        return self.ordered(spec, sums)


def uncompiled(spec: ConvSpec) -> str | None:
    """Say why no compiled sum over pixels takes a convolution; None if some may."""
    if spec.compute_dtype.kind != "f":
        return "its sums of integers would not be exact"
    if not math.isfinite(spec.border.value):
        return "a border that is not finite would spread"
    return compiler.unavailable()


class Taps(WeightGradient):
    """One matrix product, by BLAS, for each kernel cell and image."""

    name: ClassVar = "taps"
    summary: ClassVar = "one kernel cell at a time, multiplied by BLAS"

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the products, and a copy of the image for each kernel cell."""
        taps, item = math.prod(spec.kernel_size), spec.compute_dtype.itemsize
        cells = spec.batch * math.prod(spec.output_size)
        slow = 8 if spec.layout == LAST else 3  # channels that lie together are brought apart
        return Cost(
            operations=2 * spec.macs,
            work="matmul",
            traffic=padded_bytes(spec) + slow * taps * cells * spec.in_channels * item,
            calls=6 * taps * spec.batch,
            workspace=padded_bytes(spec) + cells // max(spec.batch, 1) * spec.in_channels * item,
        )

    def sum_into(self, spec: ConvSpec, x: Array, grad: Array, sums: Array) -> None:
        """Sum over images and kernel cells."""
        sums[...] = weight_gradient(spec, x, grad)
