"""The sums that make up the gradients of deformable convolution, block by block: in NumPy, or compiled."""

import functools
import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from convolens.algorithms.deformable import groups, refusal
from convolens.algorithms.deformable_gradients import KINDS, Points, Products, Vectors, pipeline
from convolens.ops.activation_gradients import flow_back
from convolens.ops.arrays import Array
from convolens.ops.deformable import CALLS, CHANNEL_SECONDS, LEAST_SECONDS, POINT_SECONDS
from convolens.ops.deformation import BLOCK_BYTES, Deformation
from convolens.planning.cost import predict_setup
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PASSES = 5  # that NumPy makes over the samples, for one of the convolution itself


@dataclass(frozen=True, slots=True)
class Sums:
    """
    The gradients while they are summed, all of the type that is computed in.

    Attributes
    ----------
    image, offset : ndarray
        With the axes of :class:`Deformation`.
    mask : ndarray or None
        Likewise; None where there is no mask.
    weight : ndarray, shape (K, C / groups, kernel size…)
        Of the turned kernels.
    bias : ndarray, shape (K,)
        The sum of what flows to each kernel.
    """

    image: Array
    offset: Array
    mask: Array | None
    weight: Array
    bias: Array

    @classmethod
    def of(cls, deformation: Deformation, gradient: Array) -> Self:
        """Begin with zeros, which lie in memory as the result will; the bias is done."""
        spec, dtype = deformation.spec, deformation.spec.compute_dtype
        last = spec.layout == LAST

        def zeros(shape: tuple[int, ...], order: tuple[int, ...]) -> Array:
            order = (0, 1, 2, *order) if last else (0, *order, 1, 2)
            return np.zeros([shape[axis] for axis in order], dtype).transpose(np.argsort(order))

        return cls(
            image=zeros(deformation.image.shape, (3,)),
            offset=zeros(deformation.offset.shape, (4, 3, 5)),
            mask=None if deformation.mask is None else zeros(deformation.mask.shape, (4, 3)),
            weight=np.zeros(spec.weight_shape, dtype),
            bias=flow_back(np.moveaxis(gradient, -1, 1), None, None)[1].astype(dtype),
        )


def numpy_sums(deformation: Deformation, gradient: Array) -> Sums:
    """Sum in NumPy; ``gradient`` (N, H', W', K) is what flows back to the output cells."""
    spec, sums, matrices = deformation.spec, Sums.of(deformation, gradient), deformation.matrices()
    taps, weights = deformation.offset.shape[3], np.zeros_like(matrices)
    for block in deformation.blocks():
        samples = deformation.samples(block)
        values = samples.values()
        cells = gradient[block].reshape(-1, spec.out_channels)
        by_group = cells.reshape(len(cells), spec.groups, -1).swapaxes(0, 1)
        weights += deformation.columns(values, block).swapaxes(1, 2) @ by_group
        windows = by_group @ matrices.swapaxes(1, 2)
        windows = windows.reshape(spec.groups, len(cells), taps, -1).transpose(1, 2, 0, 3).reshape(values.shape)
        if sums.mask is not None and deformation.mask is not None:
            sums.mask[block] = (windows * values).sum(axis=1).reshape(sums.mask[block].shape)
            windows = windows * deformation.mask[block].reshape(-1, 1).astype(windows.dtype, copy=False)
        slopes = np.stack([(windows * slope).sum(axis=1) for slope in samples.slopes()], axis=1)
        sums.offset[block] = slopes.reshape(sums.offset[block].shape)
        samples.scatter(windows, sums.image[block[0]])
    kernels = weights.reshape(spec.groups, *spec.kernel_size, spec.weight_shape[1], -1)
    sums.weight[...] = kernels.transpose(0, 4, 3, 1, 2).reshape(spec.weight_shape)
    return sums


