"""Unfold windows into columns, then one matrix product: the convolution as BLAS sees it, block by block."""

import math
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Algorithm, Array, Cost, plain_sum_bound
from convolens.algorithms.windows import at, blocks, padded_bytes, padded_input, tap_view, taps
from convolens.spec.geometry import ConvSpec

BLOCK_BYTES = 8 << 20  # of columns held at a time


class Im2col(Algorithm[Array]):
    """
    Unfold a block of windows into columns and multiply them by the kernels as a matrix.

    The columns of a block take at most about 8 MiB whatever the image's size. Integers go through float64 when
    no sum can pass 2⁵³, so that the product is exact and still BLAS's; otherwise they stay integers.

    References
    ----------
    K. Chellapilla, S. Puri, P. Simard, High Performance Convolutional Neural Networks for Document
    Processing, 2006.
    """

    name: ClassVar = "im2col"
    summary: ClassVar = "windows unfolded into columns, multiplied by BLAS, in blocks"
    plain_sum: ClassVar = True

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the matrix product, and the columns written and read."""
        column = spec.in_channels * math.prod(spec.kernel_size)
        item = 8 if spec.compute_dtype.kind == "i" else spec.compute_dtype.itemsize
        cells = math.prod(spec.output_size)
        block = min(cells, _block_cells(spec))
        products = spec.batch * -(-cells // block)  # each reads all weights
        moved = spec.batch * cells * (2 * column + 2 * spec.out_channels) + products * math.prod(spec.weight_shape)
        return Cost(
            operations=2 * spec.macs,
            work="matmul",
            traffic=2 * padded_bytes(spec) + moved * item,
            calls=products * (math.prod(spec.kernel_size) + 4),
            workspace=padded_bytes(spec) + block * item * (column + spec.out_channels),
        )

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound a plain sum's error."""
        return plain_sum_bound(spec)

    def prepare(self, spec: ConvSpec, weight: Array) -> Array:
        """Write each kernel as a row: (group, kernels a group, channels a group × kernel cells)."""
        rows = weight.astype(spec.compute_dtype).reshape(spec.groups, spec.out_channels // spec.groups, -1)
        return rows.astype(np.float64) if _exact_in_float64(spec, rows) else rows

    def run(self, spec: ConvSpec, state: Array, x: Array, out: Array) -> None:
        """Unfold and multiply, block by block."""
        padded = padded_input(spec, x)
        for n in range(spec.batch):
            for block in blocks(spec.output_size, _block_cells(spec)):
                out[at[n, :, *block]] = _block_product(spec, state, padded[n], block)


def _block_product(spec: ConvSpec, rows: Array, padded: Array, block: tuple[slice, ...]) -> Array:
    grouped = (spec.groups, spec.in_channels // spec.groups)
    size = tuple(b.stop - b.start for b in block)
    columns = np.empty((*grouped, math.prod(spec.kernel_size), *size), rows.dtype)
    for index, tap in enumerate(taps(spec)):
        columns[:, :, index] = tap_view(spec, padded, tap, block).reshape(*grouped, *size)
    product: Array = rows @ columns.reshape(spec.groups, rows.shape[-1], -1)
    return product.reshape(-1, *size)


def _block_cells(spec: ConvSpec) -> int:
    return max(1, BLOCK_BYTES // (spec.in_channels * math.prod(spec.kernel_size) * 8))


def _exact_in_float64(spec: ConvSpec, rows: Array) -> bool:
    if spec.compute_dtype.kind != "i":
        return False
    largest = max(abs(int(spec.border.value)), 1 if spec.dtype.kind == "b" else _largest(spec.dtype))
    return largest * float(np.abs(rows.astype(np.float64)).sum(axis=-1).max()) < 2.0**53


def _largest(dtype: np.dtype[np.integer]) -> int:
    return max(abs(int(np.iinfo(dtype).min)), int(np.iinfo(dtype).max))
