"""Separable kernels: a 2-D or 3-D kernel as a sum of a few products of 1-D kernels, applied axis by axis."""

import itertools
import math
from typing import Any, ClassVar

import numpy as np

from convolens.algorithms import passes, volumes
from convolens.algorithms.base import Algorithm, Array, Cost, Pipeline, plain_sum_bound, roundoff
from convolens.algorithms.passes import Passes
from convolens.algorithms.volumes import Volumes
from convolens.algorithms.windows import padded_bytes, padded_input
from convolens.spec.geometry import ConvSpec

MOST_DECOMPOSED = 128  # rows or columns of a kernel whose terms are counted by singular values
MOST_RANKED = 64  # kernels whose rank is looked for; more are never worth separating
LEAST_SEPARATED = 25  # kernel cells from which separating can pay
PRODUCT_ROUNDINGS = 8  # that a cell of a kernel may be off the product of its row and column
Term = list[Array]
"""For each axis the 1-D kernels of all (kernel, channel) pairs: shape (K, C / groups, k)."""


class Separable(Algorithm[list[Term] | Passes | Volumes]):
    """
    Apply each 1-D factor along its axis and add up the terms; in compiled loops for planes at stride 1, and for
    volumes under a kernel that is one product.

    A k × k kernel of rank r costs 2 r k multiply-adds a cell instead of k². The factors of a kernel that is a
    product are its own largest row and column; those of others come from the singular value decomposition, axis
    by axis, in which values below the rounding of the weights are dropped.

    References
    ----------
    S. Treitel, J. L. Shanks, The design of multistage separable planar filters, IEEE Transactions on Geoscience
    Electronics 9, 1971, doi:10.1109/TGE.1971.271457.
    """

    name: ClassVar = "separable"
    summary: ClassVar = "a sum of 1-D passes along each axis, found by SVD"
    plain_sum: ClassVar = False
    compiled: ClassVar = True

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse one dimension, integers, and a border of NaN or infinity."""
        if spec.dims < 2:
            return "one dimension has nothing to separate"
        if spec.compute_dtype.kind != "f":
            return "integers are summed exactly"
        if not math.isfinite(spec.border.value):
            return "a border that is not finite would spread"
        return None

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the passes along every axis, for every term, kernel and channel."""
        rank = _known_rank(spec)
        if passes.takes(spec):
            return passes.cost(spec, rank)
        if volumes.takes(spec):
            return volumes.cost(spec)
        cells = steps = 0
        for size, kernel in zip(_pass_sizes(spec), reversed(spec.kernel_size), strict=True):
            cells += math.prod(size) * kernel
            steps += kernel
        pairs = spec.batch * spec.out_channels * spec.weight_shape[1]
        sizes = [math.prod(size) for size in (spec.padded_size, *_pass_sizes(spec))]
        held = max(before + 2 * after for before, after in itertools.pairwise(sizes)) + sizes[-1]
        return Cost(
            operations=2 * rank * pairs * cells,
            work="stream",
            traffic=2 * padded_bytes(spec),
            calls=2 * rank * spec.batch * spec.weight_shape[1] * steps,
            workspace=padded_bytes(spec) + spec.out_channels * held * spec.compute_dtype.itemsize,
        )

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound the passes' sums; terms of more than one may cancel."""
        rank = _known_rank(spec)
        if rank == 1:  # sums of each factor's terms, the factor rounded, and how far a product is off its kernel
            terms = sum(length + 2 for length in spec.kernel_size)
            return (spec.weight_shape[1] * terms + PRODUCT_ROUNDINGS * (spec.dims - 1)) * roundoff(spec)
        return (1 + rank * math.sqrt(math.prod(spec.kernel_size))) * plain_sum_bound(spec)

    def pipeline(self, spec: ConvSpec) -> Pipeline | None:
        """Name the pipeline of planes, which serves volumes, too."""
        return passes.pipeline(spec) if passes.takes(spec) or volumes.takes(spec) else None

    def prepare(self, spec: ConvSpec, weight: Array) -> list[Term] | Passes | Volumes:
        """Find the terms."""
        terms = separable_terms(weight, spec.compute_dtype)
        if passes.takes(spec):
            return passes.prepare(spec, terms)
        return volumes.prepare(spec, *terms) if volumes.takes(spec) else terms

    def run(self, spec: ConvSpec, state: list[Term] | Passes | Volumes, x: Array, out: Array) -> None:
        """Add up the terms of every channel."""
        if isinstance(state, Passes | Volumes):
            state.run(x, out)
            return
        padded = padded_input(spec, x)
        repeats = spec.out_channels // spec.groups
        for n in range(spec.batch):
            grouped = padded[n].reshape(spec.groups, -1, *spec.padded_size)
            total = np.zeros_like(out[n])
            for channel in range(spec.weight_shape[1]):
                shared = grouped[:, channel]
                for term in state:
                    image = shared if repeats == 1 else np.repeat(shared, repeats, axis=0)
                    for axis in reversed(range(spec.dims)):
                        image = _pass(spec, image, term[axis][:, channel], axis)
                    total += image
            out[n] = total