@functools.lru_cache(maxsize=256)
def compiled_pays(spec: ConvSpec, offset_groups: int, offset_dtype: np.dtype[Any], loaded: int) -> bool:
    """Whether compiled loops serve, given how many pipelines are ready."""
    points = spec.batch * math.prod(spec.output_size) * math.prod(spec.kernel_size)
    seconds = PASSES * points * (spec.in_channels * CHANNEL_SECONDS + offset_groups * POINT_SECONDS)
    if seconds < LEAST_SECONDS or refusal(spec, offset_groups):
        return False
    setup = sum(predict_setup(pipeline(spec, offset_groups, offset_dtype, kind)) for kind in KINDS)
    return setup < CALLS * seconds


def compiled_sums(deformation: Deformation, gradient: Array) -> Sums:
    """Sum by compiled loops, group by group of kernels; ``gradient`` as in :func:`numpy_sums`."""
    spec, sums = deformation.spec, Sums.of(deformation, gradient)
    offset_groups, dtype = deformation.offset.shape[4], spec.compute_dtype
    offsets = deformation.offset.transpose(0, 4, 3, 5, 1, 2)
    masks = np.broadcast_to(np.ones(1, dtype), deformation.offset.shape[:-1])
    masks = (masks if deformation.mask is None else deformation.mask).transpose(0, 4, 3, 1, 2)
    rows = np.ascontiguousarray(gradient).reshape(spec.batch, math.prod(spec.output_size), spec.out_channels)
    vectors = Vectors.of(spec, offset_groups)
    functions = {}
    for kind in KINDS:
        name, parameters = pipeline(spec, offset_groups, deformation.offset.dtype, kind)
        functions[kind] = compiler.load(name, **parameters)
    for channels, own, kernels in groups(spec, offset_groups):
        image = deformation.image[..., channels]
        points = Points(spec, image, offsets[:, own], masks[:, own], vectors, functions)
        weight = deformation.weight[kernels].astype(dtype, copy=False)
        sums.weight[kernels] = _add_group(points, weight, rows[..., kernels], sums, own)
        target = sums.image[..., channels]
        target[...] = points.inside(points.gradient).reshape(target.shape)
    return sums


def _add_group(points: Points, weight: Array, rows: Array, sums: Sums, own: slice) -> Array:
    """Add what a group of kernels contributes, and return its weights' gradient, like ``weight``."""
    (kernels, channels), vectors = weight.shape[:2], points.vectors
    taps, batch, pixels = math.prod(weight.shape[2:]), *rows.shape[:2]
    wide = np.zeros((kernels, taps, channels // vectors.channels, vectors.width), weight.dtype)
    wide[..., : vectors.channels] = weight.reshape(kernels, -1, vectors.channels, taps).transpose(0, 3, 1, 2)
    products = Products(wide.reshape(kernels, -1).T)
    total = np.zeros((kernels, products.width), weight.dtype)
    most = points.whole(min(pixels, max(1, BLOCK_BYTES // (2 * products.width * weight.itemsize))))
    flowing, seen = np.empty((2, most, products.width), weight.dtype)
    slopes = np.empty((*points.mask.shape[1:3], 3, points.whole(pixels)), weight.dtype)
    for n in range(batch):
        for start in range(0, pixels, most):
            count = min(most, pixels - start)
            filled = points.whole(count)
            some, vectored = slice(start, start + count), slice(start, start + filled)
            products.through(rows[n, some], flowing[:count])
            flowing[count:filled] = 0
            points.spread(n, vectored, flowing[:filled])
            points.slopes(n, vectored, flowing[:filled], slopes[..., vectored])
            points.samples(n, vectored, seen[:filled])
            total += products.over(seen[:count], rows[n, some])
        found = slopes[..., :pixels].reshape(*slopes.shape[:3], *sums.offset.shape[1:3]).transpose(3, 4, 1, 0, 2)
        sums.offset[n, ..., own, :] += found[..., 1:]
        if sums.mask is not None:
            sums.mask[n, ..., own] += found[..., 0]
    unfilled = total.reshape(wide.shape)[..., : vectors.channels].reshape(kernels, taps, channels)
    return unfilled.swapaxes(1, 2).reshape(weight.shape)
