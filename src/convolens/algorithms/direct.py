"""Shift and add: one kernel cell at a time, the whole image shifted, weighted and added up."""

import math
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Algorithm, Array, Cost, plain_sum_bound
from convolens.algorithms.windows import at, blocks, padded_bytes, padded_input, tap_view, taps
from convolens.spec.geometry import ConvSpec

BLOCK_CELLS = 1 << 17  # of the accumulator, so that it and the products stay in a core's cache


class Direct(Algorithm[Array]):
    """
    Sum over kernel cells of (weight × shifted image).

    Depthwise kernels weigh every channel by one number at a time; others mix the channels by a small matrix
    product. Both go block by block over the output, so that a block stays in cache over all kernel cells.
    """

    name: ClassVar = "direct"
    summary: ClassVar = "shift and add, one kernel cell at a time"
    plain_sum: ClassVar = True

    def cost(self, spec: ConvSpec) -> Cost:
        """Count two passes over a block for each kernel cell."""
        cells, block = math.prod(spec.output_size), _block_cells(spec)
        passes = math.prod(spec.kernel_size) * spec.batch * max(1, -(-cells // block))
        # NumPy starts an inner loop for every row; short ones cost about a fiftieth of a call each.
        inner = math.prod(spec.kernel_size) * spec.batch * spec.out_channels * cells // spec.output_size[-1]
        rows = spec.in_channels + 2 * spec.out_channels
        moved = 0 if _is_depthwise(spec) else math.prod(spec.kernel_size) * spec.batch * cells * rows
        moved += passes * math.prod(spec.weight_shape[:2])
        return Cost(
            operations=2 * spec.macs,
            work="stream" if _is_depthwise(spec) or spec.compute_dtype.kind == "i" else "matmul",
            traffic=2 * padded_bytes(spec) + moved * spec.compute_dtype.itemsize,
            calls=3 * passes + (inner // 50 if _is_depthwise(spec) else 0),
            workspace=padded_bytes(spec) + min(block, cells) * rows * spec.compute_dtype.itemsize,
        )

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound a plain sum's error."""
        return plain_sum_bound(spec)

    def prepare(self, spec: ConvSpec, weight: Array) -> Array:
        """Order the weights as (kernel cell, group, kernels a group, channels a group)."""
        per_cell = weight.astype(spec.compute_dtype).reshape(*spec.weight_shape[:2], -1).transpose(2, 0, 1)
        return np.ascontiguousarray(per_cell).reshape(per_cell.shape[0], spec.groups, -1, spec.weight_shape[1])

    def run(self, spec: ConvSpec, state: Array, x: Array, out: Array) -> None:
        """Add up the shifted images, block by block."""
        padded = padded_input(spec, x)
        add = _add_depthwise if _is_depthwise(spec) else _add_mixed
        for n in range(spec.batch):
            for block in blocks(spec.output_size, _block_cells(spec)):
                add(spec, state, padded[n], out[at[n, :, *block]], block)


def _is_depthwise(spec: ConvSpec) -> bool:
    return spec.groups == spec.in_channels == spec.out_channels


def _block_cells(spec: ConvSpec) -> int:
    return max(1, BLOCK_CELLS // max(spec.in_channels, spec.out_channels))


def _add_depthwise(spec: ConvSpec, weight: Array, padded: Array, out: Array, block: tuple[slice, ...]) -> None:
    product = np.empty_like(out)
    for index, tap in enumerate(taps(spec)):
        factor = weight[index].reshape(-1, *(1,) * spec.dims)
        np.multiply(tap_view(spec, padded, tap, block), factor, out=product if index else out)
        if index:
            out += product


def _add_mixed(spec: ConvSpec, weight: Array, padded: Array, out: Array, block: tuple[slice, ...]) -> None:
    total = np.zeros((spec.groups, spec.out_channels // spec.groups, math.prod(out.shape[1:])), out.dtype)
    for index, tap in enumerate(taps(spec)):
        view = tap_view(spec, padded, tap, block)
        total += weight[index] @ view.astype(out.dtype, copy=False).reshape(spec.groups, weight.shape[-1], -1)
    out[...] = total.reshape(out.shape)