def separable_terms(weight: Array, dtype: np.dtype[np.floating], least: Array | float | None = None) -> list[Term]:
    """
    Write kernels (K, C, size…) as a sum of products of 1-D kernels.

    Singular values up to ``least`` are dropped; by default those below a rounding of each kernel's largest.

    >>> sobel = np.outer([1.0, 2, 1], [-1, 0, 1])[None, None]
    >>> len(separable_terms(sobel, np.dtype("f8"))), len(separable_terms(sobel + np.eye(3), np.dtype("f8")))
    (1, 3)
    """
    weight = np.asarray(weight, np.float64)
    if weight.ndim == 3:
        return [[weight.astype(dtype)]]
    kernels, channels, first = weight.shape[:3]
    matrices = weight.reshape(kernels, channels, first, -1)
    product = as_product(matrices, dtype)
    if product is not None:
        column, row = product
        rest = row.reshape(kernels, channels, *weight.shape[3:])
        share = None if least is None else least / np.maximum(np.linalg.norm(column, axis=2, keepdims=True), 1)
        return [[column.astype(dtype), *others] for others in separable_terms(rest, dtype, share)]
    left, values, right = np.linalg.svd(matrices, full_matrices=False)
    if least is None:
        largest = values.max(axis=(1, 2), keepdims=True)
        least = largest * max(first, right.shape[-1]) * np.finfo(dtype).eps / 2
    values = np.where(values > least, values, 0.0)
    terms: list[Term] = []
    for r in range(max(1, int(values.any(axis=(0, 1)).sum()))):
        rest = (values[..., r, None] * right[:, :, r]).reshape(kernels, channels, *weight.shape[3:])
        terms += [[left[:, :, :, r].astype(dtype), *others] for others in separable_terms(rest, dtype, least)]
    return terms


def as_product(matrices: Array, dtype: np.dtype[np.floating]) -> tuple[Array, Array] | None:
    """
    Write matrices (K, C, m, n) as columns (K, C, m) times rows (K, C, n), if all of them are such products.

    A product that was rounded to ``dtype`` is one: each cell is compared with what the row and column through the
    largest cell make of it.
    """
    cells = matrices.shape[-1]
    r, c = (
        place[..., None, None]
        for place in divmod(np.abs(matrices).reshape(*matrices.shape[:2], -1).argmax(-1), cells)
    )
    rows = np.take_along_axis(matrices, r, 2)[:, :, 0]
    columns = np.take_along_axis(matrices, c, 3)[..., 0]
    peaks = np.take_along_axis(rows, c[..., 0], 2)
    columns = np.divide(columns, peaks, out=np.zeros_like(columns), where=peaks != 0)
    eps = float(np.finfo(dtype).eps)
    for index in range(matrices.shape[2]):
        cell = matrices[:, :, index]
        allowed = eps * np.maximum(PRODUCT_ROUNDINGS / 2 * np.abs(cell), eps * np.abs(peaks))
        if (np.abs(columns[:, :, index, None] * rows - cell) > allowed).any():
            return None
    return columns, rows


def separable_rank(weight: Array, dtype: np.dtype[np.floating]) -> int | None:
    """
    Count the separable terms that make kernels (K, C, size…), the most that any of them needs.

    None for kernels that are no products and too large to decompose: they have too many terms to be of use.
    """
    kernels, channels, first = weight.shape[:3]
    matrices = weight.reshape(kernels, channels, first, -1)
    if min(matrices.shape[2:]) > MOST_DECOMPOSED and as_product(matrices.astype(np.float64), dtype) is None:
        return None
    return len(separable_terms(weight, dtype))


def worthwhile_rank(weight: Array, dtype: np.dtype[Any]) -> int | None:
    """Count the separable terms of kernels that may be worth separating; None where that is not known."""
    worth_a_look = weight.ndim > 3 and math.prod(weight.shape[:2]) <= MOST_RANKED and dtype.kind == "f"
    if not worth_a_look or math.prod(weight.shape[2:]) < LEAST_SEPARATED or not np.isfinite(weight).all():
        return None
    return separable_rank(weight, dtype)


def _known_rank(spec: ConvSpec) -> int:
    """Take the rank as known, or the largest that the kernel's shape allows."""
    size = spec.kernel_size
    return spec.weight_rank or math.prod(min(n, math.prod(size[axis + 1 :])) for axis, n in enumerate(size[:-1]))


def _pass_sizes(spec: ConvSpec) -> list[tuple[int, ...]]:
    """Size of the image after each pass, the last axis first."""
    size, sizes = list(spec.padded_size), []
    for axis in reversed(range(spec.dims)):
        size[axis] = spec.output_size[axis]
        sizes.append(tuple(size))
    return sizes


def _pass(spec: ConvSpec, image: Array, factors: Array, axis: int) -> Array:
    """Correlate (K, size…) along one axis, kernel by kernel."""
    step, dilation, count = spec.stride[axis], spec.dilation[axis], spec.output_size[axis]
    columns = factors.reshape(len(factors), -1, *(1,) * spec.dims)
    along = np.moveaxis(image, axis + 1, 1)
    total = along[:, : (count - 1) * step + 1 : step] * columns[:, 0]
    for tap in range(1, columns.shape[1]):
        start = tap * dilation
        total += along[:, start : start + (count - 1) * step + 1 : step] * columns[:, tap]
    return np.moveaxis(total, 1, axis + 1)
